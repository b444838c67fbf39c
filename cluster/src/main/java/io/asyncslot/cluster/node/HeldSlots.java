package io.asyncslot.cluster.node;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What this node has claimed and not begun: held in a jvm engine of its own until it is due by the database's clock.
 * Thread-safe.
 *
 * <p>A hold is a reminder, not the truth: the database says at the begin whether the deadline still stands. A hold too
 * many, too early or of an old generation costs one question; of two claims of one slot the newer generation stays, and
 * of one generation the earlier deadline, in whatever order they come in.
 */
final class HeldSlots implements AutoCloseable {

    /**
     * One hold.
     *
     * @param generation what is to begin
     * @param due when, in microseconds of database time
     * @param point the point of the map's grid that it belongs to
     * @param period whether the map's own period armed it
     * @param cutOff whether it is a run that was cut off
     * @param overrun whether it fell due while the slot's previous run went on
     * @param queued whether it is in the hands of an executor
     * @param locked how often its begin found the row locked
     * @param schedule the key's own schedule; null for what the map says
     */
    record Hold(
            long generation,
            long due,
            long point,
            boolean period,
            boolean cutOff,
            boolean overrun,
            boolean queued,
            int locked,
            @Nullable String schedule) {

        /** One that is new. */
        Hold(
                long generation,
                long due,
                long point,
                boolean period,
                boolean cutOff,
                boolean overrun,
                @Nullable String schedule) {
            this(generation, due, point, period, cutOff, overrun, false, 0, schedule);
        }

        Hold queued(boolean value) {
            return new Hold(generation, due, point, period, cutOff, overrun, value, locked, schedule);
        }

        Hold locked(int times) {
            return new Hold(generation, due, point, period, cutOff, overrun, queued, times, schedule);
        }

        /** Moved by a touch: no longer a point of the map's grid, but the first of a new one. */
        Hold moved(long value) {
            return new Hold(
                    generation, value, point == due ? value : point, false, cutOff, overrun, queued, locked, schedule);
        }
    }

    private final DatabaseClock clock;
    private final Consumer<SlotId> sink;

    /** Changed by whoever claims and by the runs; each slot's entry and timer change together, in one compute. */
    private final ConcurrentHashMap<SlotId, Hold> held = new ConcurrentHashMap<>();

    private final AsyncSlotRegistry engine;
    private final TimerSlots<SlotId> timers;

    /**
     * Makes an empty one.
     *
     * @param backend what measures it
     * @param ticker whose monotonic clock measures the time to a deadline
     * @param clock the database's clock
     * @param sink gets each hold that is due, marked as queued, on the engine's thread
     */
    HeldSlots(SlotBackend backend, Ticker ticker, DatabaseClock clock, Consumer<SlotId> sink) {
        this.clock = clock;
        this.sink = sink;
        this.engine = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(backend)
                .ticker(ticker)
                .build();
        this.timers = engine.register(TimerMapSpec.named("held", SlotId.class)
                .callback((id, firing) -> due(id))
                .build());
    }

    void start() {
        engine.start();
    }

    /** Holds what was armed and claimed. */
    void take(SlotId id, Armed<?> armed) {
        take(id, new Hold(armed.generation(), armed.due(), armed.point(), false, false, false, armed.schedule()));
    }

    /** Holds what a sweep or the end of a run claimed. */
    void take(Due due, boolean overrun) {
        take(
                due.id(),
                new Hold(
                        due.generation(), due.due(), due.point(), due.period(), due.cutOff(), overrun, due.schedule()));
    }

    private void take(SlotId id, Hold hold) {
        held.compute(id, (same, present) -> {
            Hold next = present == null ? hold : merged(present, hold);
            if (!next.queued()) {
                arm(id, next.due());
            }
            return next;
        });
    }

    private static Hold merged(Hold present, Hold more) {
        if (more.cutOff() || more.generation() > present.generation()) {
            return more.queued(present.queued()).locked(present.locked());
        }
        boolean moved = more.generation() == present.generation() && !more.period();
        return moved ? present.moved(Math.min(present.due(), more.due())) : present;
    }

    private void arm(SlotId id, long due) {
        timers.start(id, Micros.toDuration(Math.max(0, due - clock.micros())));
    }

    /** A timer may fire that a newer claim has moved meanwhile, and then once more: only one of them queues the slot. */
    private void due(SlotId id) {
        boolean[] queued = new boolean[1];
        held.compute(id, (same, hold) -> {
            if (hold == null) {
                timers.delete(id);
                return null;
            }
            queued[0] = !hold.queued();
            return hold.queued(true);
        });
        if (queued[0]) {
            sink.accept(id);
        }
    }

    /** What is held of a slot. */
    @Nullable
    Hold get(SlotId id) {
        return held.get(id);
    }

    /** What was queued has been dealt with: lets go of it, unless a newer claim has come meanwhile. */
    void done(SlotId id, Hold dealt) {
        held.computeIfPresent(id, (same, hold) -> {
            if (hold.generation() <= dealt.generation()) {
                timers.delete(id);
                return null;
            }
            arm(id, hold.due());
            return hold.queued(false);
        });
    }

    /** What was queued was too early, or has moved: holds it on, until the deadline that the database told. */
    void until(SlotId id, Hold dealt, long due) {
        held.computeIfPresent(id, (same, hold) -> {
            boolean moved = hold.generation() == dealt.generation() && hold.due() != due;
            Hold next = moved ? hold.moved(due) : hold;
            arm(id, next.due());
            return next.queued(false);
        });
    }

    /** The row of what was queued was locked: offers it again after a while, and knows how often that was so. */
    void locked(SlotId id, Duration pause) {
        held.computeIfPresent(id, (same, hold) -> {
            timers.start(id, pause);
            return hold.queued(false).locked(hold.locked() + 1);
        });
    }

    /** What was queued could not be dealt with now: offers it again after a while. */
    void again(SlotId id, Duration pause) {
        held.computeIfPresent(id, (same, hold) -> {
            timers.start(id, pause);
            return hold.queued(false);
        });
    }

    /** Lets go of all that no executor has; who has some of it finds out. */
    void clear() {
        for (SlotId id : held.keySet()) {
            held.computeIfPresent(id, (same, hold) -> {
                if (hold.queued()) {
                    return hold;
                }
                timers.delete(id);
                return null;
            });
        }
    }

    int size() {
        return held.size();
    }

    @Override
    public void close() {
        engine.close();
    }
}
