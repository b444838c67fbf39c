package io.asyncslot.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.test.ManualTicker;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.retry.event.RetryEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** Each module of Resilience4j around a callback, as an application configures it, with time that the test moves. */
class ResilientCallbacksTests {

    private static final Duration DELAY = Duration.ofSeconds(10);

    private final ApplicationContextRunner runner = ManualContext.runner().withUserConfiguration(Mails.class);

    /** The callbacks, which will fail as often as told. */
    private static Mails failing(ApplicationContext context, int failures) {
        Mails mails = context.getBean(Mails.class);
        mails.failures = failures;
        return mails;
    }

    /** Starts slot "a" of a map and lets time pass; answers the map. */
    private static TimerSlots<String> startAndPass(ApplicationContext context, String map, int seconds) {
        TimerSlots<String> slots = ManualContext.timers(context, map);
        slots.start("a", DELAY);
        ManualContext.pass(context, seconds);
        return slots;
    }

    // ---- retry ----------------------------------------------------------------------------------------------------

    @Test
    void retry_isAReArmWithTheInstancesBackoff() {
        retrying(4).run(context -> {
            Mails mails = failing(context, 3);
            TimerSlots<String> slots = startAndPass(context, "mail", 30);
            assertThat(mails.calls).containsExactly("a 1@10", "a 2@12", "a 3@16", "a 4@24");
            SlotMapStats stats = slots.stats();
            assertThat(stats.retried()).isEqualTo(3);
            assertThat(stats.failed()).isZero();
            Retry.Metrics metrics = retry(context).getMetrics();
            assertThat(metrics.getNumberOfSuccessfulCallsWithRetryAttempt()).isOne();
            assertThat(metrics.getNumberOfFailedCallsWithRetryAttempt()).isZero();
        });
    }

    @Test
    void retry_exhausted_failsWithTheLastException_andSaysSoInItsEvents() {
        retrying(3).run(context -> {
            List<RetryEvent.Type> events = new ArrayList<>();
            retry(context).getEventPublisher().onEvent(event -> events.add(event.getEventType()));
            Mails mails = failing(context, 99);
            TimerSlots<String> slots = startAndPass(context, "mail", 60);
            assertThat(mails.calls).containsExactly("a 1@10", "a 2@12", "a 3@16");
            assertThat(slots.stats().failed()).isOne();
            assertThat(slots.find("a").orElseThrow().lastFiring().failure()).contains("no mail server, attempt 3");
            assertThat(events).containsExactly(RetryEvent.Type.RETRY, RetryEvent.Type.RETRY, RetryEvent.Type.ERROR);
            assertThat(retry(context).getMetrics().getNumberOfFailedCallsWithRetryAttempt())
                    .isOne();
        });
    }

    @Test
    void retry_ofAnIgnoredException_isNotMade() {
        retrying(3)
                .withPropertyValues("resilience4j.retry.instances.mail.ignore-exceptions=java.io.UncheckedIOException")
                .run(context -> {
                    Mails mails = failing(context, 99);
                    startAndPass(context, "mail", 60);
                    assertThat(mails.calls).containsExactly("a 1@10");
                    assertThat(retry(context).getMetrics().getNumberOfFailedCallsWithoutRetryAttempt())
                            .isOne();
                });
    }

    @Test
    void retry_withoutAFailure_isNotedAsSuccess() {
        retrying(3).run(context -> {
            startAndPass(context, "mail", 11);
            assertThat(retry(context).getMetrics().getNumberOfSuccessfulCallsWithoutRetryAttempt())
                    .isOne();
        });
    }

    @Test
    void start_betweenAttempts_beginsWithAFreshBudget() {
        retrying(3).run(context -> {
            Mails mails = failing(context, 4);
            // attempts at 10 and 12, the third would be at 16
            TimerSlots<String> slots = startAndPass(context, "mail", 13);
            slots.start("a", DELAY);
            ManualContext.pass(context, 40);
            assertThat(mails.calls).containsExactly("a 1@10", "a 2@12", "a 1@23", "a 2@25", "a 3@29");
            assertThat(slots.stats().failed()).isZero();
        });
    }

    @Test
    void cancel_betweenAttempts_endsThem() {
        retrying(3).run(context -> {
            Mails mails = failing(context, 99);
            TimerSlots<String> slots = startAndPass(context, "mail", 11);
            assertThat(slots.find("a").orElseThrow().history())
                    .filteredOn(event -> event.kind() == Kind.RETRIED)
                    .extracting(SlotEvent::cause)
                    .containsExactly(new SlotCause(SlotCause.Type.RETRY, "mail"));
            assertThat(slots.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
            ManualContext.pass(context, 30);
            assertThat(mails.calls).hasSize(1);
        });
    }

    @Test
    void retry_ofWork_keepsTheSubmitsThatComeMeanwhile() {
        runner.withPropertyValues(
                        "asyncslot.maps.index.retry=mail",
                        "resilience4j.retry.instances.mail.max-attempts=3",
                        "resilience4j.retry.instances.mail.wait-duration=2s")
                .run(context -> {
                    Mails mails = failing(context, 1);
                    WorkSlots<String> slots =
                            context.getBean(AsyncSlotRegistry.class).works("index", String.class);
                    slots.submit("p");
                    slots.submit("p");
                    ManualContext.pass(context, 5);
                    assertThat(mails.calls).containsExactly("p 1@0", "p 2@2");
                    assertThat(slots.stats().coalesced()).isOne();
                });
    }

    private ApplicationContextRunner retrying(int attempts) {
        return runner.withPropertyValues(
                "asyncslot.maps.mail.retry=mail",
                "resilience4j.retry.instances.mail.max-attempts=" + attempts,
                "resilience4j.retry.instances.mail.wait-duration=2s",
                "resilience4j.retry.instances.mail.enable-exponential-backoff=true",
                "resilience4j.retry.instances.mail.exponential-backoff-multiplier=2");
    }

    private static Retry retry(ApplicationContext context) {
        return context.getBean(RetryRegistry.class).retry("mail");
    }

    // ---- circuit breaker --------------------------------------------------------------------------------------------

    @Test
    void circuitBreaker_open_firingsWaitUntilItTriesAgain() {
        breaking().run(context -> {
            Mails mails = failing(context, 2);
            TimerSlots<String> slots = ManualContext.timers(context, "mail");
            slots.start("a", DELAY);
            slots.start("b", DELAY);
            slots.start("c", Duration.ofSeconds(15));
            ManualContext.pass(context, 16);
            CircuitBreaker breaker = breaker(context);
            assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
            assertThat(mails.calls).containsExactly("a 1@10", "b 1@10");
            assertThat(slots.stats().postponed()).isOne();
            assertThat(slots.find("c").orElseThrow().history())
                    .extracting(SlotEvent::kind)
                    .containsExactly(Kind.STARTED, Kind.FIRED, Kind.POSTPONED);
            assertThat(slots.find("c").orElseThrow().history())
                    .last()
                    .extracting(SlotEvent::cause)
                    .isEqualTo(new SlotCause(SlotCause.Type.GUARD, "circuit breaker mail (open)"));
            ManualContext.pass(context, 60); // open for 30 s from 10 on; c is delivered just after that
            assertThat(mails.calls).containsExactly("a 1@10", "b 1@10", "c 1@40");
            assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
            assertThat(breaker.getMetrics().getNumberOfNotPermittedCalls()).isZero(); // of the new window
            assertThat(slots.stats().failed()).isEqualTo(2);
        });
    }

    @Test
    void circuitBreaker_open_dropsIfAsked() {
        breaking()
                .withPropertyValues("asyncslot.maps.mail.resilience.when-open=drop")
                .run(context -> {
                    Mails mails = failing(context, 2);
                    TimerSlots<String> slots = ManualContext.timers(context, "mail");
                    slots.start("a", DELAY);
                    slots.start("b", DELAY);
                    slots.start("c", Duration.ofSeconds(15));
                    ManualContext.pass(context, 60);
                    assertThat(mails.calls).containsExactly("a 1@10", "b 1@10");
                    assertThat(slots.stats().failed()).isEqualTo(3);
                    assertThat(slots.find("c").orElseThrow().lastFiring().failure())
                            .contains(CallNotPermittedException.class.getName());
                    assertThat(breaker(context).getMetrics().getNumberOfNotPermittedCalls())
                            .isOne();
                });
    }

    @Test
    void circuitBreaker_open_callsTheFallbackIfAsked() {
        breaking()
                .withPropertyValues(
                        "asyncslot.maps.fax.circuit-breaker=mail", "asyncslot.maps.fax.resilience.when-open=fallback")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    breaker(context).transitionToOpenState();
                    TimerSlots<String> slots = startAndPass(context, "fax", 11);
                    assertThat(mails.calls).isEmpty();
                    assertThat(mails.givenUp).containsExactly("not permitted: a, attempt 1");
                    assertThat(slots.stats().failed()).isZero();
                });
    }

    @Test
    void circuitBreaker_halfOpen_whoFindsNoRoomAsksAgainAfterAPause() {
        breaking().run(context -> {
            Mails mails = context.getBean(Mails.class);
            CircuitBreaker breaker = breaker(context);
            breaker.transitionToOpenState();
            breaker.transitionToHalfOpenState();
            assertThat(breaker.tryAcquirePermission()).isTrue(); // the one call that it tries goes on
            TimerSlots<String> slots = startAndPass(context, "mail", 12);
            assertThat(mails.calls).isEmpty();
            breaker.onSuccess(1, breaker.getTimestampUnit());
            ManualContext.pass(context, 2);
            assertThat(mails.calls).containsExactly("a 1@13");
        });
    }

    @Test
    void circuitBreaker_andRetry_attemptsAreRecordedAndWaitForTheOpenOne() {
        breaking()
                .withPropertyValues(
                        "asyncslot.maps.mail.retry=mail",
                        "resilience4j.retry.instances.mail.max-attempts=5",
                        "resilience4j.retry.instances.mail.wait-duration=2s")
                .run(context -> {
                    Mails mails = failing(context, 2);
                    TimerSlots<String> slots = startAndPass(context, "mail", 60);
                    // opened by the attempt at 12, for 30 s; the attempt at 14 waits for that and is still the third
                    assertThat(mails.calls).containsExactly("a 1@10", "a 2@12", "a 3@42");
                    assertThat(slots.stats().retried()).isEqualTo(2);
                    assertThat(slots.stats().postponed()).isOne();
                    assertThat(slots.stats().failed()).isZero();
                    assertThat(retry(context).getMetrics().getNumberOfSuccessfulCallsWithRetryAttempt())
                            .isOne();
                });
    }

    private ApplicationContextRunner breaking() {
        return runner.withPropertyValues(
                "asyncslot.maps.mail.circuit-breaker=mail",
                "resilience4j.circuitbreaker.instances.mail.sliding-window-size=2",
                "resilience4j.circuitbreaker.instances.mail.minimum-number-of-calls=2",
                "resilience4j.circuitbreaker.instances.mail.permitted-number-of-calls-in-half-open-state=1",
                "resilience4j.circuitbreaker.instances.mail.wait-duration-in-open-state=30s");
    }

    private static CircuitBreaker breaker(ApplicationContext context) {
        return context.getBean(CircuitBreakerRegistry.class).circuitBreaker("mail");
    }

    // ---- rate limiter -----------------------------------------------------------------------------------------------

    @Test
    void rateLimiter_firingsWaitForTheirReservedPermission() {
        // the limiter counts real time: an hour is long enough for the test to be in its first period
        runner.withPropertyValues(
                        "asyncslot.maps.mail.rate-limiter=mail",
                        "resilience4j.ratelimiter.instances.mail.limit-for-period=2",
                        "resilience4j.ratelimiter.instances.mail.limit-refresh-period=1h",
                        "resilience4j.ratelimiter.instances.mail.timeout-duration=90m")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    TimerSlots<String> slots = ManualContext.timers(context, "mail");
                    for (String key : List.of("a", "b", "c", "d", "e")) {
                        slots.start(key, DELAY);
                    }
                    ManualContext.pass(context, 11);
                    assertThat(mails.calls).hasSize(2);
                    assertThat(slots.stats().postponed()).isEqualTo(3);
                    ManualContext.time(context).advance(Duration.ofHours(1));
                    assertThat(mails.calls).hasSize(4); // two had reserved; no permission is asked for twice
                    assertThat(limiter(context).getMetrics().getAvailablePermissions())
                            .isEqualTo(-2);
                    assertThat(slots.stats().failed()).isZero();
                    assertThat(slots.stats().armed()).isOne(); // the fifth asks again after the limiter's time-out
                });
    }

    @Test
    void rateLimiter_whereNothingIsKept_reservesNothingAhead() {
        RateLimiter limiter = RateLimiter.of(
                "mail",
                RateLimiterConfig.custom()
                        .limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofHours(1))
                        .timeoutDuration(Duration.ofHours(2))
                        .build());
        RateLimiterGuard guard = new RateLimiterGuard(limiter);
        assertThat(guard.enter(new Delivery(), false)).isNull();
        for (int i = 0; i < 5; i++) {
            Refusal refusal = guard.enter(new Delivery(), false);
            assertThat(refusal).isNotNull();
            assertThat(refusal.pause()).isEqualTo(Duration.ofHours(1));
        }
        assertThat(limiter.getMetrics().getAvailablePermissions()).isZero();
    }

    private static RateLimiter limiter(ApplicationContext context) {
        return context.getBean(RateLimiterRegistry.class).rateLimiter("mail");
    }

    // ---- bulkhead ---------------------------------------------------------------------------------------------------

    @Test
    void bulkhead_full_firingsAskAgainShortly() {
        runner.withPropertyValues(
                        "asyncslot.maps.mail.bulkhead=mail",
                        "resilience4j.bulkhead.instances.mail.max-concurrent-calls=1")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    Bulkhead bulkhead = bulkhead(context);
                    assertThat(bulkhead.tryAcquirePermission()).isTrue();
                    TimerSlots<String> slots = ManualContext.timers(context, "mail");
                    slots.start("a", DELAY);
                    ManualContext.time(context).advance(DELAY.plusMillis(120));
                    assertThat(mails.calls).isEmpty();
                    assertThat(slots.stats().postponed()).isEqualTo(3);
                    bulkhead.releasePermission();
                    ManualContext.time(context).advance(Duration.ofMillis(50));
                    assertThat(mails.calls).containsExactly("a 1@10");
                    assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls())
                            .isOne();
                });
    }

    @Test
    void bulkhead_withAWaitOfItsOwn_holdsNoThread() {
        runner.withPropertyValues(
                        "asyncslot.maps.mail.bulkhead=mail",
                        "resilience4j.bulkhead.instances.mail.max-concurrent-calls=1",
                        "resilience4j.bulkhead.instances.mail.max-wait-duration=1h")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    Bulkhead bulkhead = bulkhead(context);
                    assertThat(bulkhead.tryAcquirePermission()).isTrue();
                    startAndPass(context, "mail", 11); // would hang for an hour
                    bulkhead.releasePermission();
                    ManualContext.time(context).advance(Duration.ofHours(1));
                    assertThat(mails.calls).containsExactly("a 1@3610");
                });
    }

    private static Bulkhead bulkhead(ApplicationContext context) {
        return context.getBean(BulkheadRegistry.class).bulkhead("mail");
    }

    // ---- time limiter -----------------------------------------------------------------------------------------------

    @Test
    void timeLimiter_overdueCallbackIsInterrupted_andFails() {
        runner.withPropertyValues(
                        "asyncslot.maps.mail.time-limiter=mail",
                        "resilience4j.timelimiter.instances.mail.timeout-duration=20ms")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    mails.action = () -> Thread.sleep(30_000);
                    TimerSlots<String> slots = startAndPass(context, "mail", 11);
                    assertThat(slots.stats().failed()).isOne();
                    assertThat(slots.find("a").orElseThrow().lastFiring().failure())
                            .contains(TimeoutException.class.getName(), "mail");
                    assertThat(Thread.interrupted()).isFalse();
                });
    }

    @Test
    void timeLimiter_thatDoesNotCancel_marksTheRunAsFailed() {
        runner.withPropertyValues(
                        "asyncslot.maps.mail.time-limiter=mail",
                        "resilience4j.timelimiter.instances.mail.timeout-duration=5s",
                        "resilience4j.timelimiter.instances.mail.cancel-running-future=false")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    mails.action = () -> context.getBean(ManualTicker.class).advance(Duration.ofSeconds(6));
                    TimerSlots<String> slots = startAndPass(context, "mail", 11);
                    assertThat(mails.calls).hasSize(1);
                    assertThat(slots.find("a").orElseThrow().lastFiring().failure())
                            .contains(TimeoutException.class.getName());
                    mails.action = () -> {};
                    slots.start("a", DELAY);
                    ManualContext.pass(context, 11);
                    assertThat(slots.stats().failed()).isOne();
                });
    }

    // ---- fallback and order
    // -------------------------------------------------------------------------------------------

    @Test
    void fallback_isCalledWhenTheLastAttemptFailed() {
        runner.withPropertyValues(
                        "asyncslot.maps.fax.retry=mail",
                        "resilience4j.retry.instances.mail.max-attempts=2",
                        "resilience4j.retry.instances.mail.wait-duration=2s")
                .run(context -> {
                    Mails mails = failing(context, 99);
                    TimerSlots<String> slots = startAndPass(context, "fax", 20);
                    assertThat(mails.calls).containsExactly("a 1@10", "a 2@12");
                    assertThat(mails.givenUp).containsExactly("failed: no mail server, attempt 2");
                    assertThat(slots.stats().failed()).isZero();
                });
    }

    @Test
    void fallback_takesTheMethodOfTheFailure_andLeavesWhatNoneTakes() {
        runner.run(context -> {
            Mails mails = context.getBean(Mails.class);
            mails.action = () -> {
                throw new InterruptedException("neither of the two");
            };
            TimerSlots<String> slots = startAndPass(context, "fax", 11);
            assertThat(Thread.interrupted())
                    .as("an interrupt meant for this run meets no other")
                    .isFalse();
            assertThat(mails.givenUp).isEmpty();
            assertThat(slots.stats().failed()).isOne();
        });
    }

    @Test
    void errors_areNeverRetried_andGiveBackWhatWasTaken() {
        breaking()
                .withPropertyValues(
                        "asyncslot.maps.mail.retry=mail",
                        "asyncslot.maps.mail.bulkhead=mail",
                        "resilience4j.retry.instances.mail.max-attempts=2",
                        "resilience4j.bulkhead.instances.mail.max-concurrent-calls=1")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    mails.action = () -> {
                        throw new AssertionError("broken");
                    };
                    TimerSlots<String> slots = startAndPass(context, "mail", 30);
                    assertThat(mails.calls).hasSize(1);
                    assertThat(slots.stats().failed()).isOne();
                    assertThat(bulkhead(context).getMetrics().getAvailableConcurrentCalls())
                            .isOne();
                    assertThat(breaker(context).getMetrics().getNumberOfFailedCalls())
                            .isOne();
                });
    }

    @Test
    void bulkheadInsideTheRateLimiter_aFiringThatWaitsKeepsItsPermission() {
        runner.withPropertyValues(
                        "asyncslot.maps.mail.rate-limiter=mail",
                        "asyncslot.maps.mail.bulkhead=mail",
                        "resilience4j.ratelimiter.instances.mail.limit-for-period=5",
                        "resilience4j.ratelimiter.instances.mail.limit-refresh-period=1h",
                        "resilience4j.bulkhead.instances.mail.max-concurrent-calls=1")
                .run(context -> {
                    Mails mails = context.getBean(Mails.class);
                    Bulkhead bulkhead = bulkhead(context);
                    bulkhead.tryAcquirePermission();
                    ManualContext.timers(context, "mail").start("a", DELAY);
                    ManualContext.time(context).advance(DELAY.plusMillis(500));
                    bulkhead.releasePermission();
                    ManualContext.pass(context, 1);
                    assertThat(mails.calls).hasSize(1);
                    assertThat(limiter(context).getMetrics().getAvailablePermissions())
                            .isEqualTo(4);
                });
    }

    @Test
    void cancelled_whilePostponed_isNeverCalled() {
        breaking().run(context -> {
            breaker(context).transitionToOpenState();
            TimerSlots<String> slots = startAndPass(context, "mail", 11);
            assertThat(slots.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
            ManualContext.pass(context, 60);
            assertThat(context.getBean(Mails.class).calls).isEmpty();
        });
    }

    /** What a callback does. */
    interface Action {
        void run() throws Exception;
    }

    /** Callbacks that fail as often as told. */
    static class Mails {

        final List<String> calls = new ArrayList<>();
        final List<String> givenUp = new ArrayList<>();
        final ManualTicker ticker;
        int failures;
        Action action = () -> {};

        Mails(ManualTicker ticker) {
            this.ticker = ticker;
        }

        @TimerSlot(map = "mail", whenIdle = WhenIdle.KEEP)
        void mail(String key, SlotFiring firing) throws Exception {
            call(key, firing);
        }

        @TimerSlot(map = "fax", fallback = "givenUp", whenIdle = WhenIdle.KEEP)
        void fax(String key, SlotFiring firing) throws Exception {
            call(key, firing);
        }

        @WorkSlot(map = "index")
        void index(String key, SlotFiring firing) throws Exception {
            call(key, firing);
        }

        void givenUp(UncheckedIOException failure) {
            givenUp.add("failed: " + failure.getCause().getMessage());
        }

        void givenUp(SlotFiring firing, CallNotPermittedException failure, String key) {
            givenUp.add("not permitted: " + key + ", attempt " + firing.attempt());
        }

        private void call(String key, SlotFiring firing) throws Exception {
            calls.add(key + " " + firing.attempt() + "@" + ticker.monotonicNanos() / 1_000_000_000L);
            if (failures > 0) {
                failures--;
                throw new UncheckedIOException(new IOException("no mail server, attempt " + firing.attempt()));
            }
            action.run();
        }
    }
}
