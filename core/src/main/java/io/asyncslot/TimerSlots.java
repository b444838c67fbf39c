package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

/**
 * A map of timer slots: each key holds at most one timer, which fires once per armed period and never early.
 *
 * <p>Thread-safe; see {@link SlotMap} for what holds for every operation.
 *
 * @param <K> the key type
 */
public interface TimerSlots<K> extends SlotMap<K> {

    /**
     * Tells whether the map knows when a start that names no delay is due.
     *
     * @return true if it has a delay, a period or a schedule of its own; also true on maps that cannot tell
     */
    default boolean isTimed() {
        return true;
    }

    /**
     * Tells whether keys may have a schedule of their own.
     *
     * @return true if {@link #start(Object, SlotSchedule)} is possible, see {@link TimerMapSpec#keySchedules()}
     */
    default boolean takesSchedules() {
        return false;
    }

    /**
     * Arms the key's slot by the map's own delay, period or schedule: creates it when absent, replaces the deadline
     * when armed. One atomic step.
     *
     * @param key the key
     * @return {@link StartOutcome#STARTED}, {@link StartOutcome#REARMED}, {@link StartOutcome#REJECTED} or
     *     {@link StartOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     * @throws IllegalStateException if the map has neither a delay nor a period nor a schedule
     */
    StartOutcome start(K key);

    /**
     * Arms the key's slot to fire after a delay: creates it when absent, replaces the deadline when armed. On a
     * periodic map the delay is that of the first period.
     *
     * @param key the key
     * @param delay time from now, not negative; zero fires at once; too large values saturate and mean never
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if the key is not acceptable or {@code delay} is negative
     */
    StartOutcome start(K key, Duration delay);

    /**
     * Arms the key's slot to fire at a point in time. On a {@link SlotClock#REALTIME} map the deadline follows when
     * the wall clock is set; on the other clocks the time left is fixed now.
     *
     * @param key the key
     * @param deadline the point in time; one in the past fires at once
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    StartOutcome startAt(K key, Instant deadline);

    /**
     * Arms the key's slot for the next point of a schedule of its own: it fires at each point, until it is cancelled or deleted, the
     * schedule ends, or another start replaces the schedule. A start without one makes the slot what the map says. The map's
     * {@link LatePolicy} holds. A touch moves the pending point, without a delay to the schedule's next one, and leaves the schedule.
     *
     * @param key the key
     * @param schedule its points; called by any thread, also later
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if the key is not acceptable or {@code schedule} is null
     * @throws IllegalStateException if the map is not made for it ({@link TimerMapSpec#keySchedules()}), or the schedule has no
     *     further point
     */
    default StartOutcome start(K key, SlotSchedule schedule) {
        throw new IllegalStateException(
                "map '" + name() + "' takes no schedule for a key: set 'keySchedules' where the map is described");
    }

    /**
     * Arms many keys by the same delay, with one look at the clock. Each key is one atomic step of its own; the batch
     * as a whole is not.
     *
     * @param keys the keys; all are checked before the first is armed
     * @param delay time from now, not negative
     * @return how many keys ended in which outcome
     * @throws IllegalArgumentException if a key is not acceptable or {@code delay} is negative; nothing is armed then
     */
    StartSummary startAll(Collection<? extends K> keys, Duration delay);

    /**
     * Moves a pending deadline to the map's delay (or period) from now. Never creates a slot, never revives one that
     * is not armed, and keeps the generation.
     *
     * @param key the key
     * @return {@link TouchOutcome#MOVED}, {@link TouchOutcome#NOT_ARMED}, {@link TouchOutcome#ABSENT} or
     *     {@link TouchOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     * @throws IllegalStateException if the map has neither a delay nor a period nor a schedule
     */
    TouchOutcome touch(K key);

    /**
     * Moves a pending deadline to a delay from now; otherwise as {@link #touch(Object)}.
     *
     * @param key the key
     * @param delay time from now, not negative
     * @return as {@link #touch(Object)}
     * @throws IllegalArgumentException if the key is not acceptable or {@code delay} is negative
     */
    TouchOutcome touch(K key, Duration delay);
}
