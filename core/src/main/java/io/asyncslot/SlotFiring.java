package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of a callback: which slot fired, for which deadline and how late. The callback receives it, and it is valid during that
 * call; any thread may read it.
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
     * The value that this firing carries: the values accepted since the former firing of the slot, merged by the map's rule. It is
     * the same for all attempts of the firing.
     *
     * @return a value of the map's type, null if the slot was started without one, and in a map without values. If the map collects
     *     values, an unmodifiable list of them, in the order in which they were accepted
     */
    default @Nullable Object value() {
        return null;
    }

    /**
     * The time at which this firing was due. For a submit: the time of the submit. For a further attempt: the time at which that
     * attempt was due.
     *
     * @return the deadline, on the wall clock
     */
    Instant deadline();

    /**
     * When the callback began.
     *
     * @return the beginning of this run, on the wall clock
     */
    Instant firedAt();

    /**
     * How long after its deadline the callback began.
     *
     * @return the lateness, never negative
     */
    Duration lateness();

    /**
     * How often this firing has been delivered: more than 1 only if a crash cut an earlier run off, or a retry delivers it again.
     * The generation is the same for all attempts.
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
     * The object that an arming context captured when this firing was armed: by its own start, submit or restart, even if the slot
     * has been armed again since.
     *
     * @param <T> what it captures
     * @param source an arming context of the registry: the very object that was given to it
     * @return what it captured; null for nothing, after the callback has ended, for a firing that a former process armed, and on
     *     backends that arm slots outside this process
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
     * Tells whether the slot was deleted, or its map closed, during this run.
     *
     * @return true when the result of this run is no longer wanted
     */
    boolean cancelled();

    /**
     * Arms this very slot again, from inside its own run. Never waits.
     *
     * @param delay time from now, not negative; too large a value means never
     * @return {@link StartOutcome#STARTED}, {@link StartOutcome#REARMED}, or {@link StartOutcome#FREED} if the slot was deleted meanwhile
     * @throws IllegalArgumentException if {@code delay} is negative
     */
    StartOutcome restart(Duration delay);

    /**
     * Delivers this firing again after a delay, as its next attempt: same key, same generation. An exception that the callback
     * throws afterwards counts as {@code retried}, not as {@code failed}. Never waits, and holds no thread meanwhile.
     *
     * <p>Until then the slot is armed, and every operation takes precedence: a start replaces the attempt by a new firing, a touch
     * moves it, and a cancel or delete removes it. A cancel during this run prevents it altogether. A submit joins it.
     *
     * <p>In a map with values the attempt carries the values of this firing. A firing that replaces it, now or later, receives them first.
     *
     * <p>On a periodic slot the next period follows at its usual point. If that point comes before the delay is over, the period replaces
     * the attempt, except under the late policy {@code ALL}.
     *
     * @param delay time from now, not negative; too large a value means never
     * @return {@link RetryOutcome#SCHEDULED}, or the reason why it is not delivered again
     * @throws IllegalArgumentException if {@code delay} is negative
     * @throws IllegalStateException if called from outside the run, or from another thread than its own
     */
    RetryOutcome retry(Duration delay);

    /**
     * Delivers this firing again after a delay, as the same attempt: for an interceptor that does not call the callback now. Such a
     * run counts as {@code postponed}, and listeners do not hear of it. Otherwise as {@link #retry}.
     *
     * @param delay time from now, not negative; too large a value means never
     * @return {@link RetryOutcome#SCHEDULED}, or the reason why it is not delivered again
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
     * The object that an earlier delivery of this firing has left by {@link #attach}. It lives in this process: a firing that
     * another process or node delivers again has none.
     *
     * @param owner who has left it, compared by identity, so that a callback and interceptors do not mix up their objects
     * @return the object, or null
     */
    default @Nullable Object attachment(Object owner) {
        return null;
    }

    /**
     * Leaves an object for the next delivery of this firing, if there is one. Only the thread of the run may call it. Does nothing
     * on backends whose firings may be delivered again elsewhere.
     *
     * @param owner who leaves it, compared by identity
     * @param object the object; null for none
     * @throws IllegalStateException if called from outside the run, or from another thread than its own
     */
    default void attach(Object owner, @Nullable Object object) {}
}
