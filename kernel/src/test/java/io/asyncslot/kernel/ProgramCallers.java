package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Two callers of one program: the port, and whoever opens the same pins without asking for their lock. Both execute the
 * same commands, so that what one reads as a command's result may be the other's.
 */
final class ProgramCallers implements AutoCloseable {

    private static final int ARGUMENT_BYTES = 8;
    private static final long NO_WAIT = 1_000_000;

    private final LibbpfPort port;
    private final KernelObjects objects;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment arguments = arena.allocate(ARGUMENT_BYTES, 8);
    private final MemorySegment options = Libbpf.testRunOptions(arguments, arena);

    ProgramCallers(LibbpfPort port, Path pins) {
        this.port = port;
        this.objects = KernelObjects.open(Libbpf.get(), pins);
    }

    /** What a command came to. */
    record Answer(short operation, int result, int initResult) {}

    /**
     * Runs the commands from two threads until the time is over, and takes the events away in a third.
     *
     * @param between what the first caller does before each call
     * @return which answers were seen how often
     */
    Map<Answer, Integer> race(int commands, long nanos, Runnable between) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        Map<Answer, Integer> first = new HashMap<>();
        Map<Answer, Integer> second = new HashMap<>();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Thread[] threads = {
            thread(end, failure, () -> {
                between.run();
                port.run(commands);
                read(commands, first);
            }),
            thread(end, failure, () -> {
                runApart(commands);
                read(commands, second);
            }),
            thread(end, failure, () -> port.poll((index, word, at) -> {}, NO_WAIT))
        };
        for (Thread thread : threads) {
            thread.join();
        }
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError("a caller failed", thrown);
        }
        second.forEach((answer, count) -> first.merge(answer, count, Integer::sum));
        return first;
    }

    private static Thread thread(long end, AtomicReference<@Nullable Throwable> failure, Runnable turn) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (System.nanoTime() - end < 0) {
                    turn.run();
                }
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        });
    }

    private void runApart(int commands) {
        arguments.set(ValueLayout.JAVA_INT, 0, commands);
        Libbpf.get().testRun("run", objects.descriptor(KernelObjects.RUN), options);
    }

    private void read(int commands, Map<Answer, Integer> answers) {
        MemorySegment records = port.commands();
        for (int i = 0; i < commands; i++) {
            long at = Layout.commandAt(i);
            Answer answer = new Answer(
                    (short) Layout.SHORT.get(records, at + Layout.COMMAND_OP),
                    (int) Layout.INT.getVolatile(records, at + Layout.COMMAND_RESULT),
                    (int) Layout.INT.getVolatile(records, at + Layout.COMMAND_INIT_RESULT));
            answers.merge(answer, 1, Integer::sum);
        }
    }

    @Override
    public void close() {
        objects.close();
        arena.close();
    }
}
