package io.asyncslot.core;

import static java.util.Objects.requireNonNull;

import io.asyncslot.FixedRateSchedule;
import io.asyncslot.LatePolicy;
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
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * A timer map on this machine. Thread-safe.
 *
 * @param <K> the key type
 */
public sealed class LocalTimerSlots<K> extends LocalSlots<K> implements TimerSlots<K> permits LocalValueTimerSlots {

    /** The delay of a start that names none; null when there is none, or a schedule says. */
    private final @Nullable Duration delay;

    private final @Nullable SlotSchedule schedule;

    private final LatePolicy late;

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
        this.late = spec.late();
    }

    @Override
    public boolean isTimed() {
        return delay != null || schedule != null;
    }

    @Override
    public StartOutcome start(K key) {
        return startOwn(key, null);
    }

    @Override
    public StartOutcome start(K key, Duration delay) {
        return startAfter(key, delay, null);
    }

    /** As {@link #start(Object)}; {@code value} null for none. */
    final StartOutcome startOwn(K key, @Nullable Object value) {
        if (!(calendar() instanceof WallCalendar<K> calendar)) {
            long nanos = ticker().nanos(clock());
            return start(key, lookUp(key), ownDeadline(nanos), nanos, value);
        }
        StartOutcome outcome = null;
        while (outcome == null) { // anew if the key has another slot meanwhile: what has fired is of one slot
            outcome = startOwn(calendar, key, value);
        }
        return outcome;
    }

    private @Nullable StartOutcome startOwn(WallCalendar<K> calendar, K key, @Nullable Object value) {
        int steps = calendar.begin();
        long nanos = ticker().nanos(clock());
        ControlBlock<K> found = live(key);
        long deadline = ownDeadline(calendar, found, nanos);
        StartOutcome outcome = isClosed() ? StartOutcome.CLOSED : tryStart(key, found, deadline, nanos, value);
        if (outcome == StartOutcome.STARTED || outcome == StartOutcome.REARMED) {
            derived(calendar, key, deadline, isOfSchedule(), nanos, steps);
        }
        return outcome;
    }

    @Override
    public StartOutcome start(K key, SlotSchedule schedule) {
        if (!(calendar() instanceof WallCalendar<K> calendar) || !takesSchedules()) {
            return TimerSlots.super.start(key, schedule);
        }
        if (schedule == null) {
            throw new IllegalArgumentException("'schedule' must not be null");
        }
        StartOutcome outcome = null;
        while (outcome == null) { // anew, as in startOwn
            outcome = start(calendar, key, schedule);
        }
        return outcome;
    }

    private @Nullable StartOutcome start(WallCalendar<K> calendar, K key, SlotSchedule schedule) {
        int steps = calendar.begin();
        long nanos = ticker().nanos(clock());
        ControlBlock<K> found = live(key);
        Series series = series(found, schedule);
        long deadline = firstPoint(calendar, found, series, nanos);
        StartOutcome outcome = isClosed() ? StartOutcome.CLOSED : tryStart(key, found, deadline, nanos, series);
        if (outcome == StartOutcome.STARTED || outcome == StartOutcome.REARMED) {
            derived(calendar, key, deadline, !(schedule instanceof FixedRateSchedule), nanos, steps);
        }
        return outcome;
    }

    /** The series of a schedule: that of the slot, if it has an equal one, so that what has fired is known. */
    private Series series(@Nullable ControlBlock<K> found, SlotSchedule schedule) {
        Series present = found instanceof ScheduledBlock<K> block ? block.series() : null;
        return present != null && present.schedule().equals(schedule)
                ? present
                : new Series(schedule, Periods.of(schedule, late, name()));
    }

    /** The first point of a series that has not had its run: of a fixed rate, a period from now. */
    private long firstPoint(WallCalendar<K> calendar, @Nullable ControlBlock<K> found, Series series, long nanos) {
        long first = firstPoint(series.schedule(), nanos);
        return series.schedule() instanceof FixedRateSchedule
                ? first
                : point(calendar.unfired(found, series.periods(), first));
    }

    private long firstPoint(SlotSchedule schedule, long nanos) {
        return schedule instanceof FixedRateSchedule fixed
                ? Micros.after(nanos, fixed.period())
                : point(Periods.next(schedule, Micros.floor(nanos)));
    }

    /** As {@link #start(Object, Duration)}; {@code value} null for none. */
    final StartOutcome startAfter(K key, Duration delay, @Nullable Object value) {
        Limits.delay(delay);
        long nanos = ticker().nanos(clock());
        return start(key, lookUp(key), Micros.after(nanos, delay), nanos, value);
    }

    @Override
    public StartOutcome startAt(K key, Instant deadline) {
        return startOn(key, deadline, null);
    }

    /** As {@link #startAt(Object, Instant)}; {@code value} null for none. */
    final StartOutcome startOn(K key, Instant deadline, @Nullable Object value) {
        if (deadline == null) {
            throw new IllegalArgumentException("'deadline' must not be null");
        }
        long nanos = ticker().nanos(clock());
        if (clock() == SlotClock.REALTIME) {
            return start(key, lookUp(key), Micros.of(deadline), nanos, value);
        }
        Duration left = Duration.between(Instant.ofEpochSecond(0, ticker().realtimeNanos()), deadline);
        long due = Micros.after(nanos, left.isNegative() ? Duration.ZERO : left);
        return start(key, lookUp(key), due, nanos, value);
    }

    /*
     * A batch looks up some slots and reads their words before it arms the first of them: an atomic step lets no later
     * read begin before it, so that one by one each key would pay for its own cache misses, and here they overlap.
     */
    @Override
    public StartSummary startAll(Collection<? extends K> keys, Duration delay) {
        Limits.delay(delay);
        for (K key : keys) {
            checkKey(key);
        }
        long nanos = ticker().nanos(clock());
        long deadline = Micros.after(nanos, delay);
        Batch<K> batch = new Batch<>(this, deadline, nanos);
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
        if (!(calendar() instanceof WallCalendar<K> calendar)) {
            long nanos = ticker().nanos(clock());
            return touch(key, ownDeadline(nanos), nanos);
        }
        TouchOutcome outcome = null;
        while (outcome == null) { // anew if the key has got another schedule meanwhile
            outcome = touch(calendar, key);
        }
        return outcome;
    }

    private @Nullable TouchOutcome touch(WallCalendar<K> calendar, K key) {
        int steps = calendar.begin();
        long nanos = ticker().nanos(clock());
        ControlBlock<K> found = live(key);
        Series series = found instanceof ScheduledBlock<K> block ? block.series() : null;
        long deadline =
                series == null ? ownDeadline(calendar, found, nanos) : firstPoint(calendar, found, series, nanos);
        boolean ofSchedule = series == null ? isOfSchedule() : !(series.schedule() instanceof FixedRateSchedule);
        TouchOutcome outcome = touch(found, deadline, nanos, series);
        if (outcome == TouchOutcome.MOVED) {
            derived(calendar, key, deadline, ofSchedule, nanos, steps);
        }
        return outcome;
    }

    @Override
    public TouchOutcome touch(K key, Duration delay) {
        Limits.delay(delay);
        long nanos = ticker().nanos(clock());
        ControlBlock<K> block = followsCalendar() ? lookUp(key) : null;
        CalendarDetails<K> details = block == null ? null : CalendarDetails.of(block);
        CalendarDetails.Derived derived = details == null ? null : details.derived.get();
        TouchOutcome outcome = touch(key, Micros.after(nanos, delay), nanos);
        if (details != null && derived != null && outcome == TouchOutcome.MOVED) { // else the same deadline might be
            // taken for one that nobody named; what a start has noted meanwhile stays
            details.derived.compareAndSet(derived, null);
        }
        return outcome;
    }

    /**
     * Starts.
     *
     * @param found what a look for the key has found just now
     * @param reading the reading of the map's clock that the deadline is reckoned from
     * @param value what the slot is to carry; null for nothing
     */
    final StartOutcome start(
            K key, @Nullable ControlBlock<K> found, long deadline, long reading, @Nullable Object value) {
        ControlBlock<K> block = found;
        while (!isClosed()) {
            StartOutcome outcome = tryStart(key, block, deadline, reading, value);
            if (outcome != null) {
                return outcome;
            }
            block = block == null ? lookUp(key) : null; // somebody else has made it; or it is freed: make another one
        }
        return StartOutcome.CLOSED;
    }

    /**
     * Starts the slot that a key has, or makes one.
     *
     * @param found null for none
     * @return null if that is not what the key has any more; nothing changed
     */
    private @Nullable StartOutcome tryStart(
            K key, @Nullable ControlBlock<K> found, long deadline, long reading, @Nullable Object value) {
        if (!isKept(value)) {
            return tryStartWith(key, found, deadline, reading, value);
        }
        KeptValue kept = keep(requireNonNull(value));
        if (kept == null) {
            counters().rejected.increment();
            return StartOutcome.REJECTED;
        }
        try {
            return tryStartWith(key, found, deadline, reading, kept);
        } finally {
            KeptValue.freeUnlessAccepted(kept);
        }
    }

    private @Nullable StartOutcome tryStartWith(
            K key, @Nullable ControlBlock<K> found, long deadline, long reading, @Nullable Object value) {
        if (found != null) {
            StartOutcome outcome = arm(found, deadline, reading, value);
            return outcome == StartOutcome.FREED ? null : outcome;
        }
        long now = notes().noted(reading);
        return switch (create(key, deadline, now, deadline - now, value)) {
            case CREATED -> StartOutcome.STARTED;
            case REJECTED -> StartOutcome.REJECTED;
            case CLOSED -> StartOutcome.CLOSED;
            case EXISTS -> null;
        };
    }

    /** The slot of a key; null too if it is freed and only not gone yet. */
    private @Nullable ControlBlock<K> live(K key) {
        ControlBlock<K> block = lookUp(key);
        return block == null || StateWord.isFreed(block.word()) ? null : block;
    }

    private TouchOutcome touch(K key, long deadline, long reading) {
        TouchOutcome outcome = touch(lookUp(key), deadline, reading, Series.KEEP);
        return outcome != null ? outcome : absent();
    }

    private TouchOutcome absent() {
        return isClosed() ? TouchOutcome.CLOSED : TouchOutcome.ABSENT;
    }

    /**
     * Moves what is pending.
     *
     * @param block the slot; null for none
     * @param reading the reading of the map's clock that the deadline is reckoned from
     * @param of what the deadline was derived from; null for what the map says, {@link Series#KEEP} for no schedule
     * @return null if the slot is freed or has another schedule meanwhile; nothing changed
     */
    private @Nullable TouchOutcome touch(
            @Nullable ControlBlock<K> block, long deadline, long reading, @Nullable Series of) {
        if (block == null) {
            return absent();
        }
        if (!copies().enter(block)) {
            return null;
        }
        long before = block.word();
        boolean inside = true;
        boolean done = false;
        try {
            StateWord.Move move =
                    block instanceof ScheduledBlock<K> scheduled ? scheduled.move(deadline, of) : move(block, deadline);
            inside = false;
            copies().leaveArmed(block, move == StateWord.Move.MOVED, reading);
            TouchOutcome outcome = move == null ? null : moved(block, move, deadline, reading, before);
            done = true;
            return outcome;
        } finally {
            if (!done) {
                boolean stray = true;
                try {
                    stray = cutShort(block, inside, before);
                } finally {
                    if (stray) {
                        scrubber.strays = true; // by a store: the stack may be at its end
                    }
                }
            }
        }
    }

    private @Nullable TouchOutcome moved(
            ControlBlock<K> block, StateWord.Move move, long deadline, long reading, long before) {
        return switch (move) {
            case MOVED -> {
                counters().moved.increment();
                long due = isShaped() ? shapedDue(block, deadline) : deadline;
                notes().recordArmed(block, Kind.MOVED, notes().noted(reading), due, before);
                pending(block, due);
                yield TouchOutcome.MOVED;
            }
            case NOT_ARMED -> TouchOutcome.NOT_ARMED;
            case FREED -> null;
        };
    }

    /** The deadline of a slot whose points are those of the wall clock: none that has had its run. */
    private long ownDeadline(WallCalendar<K> calendar, @Nullable ControlBlock<K> found, long nanos) {
        long deadline = ownDeadline(nanos);
        return isOfSchedule() ? point(calendar.unfired(found, periods(), deadline)) : deadline;
    }

    /** A slot was armed for a deadline that nobody named. */
    private void derived(WallCalendar<K> calendar, K key, long deadline, boolean ofSchedule, long nanos, int steps) {
        try {
            ControlBlock<K> block = lookUp(key);
            if (block != null) {
                long due = ofSchedule ? CalendarDetails.OF_SCHEDULE : calendar.due(deadline, nanos);
                calendar.derived(block, deadline, due, steps);
            }
        } catch (Throwable e) { // a schedule or a clock: the slot is armed all the same
            notes().unnoted(e);
        }
    }

    /** Whether the slot's own deadline is a point that has one run; at a fixed rate it is a period from now. */
    private boolean isOfSchedule() {
        return schedule != null && delay == null && !(schedule instanceof FixedRateSchedule);
    }

    private long point(long next) {
        if (next == Periods.NONE) {
            throw new IllegalStateException(
                    "the schedule of map '" + name() + "', or of one of its keys, has no further point");
        }
        return next;
    }

    private long ownDeadline(long nanos) {
        if (schedule != null && delay == null) {
            return firstPoint(schedule, nanos);
        }
        if (delay == null) {
            throw new IllegalStateException(
                    "map '" + name() + "' has no default delay: set one, or start its keys with a delay");
        }
        return Micros.after(nanos, delay);
    }

    @Override
    void pending(ControlBlock<K> block, long deadline) {
        demand(block, deadline);
    }

    @Override
    void published(ControlBlock<K> block, long deadline) {
        keeper().born(block);
    }
}
