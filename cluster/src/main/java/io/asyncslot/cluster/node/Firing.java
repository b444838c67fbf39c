package io.asyncslot.cluster.node;

import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Shown;
import io.asyncslot.cluster.store.Deadline;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One run of a callback on this node. Immutable but for what its run learns. */
final class Firing<K> implements SlotFiring {

    private final StoredSlots<K> slots;
    private final Run run;
    private final K key;
    private final @Nullable Object value;
    private final long firedAt;

    /**
     * Made when a run has begun.
     *
     * @param value what it is handed; null for nothing
     * @param firedAt when the callback begins, in microseconds of database time
     */
    Firing(StoredSlots<K> slots, Run run, K key, @Nullable Object value, long firedAt) {
        this.slots = slots;
        this.run = run;
        this.key = key;
        this.value = value;
        this.firedAt = Math.max(firedAt, run.begun().due());
    }

    /** When its callback began, in microseconds of database time. */
    long firedMicros() {
        return firedAt;
    }

    long latenessMicros() {
        return firedAt - run.begun().due();
    }

    @Override
    public String map() {
        return slots.name();
    }

    @Override
    public SlotType type() {
        return slots.type();
    }

    @Override
    public Object key() {
        return key;
    }

    @Override
    public @Nullable Object value() {
        return value;
    }

    @Override
    public long generation() {
        return run.begun().generation();
    }

    @Override
    public Instant deadline() {
        return Micros.toInstant(run.begun().due());
    }

    @Override
    public Instant firedAt() {
        return Micros.toInstant(firedAt);
    }

    @Override
    public Duration lateness() {
        return Micros.toDuration(latenessMicros());
    }

    @Override
    public int attempt() {
        return run.begun().attempt();
    }

    @Override
    public String backend() {
        return ClusterEngine.BACKEND;
    }

    @Override
    public boolean cancelled() {
        return run.isCancelled();
    }

    @Override
    public StartOutcome restart(Duration delay) {
        Limits.delay(delay);
        return slots.restart(run, Deadline.in(Micros.span(delay)));
    }

    @Override
    public RetryOutcome retry(Duration delay) {
        return again(delay, Run.Again.RETRIED);
    }

    @Override
    public RetryOutcome postpone(Duration delay) {
        return again(delay, Run.Again.POSTPONED);
    }

    @Override
    public boolean isPostponed() {
        return run.again() == Run.Again.POSTPONED;
    }

    private RetryOutcome again(Duration delay, Run.Again how) {
        Limits.delay(delay);
        RunScope scope = RunScope.current();
        if (scope == null || scope.run() != run) {
            throw new IllegalStateException("a firing can be delivered again from inside its own run only: " + this);
        }
        return slots.again(run, Deadline.in(Micros.span(delay)), how);
    }

    @Override
    public String toString() {
        return map() + "/" + Shown.inLine(key) + " generation " + generation() + ", " + lateness() + " late";
    }
}
