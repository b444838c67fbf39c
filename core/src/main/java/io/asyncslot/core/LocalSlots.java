package io.asyncslot.core;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.backend.Binding;
import io.asyncslot.backend.Capacity;
import io.asyncslot.backend.InstalledBinding;
import io.asyncslot.backend.Keys;
import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.RunBarrier;
import io.asyncslot.backend.Shown;
import io.asyncslot.spi.ArmingContexts;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A map of control blocks on this machine: what timer maps and work maps have in common. Thread-safe.
 *
 * @param <K> the key type
 */
abstract class LocalSlots<K> extends SlotHome<K> {

    /*
     * Index
     *
     * Maps each key to its latest incarnation. A freed incarnation stays until its run has ended, so that a new one of
     * the same key knows whom to wait for; it is invisible to every operation but the awaiting ones. Creation happens
     * inside the index's own atomic step, after the generations of all former incarnations have been retired. Each one
     * that is freed and does not run, or has ended its last run, is counted as gone, once: a close waits for that count.
     *
     * Freeing
     *
     * The state word decides (one freer wins), then: retire the generation, leave the index, pass the map's reference
     * to the timekeeper, which lets go of the slot and releases it. Where idle slots are freed, the one freer may be a
     * cancel, or the worker at the end of a run: then FREED is set by the step that takes away the last thing the slot
     * was for. A start that comes before it is what keeps the slot; one that comes after it makes a new incarnation.
     */

    /** What {@link #create} did. */
    enum Creation {
        CREATED,
        EXISTS,
        REJECTED,
        CLOSED
    }

    private static final SlotCause BY_CALLBACK = new SlotCause(SlotCause.Type.CALLBACK, null);

    private final String name;
    private final SlotType type;
    private final String backend;
    private final SlotClock clock;
    private final Periods periods;
    private final int historySize;

    /** What is noted for those who look; does nothing in a map without history. */
    private final Notes<K> notes;

    private final WhenIdle whenIdle;
    private final Ticker ticker;
    private final Timekeeper keeper;

    /** Looks for slots that an Error has left in nobody's hands. Told by a store, not by a call: that needs no stack. */
    final Scrubber scrubber;

    /** Keeps the copies of slots that outlive the process; does nothing where slots end with it. */
    private final Copies<K> copies;

    /** What is taken down where slots are armed; null for nothing. */
    private final @Nullable ArmingContexts armingContexts;

    /** Whether new slots begin with a command for the timekeeper, or else with the executor. */
    private final boolean commanded;

    /** What makes slots more than deadlines: then every block is a {@link ValueBlock}. Null for nothing. */
    private final @Nullable Shape shape;

    /** Whether slots may have schedules of their own: then every block is a {@link ScheduledBlock}. */
    private final boolean keySchedules;

    /** Frees idle slots when their intervals are over; does nothing where the step that makes them idle does so, or nobody. */
    private final Intervals<K> intervals;

    /** Whether the step that leaves a slot with nothing pending and no run frees it. */
    private final boolean freesIdle;

    /** Whether an arming is a step of the word alone. */
    private final boolean plain;

    /** Whether the timekeeper may miss what it has promised. */
    private final boolean promisesLapse;

    private final Class<K> keyType;
    private final Keys<K> keys;
    private final Capacity capacity;
    private final CallbackRunner<K> runner;
    private final Dispatcher<K> dispatcher;
    private final SlotPauses<K> pauses;
    private final SnapshotFactory snapshots;
    private final SlotViews<K> views;

    /** The details of all slots that have none of their own. */
    private final SlotDetails<K> sharedDetails = SlotDetails.shared(this);

    private final SlotIndex<K> index;
    private final SlotMaker<K> maker;

    private final Counters counters;

    private final RunBarrier barrier = RunBarrier.of(this);

    private final Closing<K> closing;

    private final InstalledBinding<K> binding;

    /** Where the points of the map's periods are looked for anew; does nothing when they are no points of the wall clock. */
    private final Calendar<K> calendar;

    LocalSlots(SlotMapSpec<K> spec, SlotType type, SlotClock clock, Periods periods, LocalContext context) {
        this.name = spec.name();
        this.keyType = spec.keyType();
        this.type = type;
        this.backend = context.backend();
        this.clock = clock;
        this.periods = periods;
        this.historySize = spec.historySize();
        this.whenIdle = spec.whenIdle();
        this.ticker = context.injected().ticker();
        this.keeper = context.keeper();
        this.scrubber = keeper.scrubber();
        this.armingContexts = context.injected().armingContexts();
        this.shape = Shape.of(spec);
        this.keySchedules = spec instanceof TimerMapSpec<?> timers && timers.keySchedules();
        this.plain = armingContexts == null && shape == null && !keySchedules;
        boolean rests = shape != null && shape.minInterval() != null && whenIdle == WhenIdle.FREE;
        this.intervals = rests ? new IntervalQueue<>(this) : new Intervals<>();
        this.freesIdle = whenIdle == WhenIdle.FREE && !rests;
        this.commanded = type == SlotType.TIMER || keeper.measuresWork();
        this.promisesLapse = keeper.promisesLapse();
        SlotMirrors mirrors = context.mirrors();
        SlotMirror<K> mirror = mirrors == null ? null : mirrors.open(spec, type, clock);
        this.keys = new Keys<>(name, keyType, context.injected().maxKeyLength());
        this.capacity = new Capacity(spec.maxEntries());
        this.maker = new SlotMaker<>(this, shape, keySchedules, capacity);
        this.copies = mirror == null ? new Copies<>() : new MirroredCopies<>(mirror, capacity);
        this.binding = new InstalledBinding<>(spec.callback());
        this.runner = new CallbackRunner<>(this, context.injected());
        this.index = new SlotIndex<>(mirror == null ? context.generations().before(ticker) : mirror.highestRetired());
        this.counters = new Counters(index::created);
        this.dispatcher =
                new Dispatcher<>(context.runQueue(), keeper, counters, runner::run, spec.concurrency(), index::values);
        this.notes = historySize == 0 ? new Notes<>(name) : new HistoryNotes<>(name, ticker, clock);
        this.pauses = new SlotPauses<>(this, index, runner);
        this.snapshots = new SnapshotFactory(ticker, clock, notes.causes());
        this.views = new SlotViews<>(this, index, keys, snapshots, notes.departures());
        boolean points = clock == SlotClock.REALTIME && (periods != Periods.ONE_SHOT || keySchedules);
        WallSteps steps = points ? keeper.wallSteps() : null;
        this.calendar = steps == null ? new Calendar<>() : WallCalendar.opened(this, steps);
        this.closing = new Closing<>(this, index, context.generations(), runner);
        scrubber.opened(this);
    }

    // ---- what a slot became pending means differs by type --------------------------------------------------------

    /** A live slot in nobody's hands was found armed: sees to it that somebody looks at it in time. */
    abstract void pending(ControlBlock<K> block, long deadline);

    /** Tells the timekeeper of a slot, unless it has promised to look at it in time. */
    final void demand(ControlBlock<K> block, long deadline) {
        if (deadline < block.lookAt() || promisesLapse && keeper.hasLapsed(block)) {
            if (!block.isCommanded() || !keeper.takesBy(deadline)) {
                StackRoom.check();
                keeper.armed(block, deadline);
            }
        }
    }

    /** A new slot was published armed: a timer's with the reference and the inbox claim of its first command. */
    abstract void published(ControlBlock<K> block, long deadline);

    // ---- creation -----------------------------------------------------------------------------------------------

    /**
     * Makes a new incarnation, armed, unless a live one exists.
     *
     * @param now microseconds of the map's clock
     * @param detail a span to note, or -1
     * @param value what the slot is to carry, or a {@link Series} that it is to fire by, or a {@link KeptValue} of one of them; null
     *     for neither
     */
    final Creation create(K key, long deadline, long now, long detail, @Nullable Object value) {
        ArmingContexts contexts = armingContexts;
        Object captured = contexts == null ? null : contexts.capture();
        Shape shaped = shape;
        intervals.sweepSome(); // so that the bound of the map holds for what is left
        if (shaped != null) {
            return createShaped(shaped, key, deadline, now, value, contexts, captured);
        }
        BlockMaker<K> own = copies.copied(key, maker.of(value));
        StackRoom.check();
        return created(index.create(own, key, deadline), deadline, now, detail, null, contexts, captured);
    }

    private Creation createShaped(
            Shape shaped,
            K key,
            long deadline,
            long now,
            @Nullable Object value,
            @Nullable ArmingContexts contexts,
            @Nullable Object captured) {
        Object first = keptFirst(value);
        if (first == null && value != null) {
            counters.rejected.increment();
            return isClosed() ? Creation.CLOSED : Creation.REJECTED;
        }
        try {
            return createWith(shaped, key, deadline, now, first, contexts, captured);
        } finally {
            if (first != value) {
                KeptValue.freeUnlessAccepted(first);
            }
        }
    }

    private Creation createWith(
            Shape shaped,
            K key,
            long deadline,
            long now,
            @Nullable Object value,
            @Nullable ArmingContexts contexts,
            @Nullable Object captured) {
        long nanos = shaped.asksForTime() ? nanos() : 0;
        long due = shaped.asksForTime() ? shaped.firstDue(deadline, value != null, nanos) : deadline;
        BlockMaker<K> own = copies.copied(key, maker.of(shaped, value, shaped.latest(nanos)));
        StackRoom.check();
        ControlBlock<K> block = index.create(own, key, due);
        SlotLimit limit = shaped.firstLimit(deadline, due);
        return created(block, due, now, type == SlotType.TIMER ? due - now : -1, limit, contexts, captured);
    }

    private Creation created(
            @Nullable ControlBlock<K> block,
            long deadline,
            long now,
            long detail,
            @Nullable SlotLimit limit,
            @Nullable ArmingContexts contexts,
            @Nullable Object captured) {
        if (block == null) {
            return Creation.EXISTS;
        }
        if (block == SlotIndex.<K>noRoom()) {
            if (isClosed()) {
                return Creation.CLOSED;
            }
            counters.rejected.increment();
            return Creation.REJECTED;
        }
        boolean begun;
        try {
            notes.made(block, now, detail, limit);
            if (contexts != null) {
                block.needDetails().armedIn().born(block, captured);
            }
        } finally { // the slot is published: whatever was thrown, somebody has to look at it
            begun = begin(block, deadline);
        }
        return begun ? Creation.CREATED : Creation.CLOSED;
    }

    /** A new slot was published: has it looked at in time, or frees it when the map is closed. */
    private boolean begin(ControlBlock<K> block, long deadline) {
        boolean done = false;
        try {
            if (isClosed()) {
                try {
                    free(block);
                    copies.takenBack(block); // whoever freed it, with the reference of its first command in hand
                } finally {
                    if (commanded) {
                        keeper.born(block);
                    }
                }
                return false;
            }
            published(block, deadline);
            done = true;
            return true;
        } finally {
            if (!done) {
                scrubber.strays = true; // by a store: the stack may be at its end
            }
        }
    }

    /** Whether new slots begin with a command for the timekeeper, or else with the executor. */
    final boolean commanded() {
        return commanded;
    }

    @Override
    final SlotDetails<K> newDetails() {
        return followsCalendar() ? new CalendarDetails<>(this) : new SlotDetails<>(this);
    }

    @Override
    final SlotDetails<K> sharedDetails() {
        return sharedDetails;
    }

    /** Makes the slots that a former process left. To be called once, before anybody else has the map. */
    public final void recover() {
        SlotMirror<K> present = copies.mirror();
        if (present != null) {
            keeper.batchBegins();
            try {
                present.recover(slot -> adopt(present, slot));
            } finally {
                keeper.batchEnds();
            }
        }
    }

    /*
     * A run that was cut off holds a reference until it begins again, however often it is handed over and given back before:
     * so a delete in between cannot end the slot under it. One that goes on in a former map of this process is as one that a
     * worker of this map runs: it holds no reference, and its thread ends it here too.
     */
    private void adopt(SlotMirror<K> mirror, RecoveredSlot<K> slot) {
        long word = slot.word();
        SlotDetails<K> details = newDetails();
        if (details instanceof CalendarDetails<K> calendarDetails) {
            calendarDetails.recovered(slot.runDeadline());
        }
        long generation = StateWord.generation(word, slot.generationBase());
        FormerRun formerRun = slot.formerRun();
        Recovery recovery = new Recovery(slot, generation);
        details.recovery = recovery;
        details.again = Recovery.pendingRetry(slot, generation);
        ControlBlock<K> block = index.create(
                (key, hash, former, deadline, firstGeneration) ->
                        maker.recovered(slot, hash, formerRun != null ? 1 : recovery.cutOff ? 3 : 2, details),
                slot.key(),
                0);
        if (block == null) {
            throw new IllegalStateException("two slots of map '" + name + "' have the key " + Shown.of(slot.key()));
        }
        mirror.adopted(block);
        capacity.take(); // counted by the index as made, hence as armed
        if (recovery.cutOff) {
            counters.references.increment();
            counters.restarted.add(StateWord.isArmed(word) ? 1 : 0);
        } else {
            counters.restarted.add(StateWord.isArmed(word) ? 0 : -1);
        }
        if (formerRun != null) {
            counters.ended.decrement(); // it has not begun here
            intervalGoesOn(block);
            formerRun.passTo(block);
            return;
        }
        if (!commanded) {
            throw new IllegalStateException("a mirror needs a timekeeper that measures what it mirrors: " + name);
        }
        keeper.born(block);
        if (block.freeIdle()) { // left by a process that kept idle slots, or ended while it closed the map
            capacity.giveBack();
            mirror.retired(generation);
            mirror.changed(block);
            freedIdle(block);
        } else {
            intervalGoesOn(block);
        }
    }

    /** A slot that was recovered is freed when its interval is over, if it is idle then. */
    private void intervalGoesOn(ControlBlock<K> block) {
        if (block instanceof ValueBlock<K> carrier) {
            intervals.begins(carrier, Math.max(1, carrier.notBefore()));
        }
    }

    @Override
    final boolean keepsShapes() {
        return copies.keepsShapes();
    }

    @Override
    final @Nullable KeptValue keep(Object value) {
        return copies.keep(value);
    }

    /** Whether a value has to be kept before the step that accepts it: one that is merged by a function is kept once merged. */
    final boolean isKept(@Nullable Object value) {
        return value != null && value != Series.KEEP && keepsShapes() && (shape == null || !shape.mergesByFunction());
    }

    /** A value of a new slot that is merged by a function: kept, since there is nothing to merge it with; null for no room. */
    private @Nullable Object keptFirst(@Nullable Object value) {
        boolean alone = shape != null && shape.mergesByFunction() && keepsShapes();
        return value == null || value instanceof KeptValue || !alone ? value : keep(value);
    }

    /** When a slot is due, given a word of it that was read before: by its deadline, or by a touch from outside. */
    @Override
    final long dueAt(ControlBlock<K> block, long word) {
        return copies.dueAt(block, word);
    }

    /** The former incarnation, if it exists and still runs. */
    @Override
    final @Nullable ControlBlock<K> runningPredecessor(ControlBlock<K> block) {
        SlotDetails<K> details = block.details();
        if (details == null) {
            return null;
        }
        ControlBlock<K> former = details.predecessor;
        if (former != null && !StateWord.isRunning(former.word())) {
            details.predecessor = null; // ended for good: a freed incarnation never runs again
            return null;
        }
        return former;
    }

    // ---- operations ---------------------------------------------------------------------------------------------

    /** The present incarnation of a key. One that is found need not be checked: it equals one that was. */
    final @Nullable ControlBlock<K> lookUp(K key) {
        ControlBlock<K> block = key == null ? null : index.get(key);
        if (block == null) {
            keys.check(key);
        }
        return block;
    }

    @Override
    public final void checkKey(K key) {
        keys.check(key);
    }

    @Override
    public final CancelOutcome cancel(K key) {
        ControlBlock<K> block = lookUp(key);
        return block == null ? gone() : cancel(block);
    }

    private CancelOutcome cancel(ControlBlock<K> block) {
        StackRoom.check();
        if (!copies.enter(block)) {
            return gone();
        }
        capacity.leaving();
        long before = block.word();
        StateWord.Disarming disarming = shape == null ? block.disarm() : ((ValueBlock<K>) block).cancel();
        boolean freed = disarming == StateWord.Disarming.CANCELLED_AND_FREED;
        capacity.left(freed);
        if (freed) {
            copies.retired(block);
        }
        copies.leave(block, disarming != StateWord.Disarming.NOT_ARMED && disarming != StateWord.Disarming.FREED);
        return switch (disarming) {
            case CANCELLED, CANCELLED_AND_FREED, CANCELLED_WHILE_RUNNING -> {
                boolean remembered = false;
                try {
                    counters.cancelled.increment();
                    remembered = notes.recordEnd(block, Kind.CANCELLED, before, freed, isClosed());
                    if (armingContexts != null) {
                        block.needDetails().armedIn().disarmed(block);
                    }
                } finally {
                    if (freed) {
                        freedIdle(block, remembered);
                    } else {
                        rested(block);
                    }
                }
                yield CancelOutcome.CANCELLED;
            }
            case NOT_ARMED -> CancelOutcome.NOT_ARMED;
            case RUNNING -> CancelOutcome.RUNNING;
            case FREED -> gone();
        };
    }

    private CancelOutcome gone() {
        return isClosed() ? CancelOutcome.CLOSED : CancelOutcome.ABSENT;
    }

    @Override
    public final CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException {
        keys.check(key);
        long nanos = Limits.nanos(limit);
        if (RunLoop.isInside(this, key)) {
            return CancelOutcome.WOULD_DEADLOCK;
        }
        ControlBlock<K> block = index.get(key);
        if (block == null) {
            return gone();
        }
        try (RunAwait<K> runs = new RunAwait<>(block)) {
            if (runs.wouldDeadlock()) {
                return CancelOutcome.WOULD_DEADLOCK;
            }
            CancelOutcome outcome = cancel(block);
            boolean awaited = runs.isRunning();
            if (!runs.await(nanos)) {
                return CancelOutcome.TIMED_OUT;
            }
            boolean closedWhileRunning = outcome == CancelOutcome.CLOSED && awaited;
            return outcome == CancelOutcome.RUNNING || closedWhileRunning ? CancelOutcome.NOT_ARMED : outcome;
        }
    }

    @Override
    public final AwaitOutcome awaitRun(K key, Duration limit) throws InterruptedException {
        keys.check(key);
        long nanos = Limits.nanos(limit);
        if (RunLoop.isInside(this, key)) {
            return AwaitOutcome.WOULD_DEADLOCK;
        }
        ControlBlock<K> block = index.get(key);
        if (block == null || !StateWord.isRunning(block.word()) && runningPredecessor(block) == null) {
            return AwaitOutcome.ENDED;
        }
        try (RunAwait<K> runs = new RunAwait<>(block)) {
            if (runs.wouldDeadlock()) {
                return AwaitOutcome.WOULD_DEADLOCK;
            }
            return runs.await(nanos) ? AwaitOutcome.ENDED : AwaitOutcome.TIMED_OUT;
        }
    }

    @Override
    public final DeleteOutcome delete(K key) {
        ControlBlock<K> block = lookUp(key);
        return block == null ? DeleteOutcome.ABSENT : free(block);
    }

    private DeleteOutcome free(ControlBlock<K> block) {
        return free(block, null);
    }

    /**
     * Frees a slot.
     *
     * @param keeping keeps its copy as it is, and the caller has a reference; null where the slot was deleted or dropped, which
     *     its copy has to say
     */
    private DeleteOutcome free(ControlBlock<K> block, @Nullable SlotMirror<K> keeping) {
        StackRoom.check();
        capacity.leaving();
        StateWord.Freeing freeing = StateWord.Freeing.ALREADY;
        long before = block.word();
        try {
            freeing = keeping != null
                    ? block.copyAndFree(keeping)
                    : shape == null ? block.free() : ((ValueBlock<K>) block).delete();
        } finally {
            capacity.left(freeing != StateWord.Freeing.ALREADY);
        }
        if (freeing == StateWord.Freeing.ALREADY) {
            return DeleteOutcome.ABSENT;
        }
        try {
            copies.retired(block); // with the map's reference in hand
            if (keeping == null) {
                copies.takenBack(block);
            }
            (freeing.armed ? counters.deletedArmed : counters.deletedIdle).increment();
            boolean remembered = notes.recordEnd(block, Kind.DELETED, before, true, isClosed());
            departed(block, remembered);
        } finally { // whatever the heap has room for: nobody else lets go of the block
            try {
                if (!freeing.running) {
                    detach(block);
                    dispatcher.freed(block);
                }
            } finally {
                keeper.freed(block);
            }
        }
        if (freeing.running) {
            return DeleteOutcome.DELETED_WHILE_RUNNING;
        }
        return freeing.armed ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
    }

    /** The map is closed: frees a slot that its closer has not come to, for it failed on the way. */
    final void freeLeftOver(ControlBlock<K> block) {
        if (!StateWord.isFreed(block.word())) {
            freeClosed(block, true);
        }
    }

    @Override
    final boolean isLettingGo() {
        return closing.isLettingGo();
    }

    @Override
    final boolean leaveClosed(ControlBlock<K> block) {
        boolean letGo = isLettingGo();
        if (letGo) {
            freeLeftOver(block);
        }
        return letGo;
    }

    @Override
    final void endFormerRun(ControlBlock<K> block) {
        runner.endFormerRun(block);
    }

    /** The map is closed: frees a slot, which its copy survives if the map was let go of. */
    final void freeClosed(ControlBlock<K> block, boolean letGo) {
        SlotMirror<K> keeping = letGo ? copies.mirror() : null;
        if (keeping == null) {
            free(block);
        } else if (copies.enter(block)) {
            try {
                free(block, keeping);
            } finally {
                copies.leave(block, false);
            }
        }
    }

    /** A slot may have become idle by a step that would have freed it, but for its interval. */
    final void rested(ControlBlock<K> block) {
        intervals.rested(block);
    }

    /** Frees a slot if it is idle and its interval is over. */
    final void freeRested(ValueBlock<K> block, long now) {
        if (!copies.enter(block)) {
            return;
        }
        boolean freed = false;
        capacity.leaving();
        try {
            freed = block.freeIfRested(now);
        } finally {
            capacity.left(freed);
        }
        try {
            if (freed) {
                copies.retired(block);
            }
            copies.leave(block, freed);
        } finally {
            if (freed) {
                freedIdle(block);
            }
        }
    }

    /** The calling thread has freed a slot by the step that would else have left it idle, and its copy says so. */
    final void freedIdle(ControlBlock<K> block) {
        freedIdle(block, false);
    }

    private void freedIdle(ControlBlock<K> block, boolean remembered) {
        try {
            counters.freedIdle.increment();
            departed(block, remembered);
        } finally { // whatever the heap has room for: nobody else lets go of the block
            try {
                detach(block);
                dispatcher.freed(block);
            } finally {
                keeper.freed(block);
            }
        }
    }

    /** Ends the pause of a freed slot, and keeps its history for a while, unless it is remembered as it is. */
    private void departed(ControlBlock<K> block, boolean remembered) {
        SlotDetails<K> details = block.details();
        if (details != null) {
            if (details.resume(0)) {
                counters.paused.decrement();
            }
            if (!isClosed() && !remembered) {
                notes.departed(block, details);
            }
        }
    }

    /** A block was freed that does not run: puts a former one that still runs back in its place in the index. */
    private void detach(ControlBlock<K> block) {
        ControlBlock<K> former = runningPredecessor(block);
        if (gone(block, former) && former != null && !StateWord.isRunning(former.word())) {
            index.remove(former); // its end came too early to find itself in the index
        }
    }

    /** The last run of a freed block has ended. */
    final void removed(ControlBlock<K> block) {
        gone(block, null);
    }

    private boolean gone(ControlBlock<K> block, @Nullable ControlBlock<K> former) {
        boolean replaced = index.gone(block, former);
        closing.gone();
        return replaced;
    }

    /** Arms an incarnation by its handle, from its own callback. */
    @Override
    final StartOutcome restart(ControlBlock<K> block, Duration delay) {
        long nanos = ticker.nanos(clock);
        long deadline = Micros.after(nanos, Limits.delay(delay));
        Series series = block instanceof ScheduledBlock ? Series.KEEP : null;
        return !notes.areKept() || SlotCause.current() != null
                ? arm(block, deadline, nanos, series)
                : BY_CALLBACK.during(() -> arm(block, deadline, nanos, series));
    }

    /**
     * Arms an existing incarnation; {@link StartOutcome#FREED} when it is freed.
     *
     * @param reading the reading of the map's clock that the deadline is reckoned from
     * @param value as in {@link #create(Object, long, long, long, Object)}
     */
    final StartOutcome arm(ControlBlock<K> block, long deadline, long reading, @Nullable Object value) {
        ArmingContexts contexts = armingContexts;
        ArmedIn armedIn = contexts == null ? null : block.needDetails().armedIn();
        Object captured = contexts == null ? null : contexts.capture();
        long nanos = shape != null && shape.asksForTime() ? nanos() : 0;
        if (!copies.enter(block)) {
            return StartOutcome.FREED;
        }
        long before = block.word();
        boolean inside = true;
        boolean done = false;
        try {
            StateWord.Arming arming =
                    plain ? block.arm(deadline) : armWith(block, deadline, nanos, value, armedIn, captured);
            inside = false;
            boolean taken = arming == StateWord.Arming.STARTED || arming == StateWord.Arming.REARMED;
            copies.leaveArmed(block, taken, reading);
            StartOutcome outcome = armed(block, arming, deadline, reading, before);
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

    /**
     * An operation that arms or moves a slot has thrown: an Error, or what a merge function throws.
     *
     * @param inside whether it has not come to {@link Copies#leave}
     * @param before a reading of the word before that
     * @return whether somebody has to see to the slot: not if nothing has changed
     */
    final boolean cutShort(ControlBlock<K> block, boolean inside, long before) {
        if (inside) {
            copies.leave(block, true);
        }
        return copies.mirror() != null || block.word() != before && pauses.isStray(block);
    }

    private StartOutcome armed(
            ControlBlock<K> block, StateWord.Arming arming, long deadline, long reading, long before) {
        if (arming == StateWord.Arming.FREED) {
            return StartOutcome.FREED;
        }
        if (arming == StateWord.Arming.FULL) {
            counters.rejected.increment();
            return StartOutcome.REJECTED;
        }
        boolean started = arming == StateWord.Arming.STARTED;
        long due = shape == null ? deadline : shapedDue(block, deadline);
        (started ? counters.restarted : counters.rearmed).increment();
        notes.recordArmed(block, started ? Kind.STARTED : Kind.REARMED, notes.noted(reading), due, before);
        pending(block, due);
        return started ? StartOutcome.STARTED : StartOutcome.REARMED;
    }

    /**
     * When a slot is due that was armed or moved just now: its shape may have put that earlier than was asked for. Whoever has
     * changed it since then sees to it on its own account.
     */
    final long shapedDue(ControlBlock<K> block, long asked) {
        long word = block.word();
        if (!StateWord.isArmed(word)) {
            return asked;
        }
        return type == SlotType.WORK ? StateWord.deadline(word) : Math.min(asked, StateWord.deadline(word));
    }

    /** Moves what is pending, as far as the map's shape lets it. */
    final StateWord.Move move(ControlBlock<K> block, long deadline) {
        return shape == null ? block.move(deadline) : ((ValueBlock<K>) block).touch(deadline);
    }

    public final boolean takesSchedules() {
        return keySchedules && followsCalendar();
    }

    final boolean isShaped() {
        return shape != null;
    }

    /** Arms together with what belongs to the arming; {@code armedIn} null unless contexts are captured. */
    private StateWord.Arming armWith(
            ControlBlock<K> block,
            long deadline,
            long nanos,
            @Nullable Object value,
            @Nullable ArmedIn armedIn,
            @Nullable Object captured) {
        if (block instanceof ValueBlock<K> carrier) {
            return carrier.arm(deadline, nanos, value, armingContexts, captured);
        }
        if (block instanceof ScheduledBlock<K> scheduled) {
            return scheduled.arm(deadline, value, armingContexts, captured);
        }
        return armedIn == null ? block.arm(deadline) : armedIn.arm(block, deadline, captured);
    }

    /** Arms the firing of a run once more, from inside that run; whoever ends the run passes the slot on. */
    @Override
    final RetryOutcome redeliver(ControlBlock<K> block, Firing<K> firing, Duration delay, boolean postponed) {
        int steps = calendar.begin();
        long nanos = ticker.nanos(clock);
        long deadline = Micros.after(nanos, delay);
        SlotDetails<K> details = block.needDetails();
        Redelivery alone = firing.again(false, postponed); // both made before the step
        Redelivery ahead = firing.again(true, postponed);
        if (!copies.enter(block)) {
            return RetryOutcome.FREED;
        }
        StateWord.Redelivering redelivering = null;
        boolean armed = false;
        boolean done = false;
        try {
            redelivering = redeliver(block, firing, deadline);
            armed = redelivering == StateWord.Redelivering.ARMED;
            done = armed || redelivering == StateWord.Redelivering.PUT_PERIOD_OFF;
        } finally {
            if (redelivering == null) {
                copies.leave(block, true);
            }
        }
        if (done) {
            details.again = armed ? alone : ahead;
        }
        if (done) {
            copies.leaveArmed(block, true, nanos);
        } else {
            copies.leave(
                    block, redelivering == StateWord.Redelivering.SUPERSEDED); // with the values that were passed on
        }
        if (done) {
            if (armed) {
                counters.restarted.increment();
            }
            (postponed ? counters.postponed : counters.retried).increment();
            try {
                calendar.delayed(block, deadline, nanos, steps);
            } catch (Throwable e) { // a schedule or a clock: the firing is delivered again all the same
                notes.unnoted(e);
            }
            long now = notes.noted(nanos);
            notes.record(block, postponed ? Kind.POSTPONED : Kind.RETRIED, now, deadline - now);
        }
        return switch (redelivering) {
            case ARMED, PUT_PERIOD_OFF -> RetryOutcome.SCHEDULED;
            case SUPERSEDED -> RetryOutcome.SUPERSEDED;
            case WITHDRAWN -> RetryOutcome.WITHDRAWN;
            case FREED -> RetryOutcome.FREED;
        };
    }

    private StateWord.Redelivering redeliver(ControlBlock<K> block, Firing<K> firing, long deadline) {
        if (block instanceof ValueBlock<K> carrier) {
            StateWord.Redelivering redelivering =
                    carrier.redeliver(firing.generation(), deadline, firing.carried(), armingContexts);
            switch (redelivering) {
                case ARMED, PUT_PERIOD_OFF, SUPERSEDED -> firing.passedOn();
                case WITHDRAWN, FREED -> {}
            }
            return redelivering;
        }
        return armingContexts == null
                ? block.redeliver(deadline, periods)
                : block.needDetails().armedIn().redeliver(block, firing.generation(), deadline, periods);
    }

    // ---- values -------------------------------------------------------------------------------------------------

    /** What a map with values has pending for a key, which no firing receives any more; null for nothing. */
    final @Nullable Object takePending(K key) {
        ControlBlock<K> block = lookUp(key);
        if (block == null) {
            return null;
        }
        StackRoom.check();
        if (!copies.enter(block)) {
            return null;
        }
        capacity.leaving();
        ValueBlock.Taken taken = null;
        boolean freed = false;
        long before = block.word();
        try {
            ValueBlock<K> carrier = (ValueBlock<K>) block;
            taken = carrier.takeValues(carrier.hasInterval() ? now() : 0);
            freed = taken.disarming() == StateWord.Disarming.CANCELLED_AND_FREED;
        } finally {
            capacity.left(freed);
            if (taken == null) {
                copies.leave(block, false);
            }
        }
        if (freed) {
            copies.retired(block);
        }
        copies.leave(block, true); // from here on the copy does not have them: they are the caller's
        switch (taken.disarming()) {
            case CANCELLED, CANCELLED_AND_FREED, CANCELLED_WHILE_RUNNING -> {
                boolean remembered = false;
                try {
                    counters.cancelled.increment();
                    remembered = notes.recordEnd(block, Kind.CANCELLED, before, freed, isClosed());
                    if (armingContexts != null) {
                        block.needDetails().armedIn().disarmed(block);
                    }
                } catch (Throwable e) { // what was taken is handed out all the same
                    notes.unnoted(e);
                } finally {
                    if (freed) {
                        freedIdle(block, remembered);
                    } else {
                        rested(block);
                    }
                }
            }
            case NOT_ARMED, RUNNING, FREED -> {} // nothing was pending
        }
        return taken.value();
    }

    // ---- pausing ------------------------------------------------------------------------------------------------

    @Override
    public final PauseOutcome pause(K key) {
        return pauses.pause(key);
    }

    @Override
    public final ResumeOutcome resume(K key) {
        return pauses.resume(key);
    }

    @Override
    public final PauseOutcome pause() {
        return pauses.pause();
    }

    @Override
    public final ResumeOutcome resume() {
        return pauses.resume();
    }

    /** All incarnations, one after another. */
    @Override
    final Iterator<ControlBlock<K>> blocks() {
        return index.values().iterator();
    }

    @Override
    public final Optional<Instant> pausedSince() {
        return mapPause().map(PauseSwitch.Pause::at);
    }

    @Override
    public final Optional<SlotCause> pausedBy() {
        return mapPause().map(PauseSwitch.Pause::by);
    }

    /** The pause of the map as a whole. */
    private Optional<PauseSwitch.Pause> mapPause() {
        return isClosed()
                ? Optional.empty()
                : Optional.ofNullable(pauses.ofTheMap().present());
    }

    // ---- binding ------------------------------------------------------------------------------------------------

    @Override
    public final void rebind(SlotCallback<? super K> callback) {
        rebind(callback, () -> {});
    }

    @Override
    public final void rebind(SlotCallback<? super K> callback, Runnable onRelease) {
        binding.exchange(callback, onRelease);
    }

    @Override
    public final boolean rebind(K key, SlotCallback<? super K> callback) {
        Binding.checked(callback);
        ControlBlock<K> block = lookUp(key);
        if (block == null || StateWord.isFreed(block.word())) {
            return false;
        }
        block.needDetails().callback = callback;
        return true;
    }

    final InstalledBinding<K> binding() {
        return binding;
    }

    // ---- closing ------------------------------------------------------------------------------------------------

    @Override
    public final boolean isClosed() {
        return closing.isClosed();
    }

    @Override
    public final CloseOutcome close(Duration limit) throws InterruptedException {
        return closing.end(limit, true);
    }

    @Override
    public final CloseOutcome drop(Duration limit) throws InterruptedException {
        return closing.end(limit, false);
    }

    // ---- views --------------------------------------------------------------------------------------------------

    @Override
    public final Optional<SlotSnapshot> find(K key) {
        return views.find(key);
    }

    @Override
    public final Optional<SlotSnapshot> findByText(String keyText) {
        return views.findByText(keyText);
    }

    @Override
    public final Optional<SlotSnapshot> findDeparted(String keyText) {
        return views.findDeparted(keyText);
    }

    @Override
    public final int scanDeparted(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        return views.scanDeparted(limit, filter, visitor);
    }

    @Override
    public final Optional<SlotMapTimes> times() {
        return Optional.of(views.times());
    }

    @Override
    public final int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        return views.scan(limit, filter, visitor);
    }

    @Override
    public final SlotMapStats stats() {
        sweep(Integer.MAX_VALUE);
        return counters.stats(!keeper.isRunning());
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Class<K> keyType() {
        return keyType;
    }

    @Override
    public final SlotType type() {
        return type;
    }

    /** Of a map with values, what its slots carry. */
    final SlotValues<?> carried() {
        SlotValues<?> present = shape == null ? null : shape.values();
        if (present == null) {
            throw new IllegalStateException("map '" + name + "' has no values");
        }
        return present;
    }

    @Override
    public final WhenIdle whenIdle() {
        return whenIdle;
    }

    @Override
    public final String backend() {
        return backend;
    }

    @Override
    public final String toString() {
        return type + " map '" + name + "'";
    }

    // ---- for the parts ------------------------------------------------------------------------------------------

    /** The last reference of a freed block is gone and its run has ended. Called once per incarnation. */
    @Override
    final void reclaimed(ControlBlock<K> block) {
        counters.reclaimed.increment();
        copies.reclaimed(block);
    }

    @Override
    final void noteNow(ControlBlock<K> block, Kind kind, @Nullable SlotCause cause) {
        notes.noteNow(block, kind, cause);
    }

    @Override
    final boolean keepsHistory() {
        return notes.areKept();
    }

    @Override
    final int historySize() {
        return historySize;
    }

    @Override
    final long openedAt() {
        return notes.openedAt();
    }

    @Override
    final void unnoted(Throwable failure) {
        notes.unnoted(failure);
    }

    final long now() {
        return Micros.floor(nanos());
    }

    /** A reading of the map's clock. */
    @Override
    final long nanos() {
        return ticker.nanos(clock);
    }

    /** A reading of the map's clock as a point on the wall clock. */
    final Instant instant(long reading) {
        return snapshots.instant(reading);
    }

    @Override
    final @Nullable SlotMirror<K> mirror() {
        return copies.mirror();
    }

    final Copies<K> copies() {
        return copies;
    }

    final Notes<K> notes() {
        return notes;
    }

    final Calendar<K> calendar() {
        return calendar;
    }

    @Override
    final @Nullable ArmingContexts armingContexts() {
        return armingContexts;
    }

    final Ticker ticker() {
        return ticker;
    }

    @Override
    final Timekeeper keeper() {
        return keeper;
    }

    @Override
    final SlotClock clock() {
        return clock;
    }

    @Override
    final Periods periods() {
        return periods;
    }

    @Override
    final boolean freesIdle() {
        return freesIdle;
    }

    /** Whether slots have {@link CalendarDetails}: their periods are points of the wall clock. */
    final boolean followsCalendar() {
        return calendar instanceof WallCalendar;
    }

    @Override
    final void intervalBegins(ControlBlock<K> block, long end) {
        intervals.begins((ValueBlock<K>) block, end);
    }

    /** Frees slots that are idle and whose interval is over. Whoever looks does so first: such slots are not to show. */
    @Override
    final void sweep(int most) {
        intervals.sweep(most);
    }

    final Capacity capacity() {
        return capacity;
    }

    @Override
    final Counters counters() {
        return counters;
    }

    @Override
    final Dispatcher<K> dispatcher() {
        return dispatcher;
    }

    final SlotPauses<K> pauses() {
        return pauses;
    }

    @Override
    final boolean isStray(ControlBlock<K> block) {
        return pauses.isStray(block);
    }

    @Override
    final void passOnUnlessPaused(ControlBlock<K> block) {
        pauses.passOnUnlessPaused(block);
    }

    @Override
    final RunBarrier barrier() {
        return barrier;
    }

    @Override
    final int closersInCallbacks() {
        return closing.inCallbacks();
    }
}
