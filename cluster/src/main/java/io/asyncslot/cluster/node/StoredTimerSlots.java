package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.FixedRateSchedule;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A timer map whose slots are rows of the database. Thread-safe. Its clock is the database's: delays count from the
 * moment the database takes them, and points in time are points of its wall clock.
 *
 * @param <K> the key type
 */
class StoredTimerSlots<K> extends StoredSlots<K> implements TimerSlots<K> {

    /** Keys armed by one statement. */
    private static final int BATCH = 1_000;

    private final @Nullable Duration delay;
    private final @Nullable SlotSchedule schedule;
    private final boolean onTheWallClock;
    private final boolean keySchedules;

    StoredTimerSlots(TimerMapSpec<K> spec, ClusterEngine engine) {
        super(spec, SlotType.TIMER, Periods.of(spec), engine);
        this.delay = spec.delay() != null ? spec.delay() : spec.every();
        this.schedule = spec.schedule();
        this.keySchedules = spec.keySchedules();
        this.onTheWallClock = spec.clock() == SlotClock.REALTIME;
    }

    @Override
    public final boolean isTimed() {
        return delay != null || schedule != null;
    }

    @Override
    public final StartOutcome start(K key) {
        return start(id(key), own(), null);
    }

    @Override
    public final StartOutcome start(K key, SlotSchedule schedule) {
        if (!keySchedules) {
            return TimerSlots.super.start(key, schedule);
        }
        if (schedule == null) {
            throw new IllegalArgumentException("'schedule' must not be null");
        }
        SlotId id = id(key);
        return start(id, first(schedule).of(schedules().text(schedule)), null);
    }

    @Override
    public final StartOutcome start(K key, Duration delay) {
        Limits.delay(delay);
        return start(id(key), in(delay), null);
    }

    @Override
    public final StartOutcome startAt(K key, Instant deadline) {
        return start(id(key), at(deadline), null);
    }

    /** Starts a slot; {@code value} null for none. */
    final StartOutcome start(SlotId id, Deadline when, @Nullable Object value) {
        if (isClosed()) {
            return StartOutcome.CLOSED;
        }
        Claim claim = engine().claim(this, 1);
        Armed<StartOutcome> armed;
        try {
            armed = offered(
                    id,
                    value,
                    StartOutcome.REJECTED,
                    offer ->
                            engine().database().joined(session -> session.start(claim, id, when, offer, maxEntries())));
        } catch (BackendUnavailableException e) {
            return away(new KeptStarts.Start(this, id, when), value == null, e);
        }
        return committed(id, claim, armed, when);
    }

    private StartOutcome committed(SlotId id, Claim claim, Armed<StartOutcome> armed, Deadline when) {
        if (armed.outcome() == StartOutcome.REJECTED) {
            counters().rejected.increment();
            return StartOutcome.REJECTED;
        }
        boolean stays = armed(id, claim, armed, () -> started(id, armed, span(when)));
        return stays ? armed.outcome() : StartOutcome.CLOSED;
    }

    /** A start with a value is not kept: the one that it would take the place of may have another. */
    private StartOutcome away(KeptStarts.Start start, boolean canBeKept, BackendUnavailableException failure) {
        if (belongsToATransaction()) {
            throw failure;
        }
        if (DatabaseAwayException.isInDoubt(failure)) {
            return StartOutcome.IN_DOUBT;
        }
        if (canBeKept && engine().kept().keep(start)) {
            counters().kept.increment();
            return StartOutcome.STARTED;
        }
        counters().rejected.increment();
        return StartOutcome.REJECTED;
    }

    @Override
    final void write(KeptStarts.Start start) {
        Claim claim = engine().claim(this, 1);
        Armed<StartOutcome> armed = engine().database()
                .own(session -> session.start(claim, start.id(), start.when(), nothingOffered(), maxEntries()));
        committed(start.id(), claim, armed, start.when());
    }

    @Override
    public final StartSummary startAll(Collection<? extends K> keys, Duration delay) {
        Limits.delay(delay);
        List<SlotId> ids = new ArrayList<>(keys.size());
        for (K key : keys) {
            ids.add(id(key));
        }
        Map<StartOutcome, Integer> outcomes = new EnumMap<>(StartOutcome.class);
        Deadline when = in(delay);
        for (int from = 0; from < ids.size(); from += BATCH) {
            startBatch(ids.subList(from, Math.min(ids.size(), from + BATCH)), when, outcomes);
        }
        return new StartSummary(
                outcomes.getOrDefault(StartOutcome.STARTED, 0),
                outcomes.getOrDefault(StartOutcome.REARMED, 0),
                outcomes.getOrDefault(StartOutcome.REJECTED, 0),
                outcomes.getOrDefault(StartOutcome.CLOSED, 0),
                outcomes.getOrDefault(StartOutcome.IN_DOUBT, 0));
    }

    private void startBatch(List<SlotId> ids, Deadline when, Map<StartOutcome, Integer> outcomes) {
        if (isClosed()) {
            outcomes.merge(StartOutcome.CLOSED, ids.size(), Integer::sum);
            return;
        }
        Claim claim = engine().claim(this, ids.size());
        List<Armed<StartOutcome>> all;
        try {
            all = engine().database()
                    .joined(session -> session.startAll(claim, ids, when, nothingOffered(), maxEntries()));
        } catch (BackendUnavailableException e) {
            for (SlotId id : ids) {
                outcomes.merge(away(new KeptStarts.Start(this, id, when), true, e), 1, Integer::sum);
            }
            return;
        }
        for (int i = 0; i < ids.size(); i++) {
            outcomes.merge(committed(ids.get(i), claim, all.get(i), when), 1, Integer::sum);
        }
    }

    @Override
    public final TouchOutcome touch(K key) {
        return keySchedules ? touchOwn(id(key)) : touch(id(key), own());
    }

    /** By the slot's own schedule, if it has one: anew if that has changed meanwhile. */
    private TouchOutcome touchOwn(SlotId id) {
        for (; ; ) {
            Row row = isClosed() ? null : row(id, false).orElse(null);
            if (row == null) {
                return isClosed() ? TouchOutcome.CLOSED : TouchOutcome.ABSENT;
            }
            String text = row.schedule();
            Deadline when = text == null
                    ? own()
                    : first(schedules().of(text).schedule()).of(text);
            Claim claim = engine().claim(this, 1);
            Armed<TouchOutcome> moved = engine().database().joined(session -> session.touchOwn(claim, id, when));
            if (moved.outcome() != TouchOutcome.ABSENT) {
                return moved(id, claim, moved, when);
            }
        }
    }

    @Override
    public final TouchOutcome touch(K key, Duration delay) {
        Limits.delay(delay);
        return touch(id(key), in(delay));
    }

    private TouchOutcome touch(SlotId id, Deadline when) {
        if (isClosed()) {
            return TouchOutcome.CLOSED;
        }
        Claim claim = engine().claim(this, 1);
        Armed<TouchOutcome> moved = engine().database().joined(session -> session.touch(claim, id, when, carrying()));
        return moved(id, claim, moved, when);
    }

    private TouchOutcome moved(SlotId id, Claim claim, Armed<TouchOutcome> moved, Deadline when) {
        if (moved.outcome() == TouchOutcome.MOVED) {
            armed(id, claim, moved, () -> {
                counters().moved.increment();
                record(id, Kind.MOVED, span(when), moved.held());
            });
        }
        return moved.outcome();
    }

    // ---- deadlines ----------------------------------------------------------------------------------------------

    static Deadline in(Duration delay) {
        return Deadline.in(Micros.span(delay));
    }

    /** On the wall clock a point is a point of the database's; on the others the time left is fixed now. */
    final Deadline at(@Nullable Instant deadline) {
        if (deadline == null) {
            throw new IllegalArgumentException("'deadline' must not be null");
        }
        if (onTheWallClock) {
            return Deadline.at(Micros.of(deadline));
        }
        Duration left = Duration.between(
                Instant.ofEpochSecond(0, engine().injected().ticker().realtimeNanos()), deadline);
        return in(left.isNegative() ? Duration.ZERO : left);
    }

    final Deadline own() {
        if (schedule != null && delay == null) {
            return first(schedule);
        }
        if (delay == null) {
            throw new IllegalStateException(
                    "map '" + name() + "' has no default delay: set one, or start its keys with a delay");
        }
        return in(delay);
    }

    /** The first point of a schedule: of a fixed rate, a period from now. */
    private Deadline first(SlotSchedule of) {
        if (of instanceof FixedRateSchedule fixed) {
            return in(fixed.period());
        }
        long next = Periods.next(of, now());
        if (next == Periods.NONE) {
            throw new IllegalStateException(
                    "the schedule of map '" + name() + "', or of one of its keys, has no further point");
        }
        return Deadline.at(next);
    }

    /** Not this node's estimate, which may be behind a point that another node has run just now: that point would come twice. */
    private long now() {
        try {
            return engine().database().joined(StoreSession::now);
        } catch (BackendUnavailableException e) {
            return engine().clock().micros(); // what is done with it says that the database is away
        }
    }

    /** The time to a deadline, for the history. */
    private long span(Deadline when) {
        return when.relative()
                ? when.micros()
                : Math.max(0, when.micros() - engine().clock().micros());
    }
}
