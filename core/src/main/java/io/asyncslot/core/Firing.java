package io.asyncslot.core;

import io.asyncslot.ArmingContext;
import io.asyncslot.RetryOutcome;
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

    /** Written and read by the running thread, and by later runs of the slot. */
    private boolean over;

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
    public RetryOutcome retry(Duration delay) {
        return redeliver(delay, false);
    }

    @Override
    public RetryOutcome postpone(Duration delay) {
        return redeliver(delay, true);
    }

    @Override
    public boolean isPostponed() {
        SlotDetails<K> details = over ? null : block.details();
        Redelivery again = details == null ? null : details.again;
        return again != null && again.postponed();
    }

    private RetryOutcome redeliver(Duration delay, boolean postponed) {
        Limits.delay(delay);
        checkRunning();
        return block.map().redeliver(block, this, delay, postponed);
    }

    private void checkRunning() {
        if (over || !RunningScope.isInside(RunningScope.current(), block)) {
            throw new IllegalStateException(
                    "a firing can be delivered again only from inside its own run, on the thread of its callback: "
                            + this);
        }
    }

    @Override
    public @Nullable Object attachment(Object owner) {
        SlotDetails<K> details = over ? null : block.details();
        return details == null ? null : Attachment.of(owner, details.attachments);
    }

    @Override
    public void attach(Object owner, @Nullable Object object) {
        checkRunning();
        SlotDetails<K> details = block.needDetails();
        details.attachments = Attachment.with(owner, object, details.attachments);
    }

    /** The run has ended: nothing can be asked of it any more. */
    void over() {
        over = true;
    }

    /** What becomes of this firing if it is delivered again. */
    Redelivery again(StateWord.Redelivering how, boolean postponed) {
        SlotDetails<K> details = block.needDetails();
        Redelivery former = details.redelivered;
        boolean apart = how == StateWord.Redelivering.PUT_PERIOD_OFF;
        long armed = former != null && former.putPeriodOff() ? former.armed() : generation + (apart ? 1 : 0);
        return new Redelivery(
                generation,
                armed,
                former == null ? deadline : former.point(),
                postponed ? attempt : attempt + 1,
                postponed);
    }

    @Override
    public String toString() {
        return map() + "/" + key() + " generation " + generation + ", " + lateness() + " late";
    }
}
