package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.backend.Log;
import org.jspecify.annotations.Nullable;

/**
 * What a map notes of its slots for those who look: nothing, since it has no history. Chosen when the map opens;
 * {@link HistoryNotes} is for maps with one. Thread-safe.
 *
 * @param <K> the key type
 */
class Notes<K> {

    private static final Log LOG = new Log(Notes.class);
    private static final Log.Message UNNOTED = LOG.message("an event of map '", "' could not be recorded");

    private final String name;

    Notes(String name) {
        this.name = name;
    }

    /** Whether anything is noted: then every block is a {@link NotedBlock}. */
    boolean areKept() {
        return false;
    }

    /** A reading of the clock as it is noted, rounded up as deadlines are; anything when nothing is. */
    long noted(long nanos) {
        return 0;
    }

    /** When the map was opened, in microseconds of its clock; anything when nothing is noted. */
    long openedAt() {
        return 0;
    }

    /** Numbers the causes of what is noted; null when nothing is. */
    @Nullable
    Causes causes() {
        return null;
    }

    /** What slots freed lately went through; null when nothing is noted. */
    @Nullable
    Departures departures() {
        return null;
    }

    /** The calling thread has made a slot. */
    void made(ControlBlock<K> block, long now, long detail, @Nullable SlotLimit limit) {}

    /** Something has happened just now, on the calling thread's account. */
    void record(ControlBlock<K> block, Kind kind) {}

    /** Something has happened, on the calling thread's account. */
    void record(ControlBlock<K> block, Kind kind, long now, long detail) {}

    /**
     * The calling thread has taken away the pending run of a slot.
     *
     * @param before a reading of the word before that
     * @param freed whether the slot is gone
     * @param closed whether its map is closed
     * @return whether it is remembered with that, which no history made later has
     */
    boolean recordEnd(ControlBlock<K> block, Kind kind, long before, boolean freed, boolean closed) {
        return false;
    }

    /**
     * The calling thread has armed or moved a slot. What the slot's shape has made of that is noted too.
     *
     * @param before a reading of the word before that
     */
    void recordArmed(ControlBlock<K> block, Kind kind, long now, long due, long before) {}

    /** Something has happened just now, not on the calling thread's account. */
    void noteNow(ControlBlock<K> block, Kind kind, @Nullable SlotCause cause) {}

    /** Something has happened, not on the calling thread's account, that has not changed what is pending. */
    void note(ControlBlock<K> block, Kind kind, long now, long detail, @Nullable SlotCause cause) {}

    /**
     * Something has happened, not on the calling thread's account.
     *
     * @param before the deadline that was pending before, -1 for none
     * @param generation that of the latest start before
     */
    void note(
            ControlBlock<K> block,
            Kind kind,
            long now,
            long detail,
            @Nullable SlotCause cause,
            long before,
            long generation) {}

    /** A slot was freed: keeps its history for a while. */
    void departed(ControlBlock<K> block, SlotDetails<K> details) {}

    /** Something could not be noted for those who look: tells of that. What is noted has happened all the same. */
    final void unnoted(Throwable failure) {
        UNNOTED.warning(name, failure);
    }
}
