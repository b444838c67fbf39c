package io.asyncslot.core;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A timer map on this machine. Thread-safe.
 *
 * @param <K> the key type
 */
public final class LocalTimerSlots<K> extends LocalSlots<K> implements TimerSlots<K> {

    /** The delay of a start that names none; null when there is none, or a schedule says. */
    private final @Nullable Duration delay;

    private final @Nullable SlotSchedule schedule;

    /**
     * Opens the map.
     *
     * @param spec what it is to be
     * @param context what the maps of its backend share
     */
    public LocalTimerSlots(TimerMapSpec<K> spec, LocalContext context) {
        super(spec, SlotType.TIMER, spec.clock(), Periods.of(spec), context);
        this.delay = spec.delay() != null ? spec.delay() : spec.every();
        this.schedule = spec.schedule();
    }

    @Override
    public StartOutcome start(K key) {
        long nanos = ticker().nanos(clock());
        return start(key, ownDeadline(nanos), noted(nanos));
    }

    @Override
    public StartOutcome start(K key, Duration delay) {
        Limits.delay(delay);
        long nanos = ticker().nanos(clock());
        return start(key, Micros.after(nanos, delay), noted(nanos));
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline) {
        if (deadline == null) {
            throw new IllegalArgumentException("'deadline' must not be null");
        }
        long nanos = ticker().nanos(clock());
        if (clock() == SlotClock.REALTIME) {
            return start(key, Micros.of(deadline), noted(nanos));
        }
        Duration left = Duration.between(Instant.ofEpochSecond(0, ticker().realtimeNanos()), deadline);
        return start(key, Micros.after(nanos, left.isNegative() ? Duration.ZERO : left), noted(nanos));
    }

    /*
     * A batch looks up some slots and reads their words before it arms the first of them: an atomic step lets no later
     * read begin before it, so that one by one each key would pay for its own cache misses, and here they overlap.
     */
    @Override
    public StartSummary startAll(Collection<? extends K> keys, Duration delay) {
        Limits.delay(delay);
        for (Object key : keys) {
            checkKey(key);
        }
        long nanos = ticker().nanos(clock());
        long deadline = Micros.after(nanos, delay);
        Batch<K> batch = new Batch<>(this, deadline, noted(nanos));
        keeper().batchBegins();
        try {
            for (K key : keys) {
                batch.add(key);
            }
            return batch.end();
        } finally {
            keeper().batchEnds();
        }
    }

    @Override
    public TouchOutcome touch(K key) {
        long nanos = ticker().nanos(clock());
        return touch(key, ownDeadline(nanos), noted(nanos));
    }

    @Override
    public TouchOutcome touch(K key, Duration delay) {
        Limits.delay(delay);
        long nanos = ticker().nanos(clock());
        return touch(key, Micros.after(nanos, delay), noted(nanos));
    }

    private StartOutcome start(K key, long deadline, long now) {
        return start(key, lookUp(key), deadline, now);
    }

    /**
     * Starts; {@code now}, rounded up as the deadline is, is for the history only.
     *
     * @param found what a look for the key has found just now
     */
    StartOutcome start(K key, @Nullable ControlBlock<K> found, long deadline, long now) {
        ControlBlock<K> block = found;
        while (!isClosed()) {
            if (block != null) {
                StartOutcome outcome = arm(block, deadline, now);
                if (outcome != StartOutcome.FREED) {
                    return outcome;
                }
            }
            switch (create(key, deadline, Kind.STARTED, now, deadline - now)) {
                case CREATED:
                    return StartOutcome.STARTED;
                case REJECTED:
                    return StartOutcome.REJECTED;
                case CLOSED:
                    return StartOutcome.CLOSED;
                case EXISTS:
                    block = lookUp(key); // somebody else has made it: arm that one
            }
        }
        return StartOutcome.CLOSED;
    }

    private TouchOutcome touch(K key, long deadline, long now) {
        ControlBlock<K> block = lookUp(key);
        if (block == null) {
            return isClosed() ? TouchOutcome.CLOSED : TouchOutcome.ABSENT;
        }
        if (!enter(block)) {
            return isClosed() ? TouchOutcome.CLOSED : TouchOutcome.ABSENT;
        }
        StateWord.Move move = block.move(deadline);
        leave(block, move == StateWord.Move.MOVED);
        switch (move) {
            case MOVED:
                counters().moved.increment();
                record(block, Kind.MOVED, now, deadline - now);
                pending(block, deadline);
                return TouchOutcome.MOVED;
            case NOT_ARMED:
                return TouchOutcome.NOT_ARMED;
            default:
                return isClosed() ? TouchOutcome.CLOSED : TouchOutcome.ABSENT;
        }
    }

    private long ownDeadline(long nanos) {
        if (schedule != null && delay == null) {
            long next = Periods.next(schedule, Micros.floor(nanos));
            if (next == Periods.NONE) {
                throw new IllegalStateException("the schedule of map '" + name() + "' has no further point");
            }
            return next;
        }
        if (delay == null) {
            throw new IllegalStateException(
                    "map '" + name() + "' has no delay of its own: set one, or start its keys with a delay");
        }
        return Micros.after(nanos, delay);
    }

    @Override
    void pending(ControlBlock<K> block, long deadline) {
        if (deadline < block.lookAt()) {
            keeper().armed(block, deadline);
        }
    }

    @Override
    void published(ControlBlock<K> block, long deadline) {
        keeper().born(block);
    }
}
