package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;

/**
 * One run of the program that reads the kernel's control blocks: its argument and what came back.
 *
 * @param inspection what it saw
 * @param countsReferences whether this kernel's control blocks have a reference count
 */
record InspectCall(Inspection inspection, boolean countsReferences) {

    // struct inspect_args
    static final int BYTES = 64;
    static final long INDEX = 0;
    static final long RESULT = 4;
    static final long TIMER = 8;
    static final long WORK = 32;
    static final long KERNEL = 56;

    // struct seen_block
    static final long FLAGS = 0;
    static final long PROGRAM = 4;
    static final long REFERENCES = 8;
    static final long CLOCK = 12;
    static final long EXPIRES = 16;

    private static final int SEEN = 1;
    private static final int CALLBACK_SET = 2;
    private static final int COUNTED = 4;
    private static final int QUEUED = 8;
    private static final int CLOCK_KNOWN = 16;

    static InspectCall make(Libbpf libbpf, KernelObjects objects, int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment arguments = arena.allocate(BYTES, 8);
            arguments.set(ValueLayout.JAVA_INT, INDEX, index);
            libbpf.testRun(
                    "inspect", objects.descriptor(KernelObjects.INSPECT), Libbpf.testRunOptions(arguments, arena));
            int result = arguments.get(ValueLayout.JAVA_INT, RESULT);
            if (result < 0) {
                throw new KernelException("inspect slot " + index, -result);
            }
            return new InspectCall(
                    inspection(index, arguments), (arguments.get(ValueLayout.JAVA_INT, KERNEL) & COUNTED) != 0);
        }
    }

    private static Inspection inspection(int index, MemorySegment arguments) {
        int timer = flags(arguments, TIMER);
        int work = flags(arguments, WORK);
        return new Inspection(
                index,
                (timer & SEEN) != 0,
                (timer & QUEUED) != 0,
                arguments.get(ValueLayout.JAVA_LONG, TIMER + EXPIRES),
                (timer & CLOCK_KNOWN) != 0 ? arguments.get(ValueLayout.JAVA_INT, TIMER + CLOCK) : -1,
                (timer & CALLBACK_SET) != 0,
                arguments.get(ValueLayout.JAVA_INT, TIMER + PROGRAM),
                references(arguments, TIMER),
                (work & SEEN) != 0,
                (work & CALLBACK_SET) != 0,
                arguments.get(ValueLayout.JAVA_INT, WORK + PROGRAM),
                references(arguments, WORK));
    }

    private static int flags(MemorySegment arguments, long block) {
        return arguments.get(ValueLayout.JAVA_INT, block + FLAGS);
    }

    private static OptionalInt references(MemorySegment arguments, long block) {
        return (flags(arguments, block) & COUNTED) == 0
                ? OptionalInt.empty()
                : OptionalInt.of(arguments.get(ValueLayout.JAVA_INT, block + REFERENCES));
    }
}
