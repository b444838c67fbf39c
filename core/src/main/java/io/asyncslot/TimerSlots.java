package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

/**
 * A map of timer slots: each key holds at most one timer, which fires once per armed period and never early.
 *
 * <p>Thread-safe; {@link SlotMap} describes what all operations have in common.
 *
 * @param <K> the key type
 */
public interface TimerSlots<K> extends SlotMap<K> {

    /**
     * Tells whether a start needs no delay.
     *
     * @return true if the map has a delay, a period or a schedule, and on maps that cannot tell
     */
    default boolean isTimed() {
        return true;
    }

    /**
     * Tells whether a key may have its own schedule.
     *
     * @return true if {@link #start(Object, SlotSchedule)} is possible, see {@link TimerMapSpec#keySchedules()}
     */
    default boolean takesSchedules() {
        return false;
    }

    /**
     * Arms the key's slot by the map's own delay, period or schedule: creates the slot if it is absent, and replaces the deadline
     * if it is armed. This is one atomic step.
     *
     * @param key the key
     * @return {@link StartOutcome#STARTED}, {@link StartOutcome#REARMED}, {@link StartOutcome#REJECTED} or
     *     {@link StartOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     * @throws IllegalStateException if the map has neither a delay nor a period nor a schedule
     */
    StartOutcome start(K key);

    /**
     * Arms the key's slot to fire after a delay: creates the slot if it is absent, and replaces the deadline if it is armed. On a
     * periodic map this is the delay of the first period.
     *
     * @param key the key
     * @param delay time from now, not negative; zero fires immediately; too large a value means never
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if the key is not acceptable or {@code delay} is negative
     */
    StartOutcome start(K key, Duration delay);

    /**
     * Arms the key's slot to fire at a point in time. On a {@link SlotClock#REALTIME} map the deadline follows changes of the wall
     * clock; on the other clocks the time left is fixed now.
     *
     * @param key the key
     * @param deadline the point in time; one in the past fires immediately
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    StartOutcome startAt(K key, Instant deadline);

    /**
     * Arms the key's slot for the next point of its own schedule. It fires at each point until it is cancelled or deleted, the
     * schedule ends, or another start replaces the schedule. A start without a schedule returns the slot to the map's settings. The
     * map's {@link LatePolicy} applies. A touch moves only the pending point; a touch without a delay moves it to the schedule's
     * next point.
     *
     * @param key the key
     * @param schedule its points; any thread may call it, at any time
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if the key is not acceptable or {@code schedule} is null
     * @throws IllegalStateException if the map does not allow it ({@link TimerMapSpec#keySchedules()}), or the schedule has no
     *     further point
     */
    default StartOutcome start(K key, SlotSchedule schedule) {
        throw new IllegalStateException(
                "map '" + name() + "' takes no schedule for a key: set 'keySchedules' where the map is described");
    }

    /**
     * Arms many keys by the same delay, with one look at the clock. Each key is armed in its own atomic step; the batch as a whole
     * is not atomic.
     *
     * @param keys the keys; all are checked before the first is armed
     * @param delay time from now, not negative
     * @return how many keys ended in which outcome
     * @throws IllegalArgumentException if a key is not acceptable or {@code delay} is negative; nothing is armed then
     */
    StartSummary startAll(Collection<? extends K> keys, Duration delay);

    /**
     * Moves a pending deadline to the map's delay (or period) from now. It never creates a slot, never arms one that is not armed,
     * and keeps the generation.
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
