package io.asyncslot.dashboard;

import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Counts how late callbacks began and how long they ran, while somebody looks. Thread-safe.
 *
 * <p>Bucket 0 counts what is below a microsecond; bucket {@code n} what is below 2<sup>n</sup> microseconds and in no lower
 * bucket; the last one also all that is more.
 */
final class Firings implements SlotListener {

    /** How many buckets there are. The last one begins at 18 minutes. */
    static final int BUCKETS = 32;

    private final LongAdder[] lateness = adders();
    private final LongAdder[] durations = adders();

    /** Written by the feed, read by the threads of callbacks: volatile. */
    private volatile boolean watched;

    /** Begins to count, or ceases to. */
    void watch(boolean on) {
        watched = on;
    }

    @Override
    public void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure) {
        if (watched) {
            lateness[bucket(firing.lateness())].increment();
            durations[bucket(duration)].increment();
        }
    }

    /** How many callbacks were how late, since this was made. */
    long[] lateness() {
        return counts(lateness);
    }

    /** How many callbacks ran how long, since this was made. */
    long[] durations() {
        return counts(durations);
    }

    static int bucket(Duration duration) {
        long seconds = Math.min(Integer.MAX_VALUE, duration.toSeconds()); // more is in the last bucket anyhow
        long micros = Math.max(0, seconds * 1_000_000 + duration.toNanosPart() / 1_000);
        return Math.min(BUCKETS - 1, Long.SIZE - Long.numberOfLeadingZeros(micros));
    }

    private static LongAdder[] adders() {
        return Stream.generate(LongAdder::new).limit(BUCKETS).toArray(LongAdder[]::new);
    }

    private static long[] counts(LongAdder[] adders) {
        return Stream.of(adders).mapToLong(LongAdder::sum).toArray();
    }
}
