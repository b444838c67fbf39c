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
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.spi.ArmingContexts;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A map of control blocks on this machine: what timer maps and work maps have in common. Thread-safe.
 *
 * @param <K> the key type
 */
abstract class LocalSlots<K> implements SlotMap<K> {

    /*
     * Index
     *
     * Maps each key to its latest incarnation. A freed incarnation stays until its run has ended, so that a new one of
     * the same key knows whom to wait for; it is invisible to every operation but the awaiting ones. Creation happens
     * inside the index's own atomic step, after the generations of all former incarnations have been retired.
     *
     * Closing
     *
     * A creator publishes first and then looks at `closed`; closing sets `closed` first and then walks the index. Both
     * are sequentially consistent, so one always sees the other: no armed slot survives in a closed map. The creator
     * unwinds by the ordinary free, never by dropping a block that others may already use.
     *
     * Freeing
     *
     * The state word decides (one freer wins), then: retire the generation, leave the index, pass the map's reference
     * to the timekeeper, which lets go of the slot and releases it.
     *
     * Pausing
     *
     * A worker that finds a paused slot lets go of it, armed as it is: the slot is in nobody's hands and at rest. It
     * lets go first and then looks at the pause once more; a resume ends the pause first and then looks whose hands the
     * slot is in. So one of them passes it on.
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
    private final Ticker ticker;
    private final Timekeeper keeper;

    /** Keeps the copies of slots that outlive the process; null where slots end with it. */
    private final @Nullable SlotMirror<K> mirror;

    /** What is taken down where slots are armed; null for nothing. */
    private final @Nullable ArmingContexts armingContexts;

    /** Whether new slots begin with a command for the timekeeper, or else with the executor. */
    private final boolean commanded;

    private final Class<K> keyType;
    private final Keys<K> keys;
    private final Capacity capacity;
    private final CallbackRunner<K> runner;
    private final Dispatcher<K> dispatcher;
    private final SnapshotFactory snapshots;

    private final SlotIndex<K> index = new SlotIndex<>();
    private final BlockMaker<K> maker = this::make;

    /** The highest generation that a former process gave to a slot it freed. */
    private final long retiredBefore;

    private final Counters counters;

    /** Whether the map is paused as a whole. */
    private final PauseSwitch held = new PauseSwitch();

    /** Numbers the causes in histories; null where there are none. */
    private final @Nullable Causes causes;

    /** What slots deleted lately went through; null where there is no history. */
    private final @Nullable Departures departures;

    private final RunBarrier barrier = RunBarrier.of(this);

    private final InstalledBinding<K> binding;

    /** Set by the first to close; volatile, read by creators after they have published. */
    private volatile boolean closed;

    /** Threads in {@link #close}; read by whoever takes a freed block out of the index. */
    private final AtomicInteger closers = new AtomicInteger();

    /** Those of them that are inside callbacks. */
    private final AtomicInteger closersInCallbacks = new AtomicInteger();

    LocalSlots(SlotMapSpec<K> spec, SlotType type, SlotClock clock, Periods periods, LocalContext context) {
        this.name = spec.name();
        this.keyType = spec.keyType();
        this.type = type;
        this.backend = context.backend();
        this.clock = clock;
        this.periods = periods;
        this.historySize = spec.historySize();
        this.ticker = context.injected().ticker();
        this.keeper = context.keeper();
        this.armingContexts = context.injected().armingContexts();
        this.commanded = type == SlotType.TIMER || keeper.measuresWork();
        SlotMirrors mirrors = context.mirrors();
        this.mirror = mirrors == null ? null : mirrors.open(spec, type, clock);
        this.retiredBefore = mirror == null ? 0 : mirror.highestRetired();
        this.keys = new Keys<>(name, keyType, context.injected().maxKeyLength());
        this.capacity = new Capacity(spec.maxEntries());
        this.binding = new InstalledBinding<>(spec.callback());
        this.runner = new CallbackRunner<>(this, context.injected());
        this.counters = new Counters(index::created, commanded ? 2 : 1);
        this.dispatcher = new Dispatcher<>(context.injected().executor(), keeper, counters, runner, spec.concurrency());
        this.causes = historySize == 0 ? null : new Causes();
        this.departures = historySize == 0 ? null : new Departures();
        this.snapshots = new SnapshotFactory(ticker, clock, causes);
    }

    // ---- what a slot became pending means differs by type --------------------------------------------------------

    /** A live slot in nobody's hands was found armed: sees to it that somebody looks at it in time. */
    abstract void pending(ControlBlock<K> block, long deadline);

    /** A new slot was published armed: a timer's with the reference and the inbox claim of its first command. */
    abstract void published(ControlBlock<K> block, long deadline);

    // ---- creation -----------------------------------------------------------------------------------------------

    /**
     * Makes a new incarnation, armed, unless a live one exists.
     *
     * @param kind what to note in its history
     * @param now microseconds of the map's clock
     * @param detail a span to note, or -1
     */
    final Creation create(K key, long deadline, Kind kind, long now, long detail) {
        ArmingContexts contexts = armingContexts;
        Object captured = contexts == null ? null : contexts.capture();
        ControlBlock<K> block = index.create(maker(key), key, deadline);
        if (block == null) {
            return Creation.EXISTS;
        }
        if (block == SlotIndex.<K>noRoom()) {
            counters.rejected.increment();
            return Creation.REJECTED;
        }
        record(block, kind, now, detail);
        if (contexts != null) {
            block.needDetails().armedIn().born(block, captured);
        }
        if (closed) {
            free(block);
            if (commanded) {
                keeper.born(block);
            }
            return Creation.CLOSED;
        }
        published(block, deadline);
        return Creation.CREATED;
    }

    /** Whether new slots begin with a command for the timekeeper, or else with the executor. */
    final boolean commanded() {
        return commanded;
    }

    /** What makes a block in the index's atomic step: the same for all keys, but where a key is to be copied. */
    private BlockMaker<K> maker(K key) {
        SlotMirror<K> present = mirror;
        if (present == null) {
            return maker;
        }
        byte[] encoded = present.encode(key);
        return (same, hash, former, deadline, firstGeneration) ->
                makeCopied(present, encoded, same, hash, former, deadline, firstGeneration);
    }

    private @Nullable ControlBlock<K> makeCopied(
            SlotMirror<K> copies,
            byte[] encoded,
            K key,
            int hash,
            @Nullable ControlBlock<K> former,
            long deadline,
            long firstGeneration) {
        int place = copies.reserve();
        if (place == SlotMirror.FULL) {
            return null;
        }
        ControlBlock<K> block = make(key, hash, former, deadline, Math.max(firstGeneration, retiredBefore + 1));
        if (block == null) {
            copies.giveBack(place);
            return null;
        }
        block.position(place);
        copies.made(block, encoded);
        return block;
    }

    /** Called inside the index's atomic step. */
    private @Nullable ControlBlock<K> make(
            K key, int hash, @Nullable ControlBlock<K> former, long deadline, long firstGeneration) {
        if (!capacity.reserve()) {
            return null;
        }
        long generation = firstGeneration;
        SlotDetails<K> details = historySize == 0 ? null : new SlotDetails<>(historySize);
        if (former != null) {
            generation = Math.max(generation, former.generation() + 1);
            ControlBlock<K> running = StateWord.isRunning(former.word()) ? former : runningPredecessor(former);
            if (running != null) {
                details = details == null ? new SlotDetails<>(0) : details;
                details.predecessor = running;
            }
        }
        return new ControlBlock<>(this, key, hash, deadline, generation, commanded, details);
    }

    /** Makes the slots that a former process left. To be called once, before anybody else has the map. */
    public final void recover() {
        SlotMirror<K> present = mirror;
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
     * A run that was cut off holds a reference until it is handed over again: so a delete in between cannot end the slot
     * under it.
     */
    private void adopt(SlotMirror<K> mirror, RecoveredSlot<K> slot) {
        long word = slot.word();
        SlotDetails<K> details = new SlotDetails<>(historySize);
        long generation = StateWord.generation(word, slot.generationBase());
        Recovery recovery = new Recovery(slot, generation);
        details.recovery = recovery;
        details.again = Recovery.pendingRetry(slot, generation);
        ControlBlock<K> block = index.create(
                (key, hash, former, deadline, firstGeneration) ->
                        new ControlBlock<>(this, slot, hash, recovery.cutOff ? 3 : 2, details),
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
        if (!commanded) {
            throw new IllegalStateException("a mirror needs a timekeeper that measures what it mirrors: " + name);
        }
        keeper.born(block);
    }

    /**
     * Begins an operation that may change the word of a slot: in a map with a mirror with a reference, so that the place
     * of the copy stays the slot's own.
     *
     * @return false when the slot is gone; then it is freed, and {@link #leave} must not be called
     */
    final boolean enter(ControlBlock<K> block) {
        return mirror == null || block.retain();
    }

    /** Ends an operation that may have changed the word of a slot. */
    final void leave(ControlBlock<K> block, boolean changed) {
        if (mirror != null) {
            if (changed) {
                mirror.changed(block);
            }
            if (block.release(1)) {
                block.reclaimIfDone();
            }
        }
    }

    /** The former incarnation, if it exists and still runs. */
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

    final void checkKey(@Nullable Object key) {
        keys.check(key);
    }

    @Override
    public final CancelOutcome cancel(K key) {
        ControlBlock<K> block = lookUp(key);
        return block == null ? gone() : cancel(block);
    }

    private CancelOutcome cancel(ControlBlock<K> block) {
        if (!enter(block)) {
            return gone();
        }
        StateWord.Disarming disarming = block.disarm();
        leave(block, disarming != StateWord.Disarming.NOT_ARMED && disarming != StateWord.Disarming.FREED);
        return switch (disarming) {
            case CANCELLED, CANCELLED_WHILE_RUNNING -> {
                counters.cancelled.increment();
                record(block, Kind.CANCELLED);
                if (armingContexts != null) {
                    block.needDetails().armedIn().disarmed(block);
                }
                yield CancelOutcome.CANCELLED;
            }
            case NOT_ARMED -> CancelOutcome.NOT_ARMED;
            case RUNNING -> CancelOutcome.RUNNING;
            case FREED -> gone();
        };
    }

    private CancelOutcome gone() {
        return closed ? CancelOutcome.CLOSED : CancelOutcome.ABSENT;
    }

    @Override
    public final CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException {
        keys.check(key);
        long nanos = Limits.nanos(limit);
        RunningScope scope = RunningScope.current();
        if (RunningScope.isInside(scope, this, key)) {
            return CancelOutcome.WOULD_DEADLOCK;
        }
        ControlBlock<K> block = index.get(key);
        if (block == null) {
            return gone();
        }
        try (RunAwait<K> runs = new RunAwait<>(block, scope)) {
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
        RunningScope scope = RunningScope.current();
        if (RunningScope.isInside(scope, this, key)) {
            return AwaitOutcome.WOULD_DEADLOCK;
        }
        ControlBlock<K> block = index.get(key);
        if (block == null || !StateWord.isRunning(block.word()) && runningPredecessor(block) == null) {
            return AwaitOutcome.ENDED;
        }
        try (RunAwait<K> runs = new RunAwait<>(block, scope)) {
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
        StateWord.Freeing freeing = block.free();
        if (freeing == StateWord.Freeing.ALREADY) {
            return DeleteOutcome.ABSENT;
        }
        if (mirror != null) {
            mirror.retired(block.generation());
            mirror.changed(block); // with the map's reference in hand
        }
        boolean running = freeing == StateWord.Freeing.RUNNING || freeing == StateWord.Freeing.RUNNING_ARMED;
        boolean armed = freeing == StateWord.Freeing.ARMED || freeing == StateWord.Freeing.RUNNING_ARMED;
        (armed ? counters.deletedArmed : counters.deletedIdle).increment();
        capacity.giveBack();
        departed(block);
        if (!running) {
            detach(block);
        }
        keeper.freed(block);
        return running ? DeleteOutcome.DELETED_WHILE_RUNNING : DeleteOutcome.DELETED;
    }

    /** Ends the pause of a freed slot, and keeps its history for a while. */
    private void departed(ControlBlock<K> block) {
        record(block, Kind.DELETED);
        SlotDetails<K> details = block.details();
        if (details != null) {
            if (details.resume(0)) {
                counters.paused.decrement();
            }
            if (departures != null && details.history != null && !closed) {
                departures.add(block.key(), details.history);
            }
        }
    }

    /** Takes a freed block that does not run out of the index, and puts a former one back that still runs. */
    private void detach(ControlBlock<K> block) {
        ControlBlock<K> former = runningPredecessor(block);
        if (former == null || !index.replace(block, former)) {
            removed(block);
        } else if (!StateWord.isRunning(former.word())) {
            removed(former); // its end came too early to find itself in the index
        }
    }

    /** Takes a freed block whose run has ended out of the index, if it is there. */
    final void removed(ControlBlock<K> block) {
        index.remove(block);
        if (closers.get() != 0) {
            barrier.signal();
        }
    }

    /** Arms an incarnation by its handle, from its own callback. */
    final StartOutcome restart(ControlBlock<K> block, Duration delay) {
        long nanos = ticker.nanos(clock);
        long deadline = Micros.after(nanos, Limits.delay(delay));
        return historySize == 0 || SlotCause.current() != null
                ? arm(block, deadline, noted(nanos))
                : BY_CALLBACK.during(() -> arm(block, deadline, noted(nanos)));
    }

    /** Arms an existing incarnation; {@link StartOutcome#FREED} when it is freed. */
    final StartOutcome arm(ControlBlock<K> block, long deadline, long now) {
        if (!enter(block)) {
            return StartOutcome.FREED;
        }
        StateWord.Arming arming = armingContexts == null
                ? block.arm(deadline)
                : block.needDetails().armedIn().arm(block, deadline, armingContexts.capture());
        leave(block, arming != StateWord.Arming.FREED);
        if (arming == StateWord.Arming.FREED) {
            return StartOutcome.FREED;
        }
        boolean started = arming == StateWord.Arming.STARTED;
        (started ? counters.restarted : counters.rearmed).increment();
        record(block, started ? Kind.STARTED : Kind.REARMED, now, deadline - now);
        pending(block, deadline);
        if (mirror != null && started && deadline >= block.lookAt() && keeper.hasLapsed(block)) {
            keeper.armed(block, deadline);
        }
        return started ? StartOutcome.STARTED : StartOutcome.REARMED;
    }

    /** Arms the firing of a run once more, from inside that run; whoever ends the run passes the slot on. */
    final RetryOutcome redeliver(ControlBlock<K> block, Firing<K> firing, Duration delay, boolean postponed) {
        long nanos = ticker.nanos(clock);
        long deadline = Micros.after(nanos, delay);
        if (!enter(block)) {
            return RetryOutcome.FREED;
        }
        StateWord.Redelivering redelivering = armingContexts == null
                ? block.redeliver(deadline, periods)
                : block.needDetails().armedIn().redeliver(block, firing.generation(), deadline, periods);
        boolean armed = redelivering == StateWord.Redelivering.ARMED;
        boolean done = armed || redelivering == StateWord.Redelivering.PUT_PERIOD_OFF;
        leave(block, done);
        if (done) {
            block.needDetails().again = firing.again(redelivering, postponed);
            if (armed) {
                counters.restarted.increment();
            }
            (postponed ? counters.postponed : counters.retried).increment();
            long now = noted(nanos);
            record(block, postponed ? Kind.POSTPONED : Kind.RETRIED, now, deadline - now);
        }
        return switch (redelivering) {
            case ARMED, PUT_PERIOD_OFF -> RetryOutcome.SCHEDULED;
            case SUPERSEDED -> RetryOutcome.SUPERSEDED;
            case WITHDRAWN -> RetryOutcome.WITHDRAWN;
            case FREED -> RetryOutcome.FREED;
        };
    }

    // ---- pausing ------------------------------------------------------------------------------------------------

    @Override
    public final PauseOutcome pause(K key) {
        ControlBlock<K> block = lookUp(key);
        if (block == null || StateWord.isFreed(block.word())) {
            return closed ? PauseOutcome.CLOSED : PauseOutcome.ABSENT;
        }
        SlotDetails<K> details = block.needDetails();
        if (!details.pause(nanos())) {
            return PauseOutcome.ALREADY_PAUSED;
        }
        counters.paused.increment();
        if (StateWord.isFreed(block.word())) { // who freed it may not have seen the pause
            if (details.resume(0)) {
                counters.paused.decrement();
            }
            return closed ? PauseOutcome.CLOSED : PauseOutcome.ABSENT;
        }
        record(block, Kind.PAUSED);
        return PauseOutcome.PAUSED;
    }

    @Override
    public final ResumeOutcome resume(K key) {
        ControlBlock<K> block = lookUp(key);
        if (block == null || StateWord.isFreed(block.word())) {
            return closed ? ResumeOutcome.CLOSED : ResumeOutcome.ABSENT;
        }
        SlotDetails<K> details = block.details();
        if (details == null || !details.resume(nanos())) {
            return ResumeOutcome.NOT_PAUSED;
        }
        counters.paused.decrement();
        record(block, Kind.RESUMED);
        passOn(block);
        return ResumeOutcome.RESUMED;
    }

    @Override
    public final PauseOutcome pause() {
        if (closed) {
            return PauseOutcome.CLOSED;
        }
        return held.pause(nanos()) ? PauseOutcome.PAUSED : PauseOutcome.ALREADY_PAUSED;
    }

    @Override
    public final ResumeOutcome resume() {
        if (closed) {
            return ResumeOutcome.CLOSED;
        }
        if (!held.resume(nanos())) {
            return ResumeOutcome.NOT_PAUSED;
        }
        keeper.batchBegins();
        try {
            for (ControlBlock<K> block : index.values()) {
                passOn(block);
            }
        } finally {
            keeper.batchEnds();
        }
        return ResumeOutcome.RESUMED;
    }

    /** Sees to it that a slot which may have been held back is looked at in time. */
    private void passOn(ControlBlock<K> block) {
        long word = block.word();
        if (StateWord.isArmed(word) && !StateWord.isFreed(word)) {
            pending(block, StateWord.deadline(word));
        }
    }

    @Override
    public final Optional<Instant> pausedSince() {
        long since = closed ? -1 : held.since();
        return since < 0 ? Optional.empty() : Optional.of(snapshots.instant(since));
    }

    /** Whether the map is paused as a whole. */
    final boolean isHeld() {
        return held.isPaused();
    }

    final PauseSwitch pauseSwitch() {
        return held;
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
        return closed;
    }

    @Override
    public final CloseOutcome close(Duration limit) throws InterruptedException {
        long nanos = Limits.nanos(limit);
        RunningScope scope = RunningScope.current();
        if (RunningScope.isInside(scope, this)) {
            return CloseOutcome.WOULD_DEADLOCK;
        }
        closers.incrementAndGet();
        if (scope != null) {
            closersInCallbacks.incrementAndGet();
        }
        try {
            if (scope != null && RunningScope.isAwaited(scope)) {
                return CloseOutcome.WOULD_DEADLOCK;
            }
            closed = true;
            for (ControlBlock<K> block : index.values()) {
                free(block);
            }
            Binding<K> last = binding.take();
            if (last != null) {
                last.release();
                if (mirror != null) {
                    mirror.closed();
                }
                runner.closed();
            }
            return barrier.await(this::isQuiescent, nanos) ? CloseOutcome.CLOSED : CloseOutcome.TIMED_OUT;
        } finally {
            if (scope != null) {
                closersInCallbacks.decrementAndGet();
            }
            closers.decrementAndGet();
        }
    }

    private boolean isQuiescent() {
        return index.isEmpty();
    }

    // ---- views --------------------------------------------------------------------------------------------------

    @Override
    public final Optional<SlotSnapshot> find(K key) {
        keys.check(key);
        keeper.tidy();
        ControlBlock<K> block = index.get(key);
        return block == null || StateWord.isFreed(block.word()) ? Optional.empty() : snapshot(block);
    }

    /** All that is known of a slot, what the backend has to say included; empty when it was freed meanwhile. */
    private Optional<SlotSnapshot> snapshot(ControlBlock<K> block) {
        SlotSnapshot.Measure measure = mirror == null ? null : measure(mirror, block);
        SlotSnapshot snapshot = snapshots.of(block, true, measure);
        return snapshot.state() == SlotState.FREED ? Optional.empty() : Optional.of(snapshot);
    }

    private SlotSnapshot.@Nullable Measure measure(SlotMirror<K> mirror, ControlBlock<K> block) {
        if (!block.retain()) {
            return null;
        }
        SlotSnapshot.Measure measure = mirror.measure(block);
        if (block.release(1)) {
            block.reclaimIfDone();
        }
        return measure;
    }

    @Override
    public final Optional<SlotSnapshot> findByText(String keyText) {
        if (keys.haveText()) {
            K key = keys.parse(keyText);
            return key == null ? Optional.empty() : find(key);
        }
        for (ControlBlock<K> block : index.values()) {
            if (!StateWord.isFreed(block.word()) && block.key().toString().equals(keyText)) {
                return snapshot(block);
            }
        }
        return Optional.empty();
    }

    @Override
    public final List<SlotEvent> findDeleted(String keyText) {
        return departures == null ? List.of() : departures.find(keyText, snapshots::entries);
    }

    @Override
    public final int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        if (limit < 1) {
            throw new IllegalArgumentException("'limit' must be at least 1: " + limit);
        }
        int visited = 0;
        for (ControlBlock<K> block : index.values()) {
            if (StateWord.isFreed(block.word())) {
                continue;
            }
            SlotSnapshot snapshot = snapshots.of(block, false, null);
            if (filter == null || filter.test(snapshot)) {
                visitor.accept(snapshot);
                if (++visited == limit) {
                    break;
                }
            }
        }
        return visited;
    }

    @Override
    public final SlotMapStats stats() {
        keeper.tidy();
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
    final void reclaimed(ControlBlock<K> block) {
        counters.reclaimed.increment();
        if (mirror != null) {
            mirror.reclaimed(block);
        }
    }

    /** A reading of the clock as the history notes it, rounded up as deadlines are; anything when there is none. */
    final long noted(long nanos) {
        return historySize == 0 ? 0 : Micros.ceil(nanos);
    }

    final void record(ControlBlock<K> block, Kind kind) {
        if (historySize != 0) {
            record(block, kind, now(), -1);
        }
    }

    final void record(ControlBlock<K> block, Kind kind, long now, long detail) {
        if (historySize != 0) {
            note(block, kind, now, detail, SlotCause.current());
        }
    }

    /** Records what is not on the calling thread's account. */
    final void note(ControlBlock<K> block, Kind kind, long now, long detail, @Nullable SlotCause cause) {
        SlotDetails<K> details = causes == null ? null : block.details();
        if (causes != null && details != null && details.history != null) {
            details.history.add(kind, now, detail, causes.number(cause));
        }
    }

    final long now() {
        return Micros.floor(nanos());
    }

    /** A reading of the map's clock. */
    final long nanos() {
        return ticker.nanos(clock);
    }

    final @Nullable SlotMirror<K> mirror() {
        return mirror;
    }

    final @Nullable ArmingContexts armingContexts() {
        return armingContexts;
    }

    final Ticker ticker() {
        return ticker;
    }

    final Timekeeper keeper() {
        return keeper;
    }

    final SlotClock clock() {
        return clock;
    }

    final Periods periods() {
        return periods;
    }

    final Counters counters() {
        return counters;
    }

    final Dispatcher<K> dispatcher() {
        return dispatcher;
    }

    final RunBarrier barrier() {
        return barrier;
    }

    final int closersInCallbacks() {
        return closersInCallbacks.get();
    }
}
