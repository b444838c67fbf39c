package io.asyncslot.kernel;

import io.asyncslot.core.StateWord;
import io.asyncslot.test.ManualTicker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Shared memory with a kernel that executes every command, and that says of each slot that is due: look at it. Whatever else
 * it is to say, or to find in the memory, is the input's to choose. Outlives its processes. Driven by one thread.
 */
final class FuzzKernel {

    static final int CAPACITY = 8;
    static final int KEY_BYTES = 16;

    /** What a process may find changed: all that the kernel and other processes write. */
    final MemorySegment[] shared;

    final MemorySegment header = memory(Layout.HEADER_BYTES);
    final MemorySegment control = memory(Layout.controlAt(CAPACITY));
    final MemorySegment keys = memory(Layout.keyAt(CAPACITY, KEY_BYTES));
    final MemorySegment directory = memory(Layout.directoryAt(Layout.DIRECTORY_RECORDS));

    /** What the kernel is to say next, beside what is due. */
    final Deque<long[]> events = new ArrayDeque<>();

    private final MemorySegment commands = memory(Layout.commandAt(Layout.COMMAND_RECORDS));
    private final MemorySegment since = memory(Layout.sinceAt(CAPACITY));
    private final MemorySegment touches = memory(Layout.touchAt(CAPACITY));
    private final ManualTicker ticker;

    FuzzKernel(ManualTicker ticker) {
        this.ticker = ticker;
        Layout.initHeader(header, CAPACITY, KEY_BYTES, true, 0, "fuzz");
        shared = new MemorySegment[] {control, keys, directory.asSlice(0, 4L * Layout.DIRECTORY_BYTES), since, touches};
    }

    private static MemorySegment memory(long bytes) {
        return MemorySegment.ofArray(new long[(int) ((bytes + 7) / 8)]);
    }

    /** Gives a record the checksum that fits. */
    void seal(int place) {
        byte kind = (byte) Layout.BYTE.get(control, Layout.controlAt(place) + Layout.CONTROL_KIND);
        long at = Layout.keyAt(place, KEY_BYTES);
        Layout.BYTE.set(keys, at + Layout.KEY_KIND, kind);
        Layout.INT.set(keys, at + Layout.KEY_SEAL, RecordFields.seal(control, keys, KEY_BYTES, place, kind));
    }

    /** Changes a byte of the header, but of what a process checks before it takes the memory into use. */
    void spoilHeader(int at, byte value) {
        int from = (int) Layout.HEADER_MAP_COUNT;
        int to = (int) Layout.HEADER_PROGRAM;
        header.set(ValueLayout.JAVA_BYTE, from + Math.floorMod(at, to - from), value);
    }

    private long word(int place) {
        return (long) Layout.LONG.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_WORD);
    }

    KernelPort attach() {
        return new Port();
    }

    private final class Port implements KernelPort {

        @Override
        public int capacity() {
            return CAPACITY;
        }

        @Override
        public int keyBytes() {
            return KEY_BYTES;
        }

        @Override
        public int maxCommands() {
            return Layout.COMMAND_RECORDS;
        }

        @Override
        public MemorySegment header() {
            return header;
        }

        @Override
        public MemorySegment control() {
            return control;
        }

        @Override
        public MemorySegment keys() {
            return keys;
        }

        @Override
        public MemorySegment directory() {
            return directory;
        }

        @Override
        public boolean touchable() {
            return true;
        }

        @Override
        public MemorySegment since() {
            return since;
        }

        @Override
        public MemorySegment touches() {
            return touches;
        }

        @Override
        public MemorySegment commands() {
            return commands;
        }

        @Override
        public void run(int count) {
            for (int i = 0; i < count; i++) {
                Layout.INT.set(commands, Layout.commandAt(i) + Layout.COMMAND_RESULT, 0);
            }
        }

        @Override
        public int poll(EventSink sink, long timeoutNanos) {
            int taken = 0;
            for (long[] event = events.poll(); event != null; event = events.poll()) {
                sink.fired((int) event[0], event[1], event[2]);
                taken++;
            }
            long now = ticker.monotonicNanos();
            for (int place = 0; place < CAPACITY; place++) {
                long word = word(place);
                if (StateWord.isArmed(word) && !StateWord.isFreed(word) && StateWord.deadline(word) * 1_000 <= now) {
                    sink.fired(place, word, now);
                    taken++;
                }
            }
            return taken;
        }

        @Override
        public void wake() {}

        @Override
        public Inspection inspect(int index) {
            throw new KernelException("inspect", Errno.ENOENT.number());
        }

        @Override
        public KernelFeatures features() {
            return new KernelFeatures("fuzz", "fuzz", true, true, true);
        }

        @Override
        public void close() {}
    }
}
