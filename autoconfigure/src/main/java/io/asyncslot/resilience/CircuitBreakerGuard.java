package io.asyncslot.resilience;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.StateTransition;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;

/** One circuit breaker, and how long it stays open. Thread-safe. */
final class CircuitBreakerGuard {

    /** How long a firing waits while the half-open circuit breaker tries as many calls as it may. */
    static final Duration TRIAL_PAUSE = Duration.ofSeconds(1);

    /** An open circuit breaker lets calls through after its wait, not with it; clocks may count milliseconds. */
    private static final Duration PAST = Duration.ofMillis(1);

    /** Since when, on the circuit breaker's clock, and for the how-manieth time in succession. */
    private record Opening(long millis, int number) {}

    private final CircuitBreaker breaker;

    /** The latest opening. Stored by whoever moves the circuit breaker; volatile. */
    private volatile Opening opening;

    CircuitBreakerGuard(CircuitBreaker breaker) {
        this.breaker = breaker;
        this.opening = new Opening(now(), 1);
        breaker.getEventPublisher().onStateTransition(event -> moved(event.getStateTransition()));
    }

    private void moved(StateTransition transition) {
        if (transition.getToState() == State.OPEN) {
            boolean again = transition.getFromState() == State.HALF_OPEN;
            opening = new Opening(now(), again ? opening.number() + 1 : 1);
        }
    }

    boolean enter() {
        return breaker.tryAcquirePermission();
    }

    /** Gives back the permission of a call that was not made. */
    void leave() {
        breaker.releasePermission();
    }

    long begin() {
        return breaker.getCurrentTimestamp();
    }

    void succeeded(long began) {
        breaker.onSuccess(breaker.getCurrentTimestamp() - began, breaker.getTimestampUnit());
    }

    void failed(long began, Throwable failure) {
        breaker.onError(breaker.getCurrentTimestamp() - began, breaker.getTimestampUnit(), failure);
    }

    Refusal refusal() {
        String state = breaker.getState() == State.HALF_OPEN ? "half open" : "open";
        return new Refusal(
                untilTrial(), this::notPermitted, "circuit breaker " + breaker.getName() + " (" + state + ")");
    }

    CallNotPermittedException notPermitted() {
        return CallNotPermittedException.createCallNotPermittedException(breaker);
    }

    private Duration untilTrial() {
        CircuitBreakerConfig config = breaker.getCircuitBreakerConfig();
        Opening latest = opening;
        Duration whole =
                Duration.ofMillis(config.getWaitIntervalFunctionInOpenState().apply(latest.number()));
        if (breaker.getState() != State.OPEN) { // half open, or held open by hand
            return whole.compareTo(TRIAL_PAUSE) < 0 ? whole.plus(PAST) : TRIAL_PAUSE;
        }
        Duration left = whole.minusMillis(now() - latest.millis());
        return left.isNegative() ? PAST : left.plus(PAST);
    }

    private long now() {
        return breaker.getCircuitBreakerConfig().getClock().millis();
    }
}
