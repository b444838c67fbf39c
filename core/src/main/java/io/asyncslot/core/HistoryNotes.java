package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * Notes what happens to the slots of a map with a history. What cannot be noted is told, and has happened all the same. Thread-safe.
 *
 * @param <K> the key type
 */
final class HistoryNotes<K> extends Notes<K> {

    private final Ticker ticker;
    private final SlotClock clock;
    private final Causes causes = new Causes();
    private final Departures departures = new Departures();
    private final long openedAt;

    HistoryNotes(String name, Ticker ticker, SlotClock clock) {
        super(name);
        this.ticker = ticker;
        this.clock = clock;
        this.openedAt = now();
    }

    private long now() {
        return Micros.floor(ticker.nanos(clock));
    }

    @Override
    boolean areKept() {
        return true;
    }

    @Override
    long noted(long nanos) {
        return Micros.ceil(nanos);
    }

    @Override
    long openedAt() {
        return openedAt;
    }

    @Override
    Causes causes() {
        return causes;
    }

    @Override
    Departures departures() {
        return departures;
    }

    @Override
    void made(ControlBlock<K> block, long now, long detail, @Nullable SlotLimit limit) {
        try {
            ((NotedBlock<K>) block).made(now, detail, causes.number(SlotCause.current()), limit);
        } catch (OutOfMemoryError e) {
            unnoted(e);
        }
    }

    @Override
    void record(ControlBlock<K> block, Kind kind) {
        noteNow(block, kind, SlotCause.current());
    }

    @Override
    void record(ControlBlock<K> block, Kind kind, long now, long detail) {
        note(block, kind, now, detail, SlotCause.current());
    }

    /*
     * Of a slot that is gone with it and has not had anything else to tell, no history is made: what it has noted in itself is
     * kept for a while.
     */
    @Override
    boolean recordEnd(ControlBlock<K> block, Kind kind, long before, boolean freed, boolean closed) {
        boolean untold = freed && block.details() == null;
        if (untold && closed) {
            return false;
        }
        try {
            int cause = causes.number(SlotCause.current());
            long pending = pending(before);
            NotedBlock<K> noted = (NotedBlock<K>) block;
            if (untold) {
                return departures.add(noted, kind, now(), cause, pending);
            }
            noted.happened(kind, now(), -1, cause, null, pending, block.generation());
        } catch (Throwable e) { // a clock or a heap: what happened has happened all the same
            unnoted(e);
        }
        return false;
    }

    @Override
    void recordArmed(ControlBlock<K> block, Kind kind, long now, long due, long before) {
        try {
            int cause = causes.number(SlotCause.current());
            SlotLimit limit = block instanceof ValueBlock<K> carrier ? carrier.limit() : null;
            NotedBlock<K> noted = (NotedBlock<K>) block;
            if (limit == null && (kind == Kind.REARMED || kind == Kind.MOVED)) {
                noted.armed(kind, now, due - now, cause, pending(before));
            } else {
                long generation = block.generation() - (kind == Kind.MOVED ? 0 : 1);
                noted.happened(kind, now, due - now, cause, limit, pending(before), generation);
            }
        } catch (OutOfMemoryError e) {
            unnoted(e);
        }
    }

    private static long pending(long word) {
        return StateWord.isArmed(word) ? StateWord.deadline(word) : -1;
    }

    @Override
    void noteNow(ControlBlock<K> block, Kind kind, @Nullable SlotCause cause) {
        try {
            note(block, kind, now(), -1, cause);
        } catch (Throwable e) { // a clock or a heap: what happened has happened all the same
            unnoted(e);
        }
    }

    @Override
    void note(ControlBlock<K> block, Kind kind, long now, long detail, @Nullable SlotCause cause) {
        note(block, kind, now, detail, cause, pending(block.word()), block.generation());
    }

    @Override
    void note(
            ControlBlock<K> block,
            Kind kind,
            long now,
            long detail,
            @Nullable SlotCause cause,
            long before,
            long generation) {
        try {
            ((NotedBlock<K>) block).happened(kind, now, detail, causes.number(cause), null, before, generation);
        } catch (OutOfMemoryError e) {
            unnoted(e);
        }
    }

    @Override
    void departed(ControlBlock<K> block, SlotDetails<K> details) {
        if (details.history() != null) {
            departures.add(block.key(), block.generation(), details.lastRun, details.needHistory());
        }
    }
}
