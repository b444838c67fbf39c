package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.SlotTimers;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Moves the deadlines of random pending keys by startAll. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BatchBenchmark {

    private static final int KEYS = 256;

    /** How many keys one call gets. */
    @State(Scope.Benchmark)
    public static class Size {

        /** So many. */
        @Param({"16", "256"})
        public int batch;
    }

    /** One operation: one key. */
    @Benchmark
    @OperationsPerInvocation(KEYS)
    public void startAll(PendingTimers pending, RandomKeys keys, Size size, Blackhole hole) {
        SlotTimers timers = (SlotTimers) pending.timers;
        Key[] all = new Key[KEYS];
        for (int i = 0; i < KEYS; i += RandomKeys.BATCH) {
            keys.draw(hole);
            System.arraycopy(keys.batch, 0, all, i, RandomKeys.BATCH);
        }
        List<Key> list = Arrays.asList(all);
        for (int i = 0; i < KEYS; i += size.batch) {
            timers.startAll(list.subList(i, i + size.batch), PendingTimers.MINUTE);
        }
    }
}
