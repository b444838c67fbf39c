package io.asyncslot.benchmarks.jmh;

import io.asyncslot.StartSummary;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/** What a caller pays for an operation on slots of each backend. One thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BackendBenchmark {

    /** Takes turns through the armed keys. */
    @State(Scope.Thread)
    public static class Turn {

        private int next;

        Long key(BackendSlots backend) {
            next = next + 1 == backend.n ? 0 : next + 1;
            return backend.armed.get(next);
        }
    }

    /**
     * Takes away what an invocation has started, and gives the kernel time to take the memory back, outside the
     * measurement: it does so after a grace period only, and nobody starts new slots without ever pausing.
     */
    @State(Scope.Thread)
    public static class Removed {

        private static final long GRACE_MILLIS = 10;

        /** Wakes the caches up again, which the pause has left cold: a burst of starts finds them warm. */
        @Setup(Level.Invocation)
        public void warm(BackendSlots backend) {
            for (int i = 0; i < 8; i++) {
                backend.slots.startAll(backend.armed, backend.earlier());
            }
        }

        /** Deletes the fresh keys. */
        @TearDown(Level.Invocation)
        public void delete(BackendSlots backend) throws InterruptedException {
            for (Long key : backend.fresh) {
                backend.slots.delete(key);
            }
            Thread.sleep(GRACE_MILLIS);
        }
    }

    /** One operation: one pending deadline moves to later. */
    @Benchmark
    public Object rearmLater(BackendSlots backend, Turn turn) {
        return backend.slots.start(turn.key(backend), BackendSlots.LATER);
    }

    /** One operation: one pending deadline moves to earlier. */
    @Benchmark
    public Object rearmEarlier(BackendSlots backend, Turn turn) {
        return backend.slots.start(turn.key(backend), backend.earlier());
    }

    /** One operation: one pending deadline of 256 that move to earlier together. */
    @Benchmark
    @OperationsPerInvocation(BackendSlots.BATCH)
    public StartSummary rearmEarlierTogether(BackendSlots backend) {
        return backend.slots.startAll(backend.armed, backend.earlier());
    }

    /** One operation: a new slot is armed, alone. */
    @Benchmark
    @OperationsPerInvocation(BackendSlots.ALONE)
    public void startAlone(BackendSlots backend, Removed removed, Blackhole hole) {
        for (int i = 0; i < BackendSlots.ALONE; i++) {
            hole.consume(backend.slots.start(backend.fresh.get(i), BackendSlots.HOUR));
        }
    }

    /** One operation: one of 256 new slots that are armed together. */
    @Benchmark
    @OperationsPerInvocation(BackendSlots.BATCH)
    public StartSummary startTogether(BackendSlots backend, Removed removed) {
        return backend.slots.startAll(backend.fresh, BackendSlots.HOUR);
    }
}
