package io.asyncslot.core;

import io.asyncslot.SlotSnapshot;
import org.jspecify.annotations.Nullable;

/**
 * What the operations of a map do for the copies of its slots: nothing, since slots end with the process. Chosen when the map opens;
 * {@link MirroredCopies} is for slots that outlive it. Thread-safe.
 *
 * @param <K> the key type
 */
class Copies<K> {

    Copies() {}

    /** Where slots are copied to; null where they end with the process. */
    @Nullable
    SlotMirror<K> mirror() {
        return null;
    }

    /** Whether values, limits and schedules are copied too. */
    boolean keepsShapes() {
        return false;
    }

    /** Keeps a value or a schedule; null if there is no room, or nothing that keeps it. */
    @Nullable
    KeptValue keep(Object value) {
        return null;
    }

    /** What makes a block in the index's atomic step: the same for all keys, but where a key is to be copied. */
    BlockMaker<K> copied(K key, BlockMaker<K> own) {
        return own;
    }

    /**
     * Begins an operation that may change the word of a slot: with a reference if there are copies, so that the place of the copy
     * stays the slot's own.
     *
     * @return false when the slot is gone; then it is freed, and {@link #leave} must not be called
     */
    boolean enter(ControlBlock<K> block) {
        return true;
    }

    /**
     * Ends an operation that was to arm or move a slot.
     *
     * @param done whether it did
     * @param reading the reading of the map's clock that the deadline is reckoned from
     */
    void leaveArmed(ControlBlock<K> block, boolean done, long reading) {}

    /** Ends an operation that may have changed the word of a slot. */
    void leave(ControlBlock<K> block, boolean changed) {}

    /** When a slot is due, given a word of it that was read before: by its deadline, or by a touch from outside. */
    long dueAt(ControlBlock<K> block, long word) {
        return StateWord.deadline(word);
    }

    /** How long a touch from outside puts a slot off, in microseconds. */
    long touchMicros() {
        return 0;
    }

    /** What a run of a slot tells before it begins; null for nothing. */
    FiredRun.@Nullable Copy copyOf(ControlBlock<K> block) {
        return null;
    }

    /** The calling thread has freed a slot, and has a reference. */
    void retired(ControlBlock<K> block) {}

    /** Copies a word that was changed. With a reference in hand. */
    void changed(ControlBlock<K> block) {}

    /** A slot does not stay. With a reference in hand. */
    void takenBack(ControlBlock<K> block) {}

    /** A run is about to end: takes a reference for {@link #ended}, where there are copies and the slot is not gone. */
    boolean ending(ControlBlock<K> block) {
        return false;
    }

    /**
     * A run has ended.
     *
     * @param freed whether its end has freed the slot
     * @param held what {@link #ending} answered
     */
    void ended(ControlBlock<K> block, boolean freed, boolean held) {}

    /** The incarnation is gone. */
    void reclaimed(ControlBlock<K> block) {}

    /** The map is about to be closed, and its slots are to stay; answers whether they do. */
    boolean letGo() {
        return false;
    }

    /** The map is closed. Called once. */
    void closed() {}

    /** What measures the slot's time has to say about it; null when nothing is known just now. */
    SlotSnapshot.@Nullable Measure measure(ControlBlock<K> block) {
        return null;
    }
}
