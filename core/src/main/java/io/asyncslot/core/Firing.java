package io.asyncslot.core;

import io.asyncslot.ArmingContext;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.ArmingContexts;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One run of a callback on this machine. Made before the run begins, so that nothing has to be made once it has; told by
 * the running thread how it began and ended, and immutable while the callback runs.
 */
class Firing<K> implements SlotFiring {

    private final ControlBlock<K> block;
    private final long nanos;
    private final long firedAtNanos;
    private long deadline;
    private long generation;
    private int attempt;
    private boolean whileAway;

    /** Written and read by the running thread, and by later runs of the slot. */
    private boolean over;

    /** Whether a callback has ended, so that the listener is told. For the running thread only, as what it is told. */
    private boolean told;

    private long tookNanos;
    private @Nullable Throwable failure;

    Firing(ControlBlock<K> block, long nanos, Ticker ticker) {
        this.block = block;
        this.nanos = nanos;
        this.firedAtNanos = block.clock() == SlotClock.REALTIME ? nanos : ticker.realtimeNanos();
    }

    /** The run has begun. */
    void begun(FiredRun fired) {
        deadline = fired.deadline;
        generation = fired.generation;
        attempt = fired.attempt;
        whileAway = fired.whileAway;
    }

    /** The callback has ended. */
    final void ended(long nanosOfCallback, @Nullable Throwable thrown) {
        tookNanos = nanosOfCallback;
        failure = thrown;
        told = true;
    }

    final boolean isTold() {
        return told;
    }

    final long tookNanos() {
        return tookNanos;
    }

    @Nullable
    final Throwable failure() {
        return failure;
    }

    /** When it was taken up, in nanoseconds of the map's clock. */
    final long nanos() {
        return nanos;
    }

    /** What a slot remembers of it. */
    final LastRun remembered() {
        return new LastRun(firedAtNanos, generation, attempt, latenessNanos());
    }

    final long latenessNanos() {
        return nanos - Micros.toNanos(deadline);
    }

    @Override
    public final String map() {
        return block.map().name();
    }

    @Override
    public final Object key() {
        return block.key();
    }

    @Override
    public final long generation() {
        return generation;
    }

    @Override
    public final Instant deadline() {
        return block.clock() == SlotClock.REALTIME
                ? Micros.toInstant(deadline)
                : firedAt().minusNanos(latenessNanos());
    }

    @Override
    public final Instant firedAt() {
        return Instant.ofEpochSecond(0, firedAtNanos);
    }

    @Override
    public final Duration lateness() {
        return Duration.ofNanos(latenessNanos());
    }

    @Override
    public final int attempt() {
        return attempt;
    }

    @Override
    public final boolean whileAway() {
        return whileAway;
    }

    @Override
    public final SlotType type() {
        return block.type();
    }

    @Override
    public final <T> @Nullable T armedIn(ArmingContext<T> source) {
        ArmingContexts contexts = block.map().armingContexts();
        return contexts == null
                ? null
                : contexts.of(source, block.needDetails().armedIn().current());
    }

    @Override
    public final String backend() {
        return block.map().backend();
    }

    @Override
    public final boolean cancelled() {
        return StateWord.isFreed(block.word());
    }

    @Override
    public final StartOutcome restart(Duration delay) {
        return block.map().restart(block, delay);
    }

    @Override
    public final RetryOutcome retry(Duration delay) {
        return redeliver(delay, false);
    }

    @Override
    public final RetryOutcome postpone(Duration delay) {
        return redeliver(delay, true);
    }

    @Override
    public final boolean isPostponed() {
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
        if (over || !RunLoop.isInside(block)) {
            throw new IllegalStateException(
                    "a firing can be delivered again only from inside its own run, on the thread of its callback: "
                            + this);
        }
    }

    @Override
    public final @Nullable Object attachment(Object owner) {
        SlotDetails<K> details = over ? null : block.details();
        return details == null ? null : Attachment.of(owner, details.attachments);
    }

    @Override
    public final void attach(Object owner, @Nullable Object object) {
        checkRunning();
        SlotDetails<K> details = block.needDetails();
        details.attachments = Attachment.with(owner, object, details.attachments);
    }

    /** What the firing was handed and has not passed on yet; null for nothing. For the running thread. */
    @Nullable
    Object carried() {
        return null;
    }

    /** What the firing was handed is pending again. For the running thread. */
    void passedOn() {}

    /** The run has ended: nothing can be asked of it any more. */
    final void over() {
        over = true;
    }

    /**
     * What becomes of this firing if it is delivered again.
     *
     * @param ahead whether it takes the place of the slot's next period, which has a generation already
     */
    final Redelivery again(boolean ahead, boolean postponed) {
        SlotDetails<K> details = block.needDetails();
        Redelivery former = details.redelivered;
        long armed = former != null && former.putPeriodOff() ? former.armed() : generation + (ahead ? 1 : 0);
        return new Redelivery(
                generation,
                armed,
                former == null ? deadline : former.point(),
                postponed ? attempt : attempt + 1,
                postponed);
    }

    @Override
    public final String toString() {
        return map() + "/" + key() + " generation " + generation + ", " + lateness() + " late";
    }
}
