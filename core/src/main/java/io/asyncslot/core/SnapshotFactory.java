package io.asyncslot.core;

import io.asyncslot.RunState;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Makes immutable views of control blocks of maps on one clock. Thread-safe. */
final class SnapshotFactory {

    private static final SlotCause BY_KERNEL = new SlotCause(SlotCause.Type.KERNEL, null);

    private final Ticker ticker;
    private final SlotClock clock;
    private final ShownTimes times = new ShownTimes();

    /** Null where no history is kept. */
    private final @Nullable Causes causes;

    SnapshotFactory(Ticker ticker, SlotClock clock, @Nullable Causes causes) {
        this.ticker = ticker;
        this.clock = clock;
        this.causes = causes;
    }

    <K> SlotSnapshot of(ControlBlock<K> block, boolean withHistory, SlotSnapshot.@Nullable Measure measure) {
        long word;
        int references;
        long generation;
        Object value;
        do {
            word = block.word();
            references = shown(block);
            generation = block.generation();
            value = withHistory && block instanceof ValueBlock<K> carrier ? carrier.look() : null;
        } while (word != block.word());
        long nanos = ticker.nanos(clock);
        long wall = clock == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
        boolean armed = StateWord.isArmed(word);
        Series series = armed && block instanceof ScheduledBlock<K> scheduled ? scheduled.series() : null;
        SlotSchedule schedule = series == null ? null : series.schedule();
        long due = armed ? block.dueAt(word) : 0;
        long left = Micros.toNanos(due) - nanos;
        SlotDetails<K> details = block.details();
        PauseSwitch.Pause pause = details == null ? null : details.present();
        // The history first: whoever finds the end of a run in it finds that run's firing too.
        List<SlotEvent> events = withHistory && causes != null && block instanceof NotedBlock<K> noted
                ? entries(noted, armed ? StateWord.deadline(word) : -1, due, nanos, wall)
                : List.of();
        return new SlotSnapshot(
                block.map().name(),
                block.key(),
                block.map().type(),
                block.map().backend(),
                state(word, references),
                runState(word),
                references,
                generation,
                armed ? Instant.ofEpochSecond(0, wall).plusNanos(left) : null,
                armed ? Duration.ofNanos(Math.max(0, left)) : null,
                pause == null ? null : pause.at(),
                pause == null ? null : pause.by(),
                details == null ? null : LastRun.shown(details.lastRun),
                events,
                value,
                schedule,
                measure);
    }

    /** A history, and what has not been noted yet: that the slot was touched from outside, and is due then. */
    private <K> List<SlotEvent> entries(NotedBlock<K> block, long deadline, long due, long nanos, long wall) {
        LongFunction<Instant> instants = times.at(nanos, wall);
        List<SlotEvent> all = block.events(Micros.floor(nanos), deadline, instants, this::cause);
        SlotMirror<K> mirror = block.map().mirror();
        if (deadline < 0 || due <= deadline || mirror == null) {
            return all;
        }
        all.add(new SlotEvent(
                instants.apply(due - mirror.touchMicros()),
                SlotEvent.Kind.MOVED,
                Micros.toDuration(mirror.touchMicros()),
                BY_KERNEL));
        return all;
    }

    /** What is remembered of a slot that was freed. */
    SlotSnapshot of(SlotHome<?> map, Departures.Departure departure) {
        long nanos = ticker.nanos(clock);
        long wall = clock == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
        return new SlotSnapshot(
                map.name(),
                departure.key(),
                map.type(),
                map.backend(),
                SlotState.FREED,
                RunState.IDLE,
                0,
                departure.generation(),
                null,
                null,
                null,
                departure.lastFiring(),
                departure.events(Micros.floor(nanos), times.at(nanos, wall), this::cause),
                null);
    }

    private @Nullable SlotCause cause(int number) {
        return causes == null ? null : causes.cause(number);
    }

    /** A reading of the clock as a point of the wall clock. */
    Instant instant(long reading) {
        long nanos = ticker.nanos(clock);
        long wall = clock == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
        return Instant.ofEpochSecond(0, wall).plusNanos(reading - nanos);
    }

    /**
     * The reference count without that of a command: a slot whose command waits for the timekeeper is at rest. The command goes
     * before its reference, so a count read after it is either complete or that of a slot at rest.
     */
    private static int shown(ControlBlock<?> block) {
        int commands = block.isCommanded() ? 1 : 0;
        int references = block.references();
        return references == 0 ? 0 : Math.max(1, references - commands);
    }

    private static SlotState state(long word, int references) {
        if (StateWord.isFreed(word)) {
            return SlotState.FREED;
        }
        return StateWord.isRunning(word) || references > 1 ? SlotState.BUSY : SlotState.READY;
    }

    private static RunState runState(long word) {
        boolean armed = StateWord.isArmed(word);
        if (StateWord.isRunning(word)) {
            return armed ? RunState.RUNNING_ARMED : RunState.RUNNING;
        }
        return armed ? RunState.ARMED : RunState.IDLE;
    }
}
