package io.asyncslot.test.contract;

import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A map of the jvm backend with one fault on top. */
final class WrongSlots<K> {

    /** How a callback is run. */
    interface Manner<K> {
        void run(SlotCallback<? super K> callback, K key, SlotFiring firing) throws Exception;
    }

    private final Fault fault;
    private final boolean periodic;
    private final Set<Object> deleted = ConcurrentHashMap.newKeySet();
    private final ThreadLocal<@Nullable Object> running = new ThreadLocal<>();
    private @Nullable SlotMap<K> right;
    private @Nullable Manner<K> manner;

    WrongSlots(Fault fault, boolean periodic) {
        this.fault = fault;
        this.periodic = periodic;
    }

    void open(SlotMap<K> opened) {
        right = opened;
    }

    SlotCallback<K> wrong(SlotCallback<? super K> callback, Manner<K> how) {
        manner = how;
        return (key, firing) -> {
            running.set(key);
            try {
                how.run(
                        callback,
                        key,
                        fault.name().startsWith("RETRY") || fault == Fault.POSTPONED_COUNTS_AS_ATTEMPT
                                ? wrong(firing)
                                : firing);
            } catch (Throwable e) {
                if (fault == Fault.FAILURE_ENDS_THE_SERIES && periodic) {
                    right().cancel(key);
                }
                throw e;
            } finally {
                running.remove();
            }
        };
    }

    /** A firing that is delivered again in a wrong way. */
    private SlotFiring wrong(SlotFiring firing) {
        return (SlotFiring) Proxy.newProxyInstance(
                SlotFiring.class.getClassLoader(), new Class<?>[] {SlotFiring.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("retry")) {
                        return retry(firing, (Duration) arguments[0]);
                    }
                    return method.getName().equals("postpone") && fault == Fault.POSTPONED_COUNTS_AS_ATTEMPT
                            ? firing.retry((Duration) arguments[0])
                            : method.invoke(firing, arguments);
                });
    }

    private RetryOutcome retry(SlotFiring firing, Duration delay) {
        RetryOutcome outcome = fault == Fault.RETRY_IS_A_NEW_FIRING ? RetryOutcome.SCHEDULED : firing.retry(delay);
        if (fault == Fault.RETRY_IS_A_NEW_FIRING
                || fault == Fault.RETRY_OUTLIVES_A_CANCEL && outcome == RetryOutcome.WITHDRAWN
                || fault == Fault.RETRY_REPLACES_A_START && outcome == RetryOutcome.SUPERSEDED) {
            firing.restart(delay);
        }
        return outcome;
    }

    private SlotMap<K> right() {
        return Objects.requireNonNull(right);
    }

    private TimerSlots<K> timers() {
        return (TimerSlots<K>) right();
    }

    @SuppressWarnings("unchecked") // as the method's signature has it
    Object call(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        Object[] given = arguments == null ? new Object[0] : arguments.clone();
        boolean keyed = given.length > 0 && method.getParameterTypes()[0] == Object.class;
        K key = keyed ? (K) given[0] : null;
        switch (method.getName()) {
            case "start" -> {
                if (given.length == 2 && key != null) {
                    Duration delay = (Duration) given[1];
                    if (deleted.contains(key)) {
                        deleted.remove(key);
                    }
                    StartOutcome outcome = start(key, delay);
                    if (outcome != null) {
                        return outcome;
                    }
                    if (fault == Fault.FIRES_EARLY) {
                        given[1] = delay.dividedBy(10).multipliedBy(9);
                    }
                    if (fault == Fault.CUTS_DELAYS_TO_MILLISECONDS && delay.toDays() == 0) {
                        given[1] = Duration.ofMillis(delay.toMillis());
                    }
                }
                if (given.length == 1 && key != null && isPending(key) && fault == Fault.LOSES_A_REARM_TO_EARLIER) {
                    return StartOutcome.REARMED;
                }
            }
            case "touch" -> {
                if (fault == Fault.LOSES_A_TOUCH && isPending(key)) {
                    return TouchOutcome.MOVED;
                }
                if (fault == Fault.TOUCH_REVIVES && right().find(key).isPresent() && !isPending(key)) {
                    timers().start(key);
                    return TouchOutcome.MOVED;
                }
            }
            case "cancel" -> {
                if (fault == Fault.FIRES_AFTER_CANCEL && isPending(key)) {
                    return CancelOutcome.CANCELLED;
                }
                if (fault == Fault.CANCELS_THE_RUN_OF_NOTHING) {
                    CancelOutcome outcome = right().cancel(key);
                    boolean nothing = outcome == CancelOutcome.NOT_ARMED || outcome == CancelOutcome.ABSENT;
                    return nothing ? CancelOutcome.CANCELLED : outcome;
                }
            }
            case "delete" -> {
                if (fault == Fault.FIRES_AFTER_DELETE && isPending(key)) {
                    deleted.add(key);
                    return DeleteOutcome.DELETED_ARMED;
                }
                if (fault == Fault.DELETE_HIDES_WHAT_IT_PREVENTED) {
                    DeleteOutcome outcome = right().delete(key);
                    return outcome.prevented() ? DeleteOutcome.DELETED : outcome;
                }
                if (fault == Fault.DELETE_WAITS_FOR_THE_RUN) {
                    right().cancelAndAwait(key, Duration.ofSeconds(5));
                }
            }
            case "find" -> {
                if (deleted.contains(key)) {
                    return java.util.Optional.empty();
                }
            }
            case "cancelAndAwait" -> {
                if (fault == Fault.AWAITS_ITSELF && key.equals(running.get())) {
                    Thread.sleep(Math.min(1_000, ((Duration) given[1]).toMillis()));
                    right().cancel(key);
                    return CancelOutcome.TIMED_OUT;
                }
                if (fault == Fault.AWAITING_DOES_NOT_WAIT) {
                    CancelOutcome outcome = right().cancel(key);
                    return outcome == CancelOutcome.RUNNING ? CancelOutcome.NOT_ARMED : outcome;
                }
            }
            case "close", "drop" -> {
                if (fault == Fault.CLOSING_DOES_NOT_WAIT) {
                    right().close(Duration.ZERO);
                    return CloseOutcome.CLOSED;
                }
                if (fault == Fault.CLOSING_LEAVES_TIMERS) {
                    return CloseOutcome.CLOSED;
                }
            }
            case "submit" -> {
                RunState state = ContractRig.state(right(), key);
                if (fault == Fault.LOSES_A_SUBMIT_WHILE_RUNNING && state == RunState.RUNNING) {
                    return SubmitOutcome.SUBMITTED;
                }
                if (fault == Fault.RUNS_EVERY_SUBMIT && state == RunState.ARMED) {
                    return SubmitOutcome.SUBMITTED;
                }
            }
            case "rebind" -> {
                if (fault == Fault.KEEPS_THE_OLD_CALLBACK) {
                    return method.getReturnType() == boolean.class
                            ? right().find(key).isPresent()
                            : null;
                }
                if (given.length == 2 && given[1] instanceof Runnable release) {
                    given[0] = wrong((SlotCallback<K>) given[0], Objects.requireNonNull(manner));
                    given[1] = released(release);
                } else {
                    int at = given.length - 1;
                    given[at] = wrong((SlotCallback<K>) given[at], Objects.requireNonNull(manner));
                }
            }
            case "pausedBy" -> {
                if (fault == Fault.FORGETS_WHO_PAUSED) {
                    return Optional.empty();
                }
            }
            case "pause" -> {
                if (fault == Fault.RUNS_WHILE_PAUSED && keyed) {
                    PauseOutcome outcome = right().pause(key);
                    right().resume(key);
                    return outcome;
                }
                if (fault == Fault.MAP_PAUSE_MISSES_LATER_SLOTS && !keyed) {
                    right().scan(1_000, null, slot -> right().pause((K) slot.key()));
                    return PauseOutcome.PAUSED;
                }
            }
            case "resume" -> {
                if (fault == Fault.RESUME_LOSES_WHAT_WAITED && keyed) {
                    right().cancel(key);
                }
            }
            case "stats" -> {
                if (fault == Fault.LEAKS_A_REFERENCE) {
                    return leaking(right().stats());
                }
            }
            default -> {}
        }
        return method.invoke(right(), given);
    }

    /** What a wrong start answers; null for a right one. */
    private @Nullable StartOutcome start(K key, Duration delay) throws InterruptedException {
        if (fault == Fault.LOOKS_BEFORE_IT_STARTS) {
            boolean armed = isPending(key);
            timers().start(key, delay);
            return armed ? StartOutcome.REARMED : StartOutcome.STARTED;
        }
        Duration left =
                isPending(key) ? right().find(key).map(SlotSnapshot::timeLeft).orElse(null) : null;
        if (left == null) {
            return null;
        }
        boolean lost = fault == Fault.LOSES_A_REARM_TO_EARLIER && left.compareTo(delay) > 0
                || fault == Fault.LOSES_A_REARM_TO_LATER && left.compareTo(delay) < 0;
        return lost ? StartOutcome.REARMED : null;
    }

    private boolean isPending(K key) {
        return right().find(key)
                .map(SlotSnapshot::runState)
                .filter(RunState::isArmed)
                .isPresent();
    }

    private Runnable released(Runnable release) {
        return switch (fault) {
            case RELEASES_A_BINDING_TWICE ->
                () -> {
                    release.run();
                    release.run();
                };
            case NEVER_RELEASES_A_BINDING -> () -> {};
            default -> release;
        };
    }

    private static SlotMapStats leaking(SlotMapStats stats) {
        return new SlotMapStats(
                stats.slots(),
                stats.armed(),
                stats.running(),
                stats.queued(),
                stats.paused(),
                stats.references() + 1,
                stats.started(),
                stats.rearmed(),
                stats.moved(),
                stats.coalesced(),
                stats.rejected(),
                stats.cancelled(),
                stats.deleted(),
                stats.deletedArmed(),
                stats.fired(),
                stats.failed(),
                stats.retried(),
                stats.postponed(),
                stats.skipped(),
                stats.deferred(),
                stats.fallbacks(),
                stats.dropped(),
                stats.latenessP50(),
                stats.latenessP99(),
                stats.latenessMax());
    }
}
