package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.BYTE;
import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.LONG;
import static io.asyncslot.kernel.Layout.SHORT;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotType;
import io.asyncslot.core.ControlBlock;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The commands of the next run, and their results after it. Not thread-safe: used with the engine's lock. */
final class CommandBatch {

    /** A time that does not come. */
    private static final long FAR = Long.MAX_VALUE / 2;

    private final KernelPort port;
    private final MemorySegment memory;
    private final boolean cpuPin;

    /** Whose start it is; null for other commands. */
    private final @Nullable ControlBlock<?>[] blocks;

    private final int[] places;
    private final long[] promises;
    private final boolean[] fresh;
    private final short[] operations;
    private int size;

    /** Whether they were run, and how many of the results were passed on, which goes on after a failure. */
    private boolean ran;

    private int failure;
    private int passedOn;

    CommandBatch(KernelPort port, boolean cpuPin) {
        this.port = port;
        this.memory = port.commands();
        this.cpuPin = cpuPin;
        Layout.INT.setVolatile(port.header(), Layout.HEADER_FLAGS, cpuPin ? (int) Layout.FLAG_CPU_PIN : 0);
        this.blocks = new ControlBlock<?>[port.maxCommands()];
        this.places = new int[blocks.length];
        this.promises = new long[blocks.length];
        this.fresh = new boolean[blocks.length];
        this.operations = new short[blocks.length];
    }

    int size() {
        return size;
    }

    /** Whether nothing can be added before the next {@link #run}. */
    boolean isFull() {
        return ran || size == blocks.length;
    }

    /** Adds the start of a slot's timer. */
    void start(ControlBlock<?> block, SlotClock clock, long nanos, long promise, boolean isFresh) {
        add(block, block.position(), promise, isFresh, Layout.OP_START);
        long at = Layout.commandAt(size - 1);
        BYTE.set(memory, at + Layout.COMMAND_CLOCK, (byte) clock.ordinal());
        BYTE.set(memory, at + Layout.COMMAND_FLAGS, cpuPin ? Layout.FLAG_CPU_PIN : (byte) 0);
        LONG.set(memory, at + Layout.COMMAND_DEADLINE, nanos);
    }

    /** Adds the start of a slot's work item. */
    void work(ControlBlock<?> block, long promise, boolean isFresh) {
        add(block, block.position(), promise, isFresh, Layout.OP_WORK);
    }

    /** Adds the freeing of what a record's slot had in the kernel. */
    void free(int place) {
        add(null, place, 0, false, Layout.OP_FREE);
    }

    /** Adds the entering of a slot's key into the index. */
    void index(int place) {
        add(null, place, 0, false, Layout.OP_INDEX);
    }

    private void add(@Nullable ControlBlock<?> block, int place, long promise, boolean isFresh, short op) {
        long at = Layout.commandAt(size);
        INT.set(memory, at + Layout.COMMAND_INDEX, place);
        SHORT.set(memory, at + Layout.COMMAND_OP, op);
        INT.set(memory, at + Layout.COMMAND_RESULT, 0);
        blocks[size] = block;
        places[size] = place;
        promises[size] = promise;
        fresh[size] = isFresh;
        operations[size] = op;
        size++;
    }

    /**
     * Runs them; a failure of the call itself is the result of each. If anything else is thrown, what is left of commands and
     * results is there for the next call: to run a command twice does no harm, and a result is passed on once.
     */
    void run(Results results) {
        if (!ran) {
            failure = 0;
            try {
                port.run(size);
            } catch (KernelException e) {
                failure = e.errno() == 0 ? -1 : -e.errno();
            }
            ran = true;
        }
        while (passedOn < size) {
            passOn(passedOn++, results);
        }
        size = 0;
        passedOn = 0;
        ran = false;
    }

    private void passOn(int i, Results results) {
        int result = failure != 0 ? failure : (int) INT.get(memory, Layout.commandAt(i) + Layout.COMMAND_RESULT);
        ControlBlock<?> block = blocks[i];
        blocks[i] = null;
        if (operations[i] == Layout.OP_INDEX) {
            results.indexed(places[i], result);
        } else if (block == null) {
            results.freed(places[i], result);
        } else {
            results.started(block, promises[i], fresh[i], result);
        }
    }

    /** Whether the kernel takes a slot's timer or work item, of which it has none yet. Only while there is no command. */
    boolean isTaken(int place, SlotType type) {
        add(null, place, 0, true, type == SlotType.TIMER ? Layout.OP_START : Layout.OP_WORK);
        size = 0;
        BYTE.set(memory, Layout.COMMAND_CLOCK, (byte) 0);
        BYTE.set(memory, Layout.COMMAND_FLAGS, (byte) 0);
        LONG.set(memory, Layout.COMMAND_DEADLINE, FAR);
        try {
            port.run(1);
        } catch (KernelException e) {
            return false;
        }
        return (int) INT.get(memory, Layout.COMMAND_RESULT) >= 0;
    }

    /** Takes the results, one a command, in order. Must not add commands. */
    interface Results {

        /** A timer or a work item was started, or not. */
        void started(ControlBlock<?> block, long promise, boolean isFresh, int result);

        /** What a record's slot had in the kernel is freed, or not. */
        void freed(int place, int result);

        /** A slot's key was entered into the index, or not. */
        void indexed(int place, int result);
    }
}
