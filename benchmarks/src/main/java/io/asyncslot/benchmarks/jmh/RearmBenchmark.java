package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.infra.Blackhole;

/** Moves the deadline of a random pending key. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RearmBenchmark {

    /** One operation: one key. */
    @Benchmark
    @OperationsPerInvocation(RandomKeys.BATCH)
    public void rearm(PendingTimers pending, RandomKeys keys, Blackhole hole) {
        int bits = keys.draw(hole);
        for (Key key : keys.batch) {
            pending.timers.start(key, pending.delay(bits++));
        }
    }
}
