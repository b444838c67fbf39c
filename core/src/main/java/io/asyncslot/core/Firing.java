package io.asyncslot.core;

import io.asyncslot.ArmingContext;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.spi.ArmingContexts;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One run of a callback on this machine. Immutable but for what it looks up in the control block. */
final class Firing<K> implements SlotFiring {

    private final ControlBlock<K> block;
    private final long deadline;
    private final long generation;
    private final long latenessNanos;
    private final long firedAtNanos;
    private final int attempt;
    private final boolean whileAway;

    Firing(ControlBlock<K> block, FiredRun fired, long nanos, Ticker ticker) {
        this.block = block;
        this.deadline = fired.deadline;
        this.generation = fired.generation;
        this.attempt = fired.attempt;
        this.whileAway = fired.whileAway;
        this.latenessNanos = nanos - Micros.toNanos(fired.deadline);
        this.firedAtNanos = block.clock() == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
    }

    long latenessNanos() {
        return latenessNanos;
    }

    @Override
    public String map() {
        return block.map().name();
    }

    @Override
    public Object key() {
        return block.key();
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public Instant deadline() {
        return block.clock() == SlotClock.REALTIME
                ? Micros.toInstant(deadline)
                : firedAt().minusNanos(latenessNanos);
    }

    @Override
    public Instant firedAt() {
        return Instant.ofEpochSecond(0, firedAtNanos);
    }

    @Override
    public Duration lateness() {
        return Duration.ofNanos(latenessNanos);
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public boolean whileAway() {
        return whileAway;
    }

    @Override
    public SlotType type() {
        return block.type();
    }

    @Override
    public <T> @Nullable T armedIn(ArmingContext<T> source) {
        ArmingContexts contexts = block.map().armingContexts();
        return contexts == null
                ? null
                : contexts.of(source, block.needDetails().armedIn().current());
    }

    @Override
    public String backend() {
        return block.map().backend();
    }

    @Override
    public boolean cancelled() {
        return StateWord.isFreed(block.word());
    }

    @Override
    public StartOutcome restart(Duration delay) {
        return block.map().restart(block, delay);
    }

    @Override
    public String toString() {
        return map() + "/" + key() + " generation " + generation + ", " + lateness() + " late";
    }
}
