package io.asyncslot.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The boundary between the engine and the operating system: shared memory, one call that executes commands, and one
 * that waits for events. {@link Layout} describes the memory.
 *
 * <p>Any thread may read and write the segments. One thread at a time may call {@link #run}, one at a time {@link #poll};
 * any may call {@link #wake} and {@link #inspect}. {@link #close} comes after all other calls have returned; the segments
 * throw {@link IllegalStateException} from then on.
 */
public interface KernelPort extends AutoCloseable {

    /**
     * How many slots there is room for.
     *
     * @return the number of records in {@link #control} and {@link #keys}
     */
    int capacity();

    /**
     * How long a key may be.
     *
     * @return the most bytes a serialised key may have
     */
    int keyBytes();

    /**
     * How many commands one {@link #run} can execute.
     *
     * @return the number of records in {@link #commands}
     */
    int maxCommands();

    /**
     * One record: the kind of the memory, clock offsets, counters, and the holder.
     *
     * @return {@link Layout#HEADER_BYTES} bytes
     */
    MemorySegment header();

    /**
     * The slots' state words and what belongs to them.
     *
     * @return {@link #capacity} records of {@link Layout#CONTROL_BYTES} bytes
     */
    MemorySegment control();

    /**
     * The slots' keys.
     *
     * @return {@link #capacity} records of {@link Layout#keyRecordBytes} bytes
     */
    MemorySegment keys();

    /**
     * The maps that the slots belong to.
     *
     * @return {@link Layout#DIRECTORY_RECORDS} records of {@link Layout#DIRECTORY_BYTES} bytes
     */
    MemorySegment directory();

    /**
     * Whether there is room for touches by BPF programs of others.
     *
     * @return whether {@link #since} and {@link #touches} have a record for each slot
     */
    default boolean touchable() {
        return false;
    }

    /**
     * Which touches of each slot count, and what they do.
     *
     * @return {@link #capacity} records of {@link Layout#SINCE_BYTES} bytes; empty without {@link #touchable}
     */
    default MemorySegment since() {
        return MemorySegment.NULL;
    }

    /**
     * When each slot was touched.
     *
     * @return {@link #capacity} records of {@link Layout#TOUCH_BYTES} bytes; empty without {@link #touchable}
     */
    default MemorySegment touches() {
        return MemorySegment.NULL;
    }

    /**
     * How long a value may be.
     *
     * @return the most bytes that it may have as it is written; 0 if there is no room for values and shapes
     */
    default int valueBytes() {
        return 0;
    }

    /**
     * The properties of the slots in addition to their words.
     *
     * @return {@link #capacity} records of {@link Layout#SHAPE_BYTES} bytes; empty without {@link #valueBytes}
     */
    default MemorySegment shapes() {
        return MemorySegment.NULL;
    }

    /**
     * The values that slots carry.
     *
     * @return {@link Layout#valueEntries} records of {@link Layout#valueRecordBytes} bytes; empty without {@link #valueBytes}
     */
    default MemorySegment values() {
        return MemorySegment.NULL;
    }

    /**
     * Commands and, after {@link #run}, their results.
     *
     * @return {@link #maxCommands} records of {@link Layout#COMMAND_BYTES} bytes
     */
    MemorySegment commands();

    /**
     * Executes the first commands, in order. Afterwards, the record of each command has its result.
     *
     * @param count how many, from 1 to {@link #maxCommands}
     * @throws KernelException if the call itself failed; then it is not known which commands were executed
     */
    void run(int count);

    /**
     * Hands over the present events in order, some thousands at most. Waits for the first if there is none.
     *
     * @param sink takes them, in this thread; if it throws, the next call hands over that event again
     * @param timeoutNanos how long to wait: 0 for not at all, a negative number for no limit
     * @return how many were handed over; 0 after the timeout, or {@link #wake}, or because the wall clock was set
     */
    int poll(EventSink sink, long timeoutNanos);

    /**
     * How often the ring held content that neither the kernel nor this process writes, so that events may be missing.
     *
     * @return a count that only grows
     */
    default long ringDamages() {
        return 0;
    }

    /**
     * Checks whether the objects in use are still pinned at their paths, and pins them again if possible. The thread
     * that polls calls this now and then.
     */
    default void watchPins() {}

    /**
     * The trouble that {@link #watchPins} found and could not repair.
     *
     * @return the trouble in words; null for none
     */
    default @Nullable String pinTrouble() {
        return null;
    }

    /**
     * How many pins {@link #watchPins} has made again.
     *
     * @return a count that only grows
     */
    default long repinned() {
        return 0;
    }

    /** Ends the {@link #poll} in progress, or else the next one. */
    void wake();

    /**
     * Asks the kernel for its own view of a slot.
     *
     * @param index the slot's index
     * @return the state of the running kernel's control blocks
     * @throws KernelException if the call itself failed
     */
    Inspection inspect(int index);

    /**
     * The features of this kernel.
     *
     * @return the same answer each time
     */
    KernelFeatures features();

    /** Gives everything back; pinned objects stay in the kernel. Does nothing the second time. */
    @Override
    void close();

    /** Takes events. */
    @FunctionalInterface
    interface EventSink {

        /**
         * Asks to look at this slot now. A hint from the kernel, which may be repeated or out of date.
         *
         * @param index the slot's index
         * @param word its state word as the kernel saw it
         * @param firedAtNanos when, in nanoseconds of CLOCK_MONOTONIC
         */
        void fired(int index, long word, long firedAtNanos);
    }
}
