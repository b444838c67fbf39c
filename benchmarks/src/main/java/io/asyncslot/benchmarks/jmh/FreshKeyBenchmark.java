package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** Starts a key that has no timer, and deletes it: a timeout that hardly ever happens. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FreshKeyBenchmark {

    /** One operation: start and, at once, delete. */
    @Benchmark
    public void startDelete(PendingTimers pending, FreshKeys keys) {
        KeyedTimers timers = pending.timers;
        Key key = keys.next();
        timers.start(key, PendingTimers.MINUTE);
        timers.delete(key);
    }
}
