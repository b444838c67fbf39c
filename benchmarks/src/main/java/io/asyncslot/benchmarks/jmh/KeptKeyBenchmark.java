package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;

/** Starts and cancels keys whose slots stay: what peers have no counterpart to. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class KeptKeyBenchmark {

    /** One operation: start and, at once, cancel; the keys take turns. */
    @Benchmark
    public void startCancel(PendingTimers pending, FreshKeys keys) {
        KeyedTimers timers = pending.timers;
        Key key = keys.next();
        timers.start(key, PendingTimers.MINUTE);
        timers.cancel(key);
    }
}
