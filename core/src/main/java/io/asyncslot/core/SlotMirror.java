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
     * Whether what slots carry, and what else they are beside their word, is copied too: then {@link #changed} and the others that
     * copy a word do so by {@link ControlBlock#copyShape}.
     *
     * @return the same answer each time
     */
    boolean keepsShapes();

    /**
     * Writes a value, or a {@link Series}, that a slot is about to be started with. Called outside any lock, where
     * {@link #keepsShapes}.
     *
     * @param value the value
     * @return null when it is too long, or there is no room: the operation is rejected
     * @throws IllegalArgumentException naming value and rule, if it can never be kept
     */
    @Nullable
    KeptValue keep(Object value);

    /**
     * Copies the word after it was changed. One of a slot that was freed is not copied, unless the slot freed itself. Called
     * with a reference in hand.
     *
     * @param block the slot
     */
    void changed(ControlBlock<K> block);

    /**
     * An operation has armed or moved a slot: a touch from outside that was before its reading of the clock does not count any
     * more. Called between the step and {@link #changed}, with a reference in hand.
     *
     * @param block the slot
     * @param reading the reading of the map's clock that the deadline is reckoned from
     */
    void armed(ControlBlock<K> block, long reading);

    /**
     * When a pending slot is due by its last touch from outside this process. The word has to be read before: then a touch
     * that an operation has made void counts only for a word that is not the slot's any more.
     *
     * @param block the slot
     * @return microseconds of the map's clock; 0 without such a touch
     */
    long touchedUntil(ControlBlock<K> block);

    /**
     * How long a touch from outside puts a slot off.
     *
     * @return microseconds; 0 where slots cannot be touched from outside
     */
    long touchMicros();

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

    /**
     * The map is about to be closed, and its slots are to stay: from now on a slot that is freed keeps its copy, unless the copy
     * says that it was freed. Does nothing where the copies end with the process.
     *
     * @return whether slots stay
     */
    boolean letGo();

    /**
     * A slot does not stay, whether its map is let go of or not: it was deleted, or dropped, or made while the map was being
     * closed. Called with a reference.
     *
     * @param block the slot, freed
     */
    void takenBack(ControlBlock<K> block);

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
