package io.asyncslot.core;

import io.asyncslot.RunState;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes immutable views of control blocks of maps on one clock. Thread-safe. */
final class SnapshotFactory {

    private final Ticker ticker;
    private final SlotClock clock;

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
        do {
            word = block.word();
            references = block.references();
            generation = block.generation();
        } while (word != block.word());
        long nanos = ticker.nanos(clock);
        long wall = clock == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
        boolean armed = StateWord.isArmed(word);
        long left = Micros.toNanos(StateWord.deadline(word)) - nanos;
        SlotDetails<K> details = block.details();
        History history = details == null || !withHistory ? null : details.history;
        long paused = details == null ? -1 : details.since();
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
                paused < 0 ? null : Instant.ofEpochSecond(0, wall).plusNanos(paused - nanos),
                details == null ? null : details.lastFiring,
                history == null ? List.of() : entries(history, nanos, wall),
                measure);
    }

    /** The transitions in a history, oldest first. */
    List<SlotEvent> entries(History history) {
        long nanos = ticker.nanos(clock);
        return entries(history, nanos, clock == SlotClock.REALTIME ? nanos : ticker.realtimeNanos());
    }

    private List<SlotEvent> entries(History history, long nanos, long wall) {
        return history.entries(
                at -> Instant.ofEpochSecond(0, wall).plusNanos(Micros.toNanos(at) - nanos),
                number -> causes == null ? null : causes.cause(number));
    }

    /** A reading of the clock as a point of the wall clock. */
    Instant instant(long reading) {
        long nanos = ticker.nanos(clock);
        long wall = clock == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
        return Instant.ofEpochSecond(0, wall).plusNanos(reading - nanos);
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
