package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One slot at one moment. Immutable; looking never creates or changes a slot.
 *
 * @param map the map's name
 * @param key the key
 * @param type timer or work
 * @param backend the backend that measures its time
 * @param state READY, BUSY or FREED, in the words of the kernel's control block
 * @param runState pending, running, both or neither
 * @param references the live reference count: 1 at rest (the map's own), more while operations are in flight; commands that wait
 *     for the timekeeper are not counted
 * @param generation the generation of the latest start
 * @param deadline when it is due, on the wall clock; null when nothing is pending
 * @param timeLeft time until then, zero when overdue; null when nothing is pending
 * @param pausedSince since when the slot is paused, on the wall clock; null when it is not. {@link SlotMap#pausedSince()} shows a
 *     pause of the whole map
 * @param pausedBy the cause of that pause, as {@link SlotCause#during} had it; null when it was a plain call, and when the slot is
 *     not paused. {@link SlotMap#pausedBy()} shows that of the whole map
 * @param lastFiring the last firing, null when it never fired or when history is off
 * @param history the last transitions, oldest first; empty when history is off
 * @param value the value that the pending run would receive, as {@link SlotFiring#value()}; null when nothing is pending, in a map
 *     without values, and in a scan. It is user data, so {@link #toString()} omits it
 * @param schedule the schedule that the key was started with; null if the key has no schedule, or nothing is pending
 * @param measure the view of the component that measures the slot's time; null on backends that have nothing to add, in a scan, and
 *     when it could not be asked
 */
public record SlotSnapshot(
        String map,
        Object key,
        SlotType type,
        String backend,
        SlotState state,
        RunState runState,
        int references,
        long generation,
        @Nullable Instant deadline,
        @Nullable Duration timeLeft,
        @Nullable Instant pausedSince,
        @Nullable SlotCause pausedBy,
        @Nullable LastFiring lastFiring,
        List<SlotEvent> history,
        @Nullable Object value,
        @Nullable SlotSchedule schedule,
        @Nullable Measure measure) {

    /**
     * Makes a snapshot of a slot without a value, without its own schedule, and without the cause of its pause.
     *
     * @param map the map's name
     * @param key the key
     * @param type timer or work
     * @param backend the backend that measures its time
     * @param state READY, BUSY or FREED
     * @param runState pending, running, both or neither
     * @param references the live reference count
     * @param generation the generation of the latest start
     * @param deadline when it is due; null when nothing is pending
     * @param timeLeft time until then; null when nothing is pending
     * @param pausedSince since when its runs wait; null when it is not paused
     * @param lastFiring the last firing; null when there is none
     * @param history the last transitions
     * @param measure the view of the component that measures the slot's time, or null
     */
    public SlotSnapshot(
            String map,
            Object key,
            SlotType type,
            String backend,
            SlotState state,
            RunState runState,
            int references,
            long generation,
            @Nullable Instant deadline,
            @Nullable Duration timeLeft,
            @Nullable Instant pausedSince,
            @Nullable LastFiring lastFiring,
            List<SlotEvent> history,
            @Nullable Measure measure) {
        this(
                map,
                key,
                type,
                backend,
                state,
                runState,
                references,
                generation,
                deadline,
                timeLeft,
                pausedSince,
                null,
                lastFiring,
                history,
                null,
                null,
                measure);
    }

    /** Shows everything except the value, which is user data. */
    @Override
    public String toString() {
        return "SlotSnapshot[map=" + map + ", key=" + key + ", type=" + type + ", backend=" + backend + ", state="
                + state
                + ", runState=" + runState + ", references=" + references + ", generation=" + generation + ", deadline="
                + deadline + ", timeLeft=" + timeLeft + ", pausedSince=" + pausedSince + ", pausedBy=" + pausedBy
                + ", lastFiring=" + lastFiring
                + ", history=" + history + ", schedule=" + schedule + ", measure=" + measure + "]";
    }

    /**
     * The view of the component that measures a slot's time. Values that it does not know are null.
     *
     * @param by the component that measures it: the map's backend, or the one that stands in for it
     * @param references the reference count of the kernel's own control block
     * @param expiry when the kernel's timer expires next, on the wall clock
     * @param callbackSet whether the kernel's control block has its callback
     * @param program the id of the kernel's program that is called
     * @param clock the clock that the kernel's timer is on
     * @param firings how often the kernel has reported this slot due
     * @param notes reasons for unknown values, and further facts; a sentence each
     */
    public record Measure(
            String by,
            @Nullable Integer references,
            @Nullable Instant expiry,
            @Nullable Boolean callbackSet,
            @Nullable Long program,
            @Nullable String clock,
            @Nullable Long firings,
            List<String> notes) {}

    /**
     * How the latest firing went.
     *
     * @param firedAt when the callback began, on the wall clock
     * @param generation its generation
     * @param attempt how often this firing has been delivered, this time included
     * @param lateness how long after the deadline it began
     * @param split where that time went; null where the backend does not measure it
     * @param duration how long it ran; null while it still runs
     * @param failure type and message of what it threw; null when it ended normally or still runs
     */
    public record LastFiring(
            Instant firedAt,
            long generation,
            int attempt,
            Duration lateness,
            @Nullable LatenessSplit split,
            @Nullable Duration duration,
            @Nullable String failure) {}

    /**
     * Where the lateness of a firing went. The three parts add up to it.
     *
     * @param wakeUp from the deadline until the backend noticed that the slot is due
     * @param queue in the executor's hands, refusals included, until a thread began it
     * @param gate held back by the map's concurrency, by the run of a deleted slot of the same key, or by a pause
     */
    public record LatenessSplit(Duration wakeUp, Duration queue, Duration gate) {}
}
