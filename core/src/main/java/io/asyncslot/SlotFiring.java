package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of a callback: which slot fired, for which deadline and how late. Handed to the callback and valid during
 * that call; its values may be read from any thread.
 */
public interface SlotFiring {

    /**
     * The map whose slot fired.
     *
     * @return the map's name
     */
    String map();

    /**
     * Whether the slot is a timer or a work item.
     *
     * @return the map's type
     */
    SlotType type();

    /**
     * The key whose slot fired.
     *
     * @return the key, of the map's key type
     */
    Object key();

    /**
     * The fence token of this firing: strictly rising per key, across deletes and new incarnations.
     *
     * @return the generation of the start that armed this firing, at least 1; rises strictly for each key of a map, across
     *     restarts too, provided that the wall clock is not set back between them
     */
    long generation();

    /**
     * The value that this firing carries: what was accepted since the former firing of the slot, merged by the map's rule.
     * The same for all attempts of the firing.
     *
     * @return a value of the map's type, null when the slot was started without one; where values are collected, an
     *     unmodifiable list of them, in the order in which they were accepted; null in a map without values
     */
    default @Nullable Object value() {
        return null;
    }

    /**
     * The point in time this firing was due. For a submit: when it was submitted. For a firing that is delivered again:
     * when that was due.
     *
     * @return the deadline, on the wall clock
     */
    Instant deadline();

    /**
     * When the callback began.
     *
     * @return the begin of this run, on the wall clock
     */
    Instant firedAt();

    /**
     * How long after its deadline the callback began.
     *
     * @return the lateness, never negative
     */
    Duration lateness();

    /**
     * How often this firing has been delivered: 1, and more only where a crash cut an earlier run off or a retry
     * delivers it again. The generation is the same for all attempts.
     *
     * @return the attempt, at least 1
     */
    int attempt();

    /**
     * Tells whether the deadline passed while no process held the slot, so that the firing waited in the backend.
     *
     * @return true for such a firing; false on backends whose slots end with the process
     */
    default boolean whileAway() {
        return false;
    }

    /**
     * What an arming context of the registry took down where this firing was armed: by the start, submit or restart
     * itself, also when the slot has been armed anew since.
     *
     * @param <T> what it takes down
     * @param source an arming context given to the registry, that very object
     * @return what it took; null if that was nothing, after the callback has ended, for a firing that a former process
     *     armed, and on backends that arm slots outside this process
     */
    default <T> @Nullable T armedIn(ArmingContext<T> source) {
        return null;
    }

    /**
     * The backend that measured the time.
     *
     * @return the backend's name
     */
    String backend();

    /**
     * Tells whether the slot was deleted, or its map closed, while this run goes on.
     *
     * @return true when the result of this run is no longer wanted
     */
    boolean cancelled();

    /**
     * Arms this very incarnation again, from inside its own run. Never waits.
     *
     * @param delay time from now, not negative; too large values saturate and mean never
     * @return {@link StartOutcome#STARTED}, {@link StartOutcome#REARMED}, or {@link StartOutcome#FREED} when the slot
     *     was deleted meanwhile
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    StartOutcome restart(Duration delay);

    /**
     * Lets this firing be delivered again after a delay, as its next attempt: same key, same generation. What the callback
     * throws afterwards counts as {@code retried}, not as {@code failed}. Never waits; no thread is held meanwhile.
     *
     * <p>Until then the slot is armed, and whatever is asked for wins: a start begins a new firing in its place, a touch
     * moves it, a cancel or delete removes it, and a cancel made during this run keeps it from being armed at all. A
     * submit is coalesced with it. In a map with values, those of this firing go with it: what takes its place, be it here
     * or because this answers {@link RetryOutcome#SUPERSEDED}, receives them as the ones accepted first. On a periodic slot the next period comes at its usual point after it; if that is due
     * before the delay is over, it comes in place of it, except under the late policy {@code ALL}.
     *
     * @param delay time from now, not negative; too large values saturate and mean never
     * @return {@link RetryOutcome#SCHEDULED}, or why it is not delivered again
     * @throws IllegalArgumentException if {@code delay} is negative
     * @throws IllegalStateException if called from outside the run, or from another thread than its own
     */
    RetryOutcome retry(Duration delay);

    /**
     * Lets this firing be delivered again after a delay, as the same attempt: for an interceptor that does not call the
     * callback now. Such a run counts as {@code postponed}; no listener is told of it. Otherwise as {@link #retry}.
     *
     * @param delay time from now, not negative; too large values saturate and mean never
     * @return {@link RetryOutcome#SCHEDULED}, or why it is not delivered again
     * @throws IllegalArgumentException if {@code delay} is negative
     * @throws IllegalStateException if called from outside the run, or from another thread than its own
     */
    RetryOutcome postpone(Duration delay);

    /**
     * Tells whether this run has been put off: {@link #postpone} has answered {@link RetryOutcome#SCHEDULED}.
     *
     * @return true from then on, until the run has ended
     */
    default boolean isPostponed() {
        return false;
    }

    /**
     * What an earlier delivery of this firing has left by {@link #attach}. Lives in this process: a firing that another
     * process or node delivers again begins without.
     *
     * @param owner who has left it, compared by identity: so a callback and interceptors do not meet
     * @return the object; null when there is none
     */
    default @Nullable Object attachment(Object owner) {
        return null;
    }

    /**
     * Leaves an object for the next delivery of this firing, if there is one. To be called by the thread of the run. Does
     * nothing on backends whose firings may be delivered again elsewhere.
     *
     * @param owner who leaves it, compared by identity
     * @param object the object; null for none
     * @throws IllegalStateException if called from outside the run, or from another thread than its own
     */
    default void attach(Object owner, @Nullable Object object) {}
}
