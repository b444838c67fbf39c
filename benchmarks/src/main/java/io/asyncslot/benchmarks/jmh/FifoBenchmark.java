package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Starts a key that has no timer and deletes the one started 256 operations before: requests under way. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FifoBenchmark {

    /** Puts the first ones under way. */
    @State(Scope.Thread)
    public static class UnderWay {

        /** Starts them. */
        @Setup(Level.Trial)
        public void begin(PendingTimers pending, FreshKeys keys) {
            keys.begin(pending.timers);
        }
    }

    /** One operation: one start and one delete. */
    @Benchmark
    public void startDeleteOldest(PendingTimers pending, FreshKeys keys, UnderWay underWay) {
        KeyedTimers timers = pending.timers;
        Key oldest = keys.oldest();
        timers.start(keys.next(), PendingTimers.MINUTE);
        timers.delete(oldest);
    }
}
