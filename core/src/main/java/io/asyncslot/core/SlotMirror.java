package io.asyncslot.core;

import io.asyncslot.SlotSnapshot;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a copy of each slot of one map where it outlives this process. The control block's word decides; the copy
 * follows it, and is what the next process finds. Thread-safe and non-blocking.
 *
 * <p>A copy has a place, which belongs to one incarnation from {@link #reserve} until {@link #reclaimed}. Whoever copies
 * a word holds a reference, so that the place cannot have passed to another slot meanwhile. An operation answers only
 * after its word, or a later one, is in the copy.
 *
 * @param <K> the key type
 */
public interface SlotMirror<K> {

    /** No place is left. */
    int FULL = -1;

    /**
     * The form of a key in its copy. Called outside any lock.
     *
     * @param key a key of a slot that may be about to be made
     * @return the form
     * @throws IllegalArgumentException naming value and rule, if the key cannot be kept
     */
    byte[] encode(K key);

    /**
     * Takes a place for a new slot. Called inside the atomic step of an index, as are {@link #giveBack} and {@link #made}:
     * short, and without a call of user code.
     *
     * @return the place, or {@link #FULL}
     */
    int reserve();

    /**
     * Gives back a place that was taken and not used.
     *
     * @param place the place
     */
    void giveBack(int place);

    /**
     * Writes the first copy of a slot, which is not published yet.
     *
     * @param block the new slot; its {@link Custody#position()} is the place
     * @param key what {@link #encode} answered
     */
    void made(ControlBlock<K> block, byte[] key);

    /**
     * Copies the word after it was changed. Called with a reference in hand.
     *
     * @param block the slot
     */
    void changed(ControlBlock<K> block);

    /**
     * Notes which firing is about to begin, before the word says RUNNING. For the slot's custodian only.
     *
     * @param block the slot
     * @param generation the generation of the firing
     * @param deadline when it was due, in microseconds of the map's clock
     * @param attempt how often it has been delivered, this time included
     */
    void beginning(ControlBlock<K> block, long generation, long deadline, int attempt);

    /**
     * A run has ended. Called once for each run, after {@link #changed} where that was called.
     *
     * @param block the slot
     */
    void ended(ControlBlock<K> block);

    /**
     * An incarnation was freed: later ones of its key must have a higher generation, also in later processes.
     *
     * @param generation its last one
     */
    void retired(long generation);

    /**
     * The incarnation is gone: its place may be taken again.
     *
     * @param block the slot
     */
    void reclaimed(ControlBlock<K> block);

    /**
     * The highest generation that an incarnation freed in an earlier process had.
     *
     * @return 0 when there was none
     */
    long highestRetired();

    /**
     * What the slots of this map were when the former process ended. Called once, before any operation.
     *
     * @param visitor is given each of them, in the order of their making
     */
    void recover(Consumer<RecoveredSlot<K>> visitor);

    /** The map is closed: no slot of it is made any more, and those that are left are freed. Called once. */
    void closed();

    /**
     * A slot that was recovered has a control block again. Called before that is known to anybody else.
     *
     * @param block the slot
     */
    void adopted(ControlBlock<K> block);

    /**
     * What measures the slot's time has to say about it.
     *
     * @param block the slot
     * @return null when nothing is known just now
     */
    SlotSnapshot.@Nullable Measure measure(ControlBlock<K> block);
}
