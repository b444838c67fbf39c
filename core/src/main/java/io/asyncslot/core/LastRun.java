package io.asyncslot.core;

import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.SlotSnapshot.LatenessSplit;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the latest run of a slot went, or how it goes: numbers, of which a {@link LastFiring} is made when somebody looks. Written
 * by the running thread, read by any.
 */
final class LastRun {

    private static final long UNKNOWN = -1;

    private final long firedAtNanos;
    private final long generation;
    private final int attempt;
    private final long latenessNanos;

    /** Parts of the lateness; set before publication. */
    private long wakeUpNanos = UNKNOWN;

    private long gateNanos;

    /** Set before {@link #tookNanos}; plain. */
    private @Nullable String failure;

    /** How long it took; less than 0 while it goes on. By the running thread; volatile. */
    private volatile long tookNanos = UNKNOWN;

    LastRun(long firedAtNanos, long generation, int attempt, long latenessNanos) {
        this.firedAtNanos = firedAtNanos;
        this.generation = generation;
        this.attempt = attempt;
        this.latenessNanos = latenessNanos;
    }

    /** Notes where the lateness went, what is left of it being spent with the executor. Before publication. */
    void split(long wakeUp, long gate) {
        wakeUpNanos = wakeUp;
        gateNanos = gate;
    }

    /** The run has ended. */
    void ended(long took, @Nullable String failed) {
        failure = failed;
        tookNanos = Math.max(0, took);
    }

    boolean isOver() {
        return tookNanos >= 0;
    }

    Instant firedAt() {
        return Instant.ofEpochSecond(0, firedAtNanos);
    }

    LastFiring show() {
        long took = tookNanos; // first: with it the failure is there
        return new LastFiring(
                firedAt(),
                generation,
                attempt,
                Duration.ofNanos(latenessNanos),
                wakeUpNanos < 0
                        ? null
                        : new LatenessSplit(
                                Duration.ofNanos(wakeUpNanos),
                                Duration.ofNanos(Math.max(0, latenessNanos) - wakeUpNanos - gateNanos),
                                Duration.ofNanos(gateNanos)),
                took < 0 ? null : Duration.ofNanos(took),
                took < 0 ? null : failure);
    }

    static @Nullable LastFiring shown(@Nullable LastRun run) {
        return run == null ? null : run.show();
    }
}
