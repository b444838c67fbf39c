package io.asyncslot.core;

import io.asyncslot.Merge;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotValues;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.ArmingContexts;
import java.util.List;
import java.util.Objects;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An incarnation of a slot that carries values, or is otherwise more than a deadline. Thread-safe.
 *
 * @param <K> the key type
 */
final class ValueBlock<K> extends NotedBlock<K> implements SlotShape {

    /*
     * One step
     *
     * The word has no room for a value, so the two change together under this object's monitor: every transition that arms,
     * disarms, moves or frees the word, or begins a run, is made inside it. The others (the end of a run, a reclaim) neither
     * make a value pending nor take one away, and stay outside. A value is pending only while the word is armed.
     *
     * Inside the monitor is nothing of the user's: neither the merge function nor a look at a value. A function is called ahead
     * of the step with the pending value that was seen; the step then begins by asking whether that is still the pending one,
     * and if not the function is called again. What needs room on the heap is made before the word changes.
     *
     * A firing that is delivered again
     *
     * Its values become pending again by the step that arms it, since a cancel, a take or a start may come first. As long as
     * that delivery is what is pending, an accepted value makes it another firing, which takes the next generation: so all
     * attempts of one firing are handed the same.
     *
     * Where slots outlive the process
     *
     * Each value is a KeptValue: encoded, and written to a place of its own, before the step that accepts it. After each step the
     * whole of word, values and the rest is copied in one, under the monitor again, so a copy is always what the slot was at some
     * moment, and an operation answers after a copy that has it. The end of a run does not take the monitor: so whoever copies
     * looks whether the run goes on, and lets go of its values if not. Places that the last copy does not name are freed after it.
     * A run that has passed on its values is not delivered again by itself: what it has passed them on to is.
     */

    private final Shape shape;

    /** A value, or a {@link ValueCollector}; null unless the word is armed. Guarded by {@code this}. */
    private @Nullable Object pending;

    /** Whether what is pending is a firing to be delivered again. Guarded by {@code this}. */
    private boolean again;

    /** The latest deadline of what is pending, unless that is a firing to be delivered again. Guarded by {@code this}. */
    private long latest;

    /** How many of the values were handed to a former run, and are not counted for a flush. Guarded by {@code this}. */
    private int handedBefore;

    /** What has made the pending deadline another than was asked for. Guarded by {@code this}. */
    private @Nullable SlotLimit limit;

    /** Before when no run may begin, for the last one began shortly before; 0 for none. Written with the monitor; volatile. */
    private volatile long notBefore;

    /** The next one in the queue of intervals. Guarded by the queue. */
    @Nullable
    ValueBlock<K> next;

    /** When this one's turn in that queue comes; 0 when it is not there. Guarded by the queue. */
    long queuedUntil;

    /** What it carries where slots outlive the process; null where they do not, or where that is not kept. */
    private final @Nullable Kept kept;

    /** Made from what a former process left; {@code left} null if it had no shape. */
    ValueBlock(SlotHome<K> map, Shape shape, RecoveredSlot<K> slot, int hash, int references, SlotDetails<K> details) {
        super(slot, hash, references, details);
        this.shape = shape;
        this.kept = map.keepsShapes() ? new Kept() : null;
        RecoveredShape left = slot.shape();
        this.latest = left == null ? Micros.NEVER : left.latest();
        if (left != null && kept != null) {
            kept.recovered(left.pending());
            kept.recovered(left.running());
            this.pending = Kept.carried(left.pending(), shape.collects());
            kept.running = Kept.carried(left.running(), shape.collects());
            kept.passedOn = left.passedOn();
            this.again = left.again();
            this.handedBefore = left.handedBefore();
            this.notBefore = left.notBefore();
        }
    }

    ValueBlock(
            SlotHome<K> map,
            Shape shape,
            @Nullable Object first,
            long latest,
            K key,
            int hash,
            long deadline,
            long generation,
            boolean commanded,
            @Nullable SlotDetails<K> details) {
        super(map, key, hash, deadline, generation, commanded, details);
        this.shape = shape;
        this.kept = map.keepsShapes() ? new Kept() : null;
        this.pending = first;
        this.latest = latest;
    }

    /** What a new slot is to begin with: made ahead, outside of the index's step. */
    static @Nullable Object first(Shape shape, @Nullable Object value) {
        if (value == null || !shape.collects()) {
            return value;
        }
        ValueCollector collector = new ValueCollector();
        collector.reserve();
        collector.add(value);
        return collector;
    }

    // ---- arming -------------------------------------------------------------------------------------------------

    boolean hasInterval() {
        return shape.minInterval() != null;
    }

    /**
     * As {@link StateWord#arm}.
     *
     * @param nanos a reading of the map's clock, if the shape asks for it
     * @param value what is accepted; null for nothing
     */
    Arming arm(
            long deadline,
            long nanos,
            @Nullable Object value,
            @Nullable ArmingContexts contexts,
            @Nullable Object captured) {
        if (value != null && shape.mergesByFunction()) {
            return armMerging(deadline, nanos, value, contexts, captured);
        }
        synchronized (this) {
            Object next = merged(value);
            return next == null && value != null ? Arming.FULL : arm(deadline, nanos, value, next, contexts, captured);
        }
    }

    private Arming armMerging(
            long deadline, long nanos, Object value, @Nullable ArmingContexts contexts, @Nullable Object captured) {
        for (; ; ) {
            Object seen = seen();
            Object next = kept(seen == null ? value : applied(seen, value));
            if (next == null) {
                return Arming.FULL;
            }
            try {
                synchronized (this) {
                    if (pending == seen) {
                        return arm(deadline, nanos, value, next, contexts, captured);
                    }
                }
            } finally {
                KeptValue.freeUnlessAccepted(next);
            }
        }
    }

    /** A merged value, kept where slots outlive the process; null when there is no room. */
    private @Nullable Object kept(Object merged) {
        return kept == null ? merged : map().keep(merged);
    }

    /** With the monitor. */
    private Arming arm(
            long deadline,
            long nanos,
            @Nullable Object value,
            @Nullable Object next,
            @Nullable ArmingContexts contexts,
            @Nullable Object captured) {
        boolean first = again || !isArmed(word()); // nobody else arms or disarms it meanwhile
        long bound = shape.maxWait() == null || !first ? latest : shape.latest(nanos);
        long due = deadline;
        SlotLimit held = null;
        if (bound < due) {
            due = bound;
            held = SlotLimit.MAX_WAIT;
        }
        if (isFlushed(value == null ? 0 : 1) && Micros.ceil(nanos) < due) {
            due = Micros.ceil(nanos);
            held = SlotLimit.FLUSH_AT;
        }
        if (due < notBefore) {
            due = notBefore;
            held = SlotLimit.MIN_INTERVAL;
        }
        Arming arming = contexts == null ? arm(due) : needDetails().armedIn().arm(this, due, captured);
        if (arming != Arming.FREED) {
            again = false;
            latest = bound;
            limit = held;
            accept(value, next);
        }
        return arming;
    }

    /** With the monitor: whether there are enough values, with so many more, for a run at once. */
    private boolean isFlushed(int more) {
        int size = pending instanceof ValueCollector collector ? collector.size() : 0;
        return shape.flushAt() != 0 && size - handedBefore + more >= shape.flushAt();
    }

    /** As {@link StateWord#move}, but never beyond the latest deadline, and never away from a flush. */
    synchronized Move touch(long deadline) {
        long word = word();
        long due = deadline;
        SlotLimit held = null;
        if (!again && latest < due) {
            due = latest;
            held = SlotLimit.MAX_WAIT;
        }
        if (isArmed(word) && isFlushed(0) && deadline(word) < due) {
            due = deadline(word);
            held = SlotLimit.FLUSH_AT;
        }
        limit = held;
        return move(due);
    }

    /** What has made the pending deadline another than was asked for; null for nothing. */
    synchronized @Nullable SlotLimit limit() {
        return limit;
    }

    @Override
    public long notBefore() {
        return notBefore;
    }

    /** As {@link StateWord#armIfIdle}; {@code value} null for none. */
    Submission submit(
            long deadline, @Nullable Object value, @Nullable ArmingContexts contexts, @Nullable Object captured) {
        if (value != null && shape.mergesByFunction()) {
            return submitMerging(deadline, value, contexts, captured);
        }
        synchronized (this) {
            Object next = merged(value);
            return next == null && value != null ? Submission.FULL : submit(deadline, value, next, contexts, captured);
        }
    }

    private Submission submitMerging(
            long deadline, Object value, @Nullable ArmingContexts contexts, @Nullable Object captured) {
        for (; ; ) {
            Object seen = seen();
            Object next = kept(seen == null ? value : applied(seen, value));
            if (next == null) {
                return Submission.FULL;
            }
            try {
                synchronized (this) {
                    if (pending == seen) {
                        return submit(deadline, value, next, contexts, captured);
                    }
                }
            } finally {
                KeptValue.freeUnlessAccepted(next);
            }
        }
    }

    /** With the monitor. */
    private Submission submit(
            long deadline,
            @Nullable Object value,
            @Nullable Object next,
            @Nullable ArmingContexts contexts,
            @Nullable Object captured) {
        if (again && value != null) {
            Submission submission = renew(contexts, captured);
            if (submission != Submission.FREED) {
                again = false;
                accept(value, next);
            }
            return submission;
        }
        long due = Math.max(deadline, notBefore);
        Submission submission =
                contexts == null ? armIfIdle(due) : needDetails().armedIn().armIfIdle(this, due, captured);
        if (submission == Submission.SUBMITTED) {
            limit = due > deadline ? SlotLimit.MIN_INTERVAL : null;
        }
        if (submission != Submission.FREED) {
            accept(value, next);
        }
        return submission;
    }

    /** With the monitor: makes another firing of the delivery that is pending: due at the same time, or after the interval. */
    private Submission renew(@Nullable ArmingContexts contexts, @Nullable Object captured) {
        for (; ; ) {
            long seen = word();
            if (isFreed(seen)) {
                return Submission.FREED;
            }
            long due = Math.max(deadline(seen), notBefore);
            boolean renewed = contexts == null // nobody disarms the word without the monitor, but a touch may move it
                    ? tryArm(seen, due)
                    : needDetails().armedIn().renew(this, seen, due, captured);
            if (renewed) {
                return Submission.COALESCED;
            }
        }
    }

    private synchronized @Nullable Object seen() {
        return pending;
    }

    @SuppressWarnings("unchecked") // both are of the map's value type
    private Object applied(Object seen, Object value) {
        SlotValues<?> values = shape.values();
        BinaryOperator<Object> function = values == null ? null : (BinaryOperator<Object>) values.function();
        Object next = function == null ? null : function.apply(KeptValue.handed(seen), KeptValue.handed(value));
        if (next == null) {
            throw new IllegalStateException("the merge function of map '" + map().name()
                    + "' returned null: it has to return one value, made of the pending one and the new one");
        }
        return next;
    }

    /**
     * With the monitor: what is to be pending once a value is accepted; null when there is no room for one, and when none is to
     * be accepted. A collector has room for it then.
     */
    private @Nullable Object merged(@Nullable Object value) {
        Object present = pending;
        SlotValues<?> values = shape.values();
        if (value == null || values == null) {
            return null;
        }
        if (values.merge() != Merge.COLLECT) {
            return present == null || values.merge() == Merge.LAST ? value : present;
        }
        ValueCollector collector = present == null ? new ValueCollector() : (ValueCollector) present;
        if (values.maxValues() != 0 && collector.size() >= values.maxValues()) {
            return null;
        }
        collector.reserve();
        return collector;
    }

    /** With the monitor, after the word was armed: throws nothing. */
    private void accept(@Nullable Object value, @Nullable Object next) {
        if (value != null && next != null) {
            if (next instanceof ValueCollector collector) {
                collector.add(value);
            }
            replace(next);
            if (kept != null) {
                kept.accept(position(), next instanceof ValueCollector ? value : next);
            }
        }
    }

    /** With the monitor: another value is pending, or the same. */
    private void replace(@Nullable Object next) {
        if (kept != null && pending != next && !(pending instanceof ValueCollector)) {
            kept.discard(pending);
        }
        pending = next;
    }

    // ---- taking away --------------------------------------------------------------------------------------------

    /** As {@link StateWord#disarm}. */
    synchronized Disarming cancel() {
        Disarming disarming = disarm();
        switch (disarming) {
            case CANCELLED, CANCELLED_AND_FREED, CANCELLED_WHILE_RUNNING -> dropped();
            case NOT_ARMED, RUNNING, FREED -> {} // nothing was pending
        }
        return disarming;
    }

    /** As {@link StateWord#free}. */
    synchronized Freeing delete() {
        Freeing freeing = free();
        if (freeing != Freeing.ALREADY) { // else it may be left to whoever opens the map next
            dropped();
        }
        return freeing;
    }

    /** As {@link StateWord#freeResting}, unless the interval goes on. */
    synchronized boolean freeIfRested(long now) {
        return notBefore <= now && freeResting();
    }

    private void dropped() {
        if (kept != null) {
            kept.discard(pending);
        }
        gone();
    }

    /** With the monitor: nothing is pending any more. */
    private void gone() {
        limit = null;
        pending = null;
        again = false;
        handedBefore = 0;
    }

    /**
     * What a take did.
     *
     * @param disarming what became of the slot
     * @param value what was pending; null for nothing
     */
    record Taken(Disarming disarming, @Nullable Object value) {}

    /**
     * As {@link StateWord#takePending}, with the values. A slot whose interval goes on stays until that is over.
     *
     * @param now microseconds of the map's clock, if the map has an interval
     */
    synchronized Taken takeValues(long now) {
        Object handed = handed();
        Taken taken = new Taken(Disarming.CANCELLED_AND_FREED, handed); // all made before the step
        Taken whileRunning = new Taken(Disarming.CANCELLED_WHILE_RUNNING, handed);
        Taken left = new Taken(Disarming.CANCELLED, handed);
        Disarming disarming = takePending(now < notBefore);
        return switch (disarming) {
            case CANCELLED -> {
                dropped();
                yield left;
            }
            case CANCELLED_AND_FREED -> {
                dropped();
                yield taken;
            }
            case CANCELLED_WHILE_RUNNING -> {
                dropped();
                yield whileRunning;
            }
            case NOT_ARMED, RUNNING, FREED -> new Taken(disarming, null);
        };
    }

    // ---- runs ---------------------------------------------------------------------------------------------------

    @Override
    FiredRun newRun(FiredRun.@Nullable Copy copy) {
        return new FiredRun.Carrying(copy);
    }

    /** As {@link StateWord#beginFire}: what is pending goes to the run. */
    synchronized Beginning begin(long now, FiredRun.Carrying fired) {
        Object handed = handed();
        long following = shape.notBefore(fired.nanos);
        map().intervalBegins(this, following);
        Beginning beginning = beginFire(now, map().periods(), fired);
        if (beginning == Beginning.BEGUN) {
            notBefore = following;
            fired.value = handed == null && shape.collects() ? List.of() : handed;
            if (kept != null) {
                kept.discard(kept.running); // of a run whose end was not copied
                kept.running = handed;
                kept.passedOn = false;
            }
            gone();
        }
        return beginning;
    }

    /** A run that a former process began is delivered again: with what it was handed. */
    synchronized void beginCutOff(FiredRun.Carrying fired) {
        Object running = kept == null ? null : kept.running;
        Object handed = running instanceof ValueCollector collector ? collector.list() : running;
        fired.value = handed == null && shape.collects() ? List.of() : handed;
    }

    /**
     * As {@link StateWord#redeliver}: what the firing was handed becomes pending again, or goes to what is pending in its
     * place, as what was accepted first.
     *
     * @param carried what the firing was handed; null when it has passed that on before
     */
    Redelivering redeliver(
            long generation, long deadline, @Nullable Object carried, @Nullable ArmingContexts contexts) {
        if (carried == null || !shape.mergesByFunction()) {
            synchronized (this) {
                return redeliver(generation, deadline, carried, passedOn(carried), contexts);
            }
        }
        for (; ; ) {
            Object seen = seen();
            Object next = seen == null ? carried : kept(applied(carried, seen));
            if (next == null) {
                throw new IllegalStateException("slot '" + key() + "' of map '" + map().name()
                        + "' cannot be delivered again: there is no room for its value merged with the pending one");
            }
            try {
                synchronized (this) {
                    if (pending == seen) {
                        return redeliver(generation, deadline, carried, next, contexts);
                    }
                }
            } finally {
                KeptValue.freeUnlessAccepted(next);
            }
        }
    }

    /** With the monitor. */
    private Redelivering redeliver(
            long generation,
            long deadline,
            @Nullable Object carried,
            @Nullable Object next,
            @Nullable ArmingContexts contexts) {
        Redelivering redelivering = contexts == null
                ? redeliver(deadline, map().periods())
                : needDetails().armedIn().redeliver(this, generation, deadline, map().periods());
        switch (redelivering) {
            case ARMED, PUT_PERIOD_OFF -> {
                again = true;
                limit = null;
                returned(carried, next);
            }
            case SUPERSEDED -> returned(carried, next);
            case WITHDRAWN, FREED -> {} // gone with the cancel or the delete
        }
        return redelivering;
    }

    private void returned(@Nullable Object carried, @Nullable Object next) {
        if (carried != null) {
            replace(next);
            handedBefore += carried instanceof ValueList former ? former.size() : 0;
            if (kept != null) {
                if (carried != next && carried instanceof KeptValue) {
                    kept.discard(carried);
                }
                kept.accept(position(), next); // a merged one
                kept.running = null;
                kept.passedOn = true;
            }
        }
    }

    /** With the monitor: what is to be pending when a firing passes on what it was handed. Changes nothing. */
    private @Nullable Object passedOn(@Nullable Object carried) {
        Object present = pending;
        if (carried == null) {
            return present;
        }
        if (!shape.collects()) {
            boolean first = shape.values() != null && shape.values().merge() == Merge.FIRST;
            return present == null || first ? carried : present;
        }
        if (!(carried instanceof ValueList former)) {
            return present; // it was handed none
        }
        ValueCollector collector = former.continued();
        if (present != null) {
            ValueCollector added = (ValueCollector) present;
            for (int i = 0; i < added.size(); i++) {
                collector.reserve();
                collector.add(Objects.requireNonNull(added.get(i)));
            }
        }
        return collector;
    }

    // ---- views --------------------------------------------------------------------------------------------------

    /** What the pending run would be handed; null for nothing. */
    synchronized @Nullable Object look() {
        return KeptValue.handed(handed());
    }

    /** With the monitor. */
    private @Nullable Object handed() {
        return pending instanceof ValueCollector collector ? collector.list() : pending;
    }

    // ---- copies -------------------------------------------------------------------------------------------------

    @Override
    public synchronized void copyShape(ShapeWriter writer, boolean freed) {
        Kept present = kept;
        long word;
        long base;
        do {
            word = word();
            base = generationBase();
        } while (word != word());
        if (present == null || isFreed(word) && !freed && !isFreedIdle(word)) {
            return;
        }
        if (!isRunning(word) || isFreed(word)) {
            present.discard(present.running);
            present.running = null;
            present.passedOn = false;
        }
        present.accept(position(), Kept.at(pending, 0)); // that of a slot which is new
        writer.write(position(), word, base, this);
        present.written();
    }

    @Override
    public synchronized void leaveShape(ShapeWriter reader) {
        if (kept != null) {
            kept.written();
            reader.write(position(), word(), generationBase(), this);
        }
    }

    @Override
    synchronized Freeing copyAndFree(SlotMirror<K> copies) {
        return super.copyAndFree(copies); // no value is accepted in between without a step on the word
    }

    /** Its map was closed and leaves it where it is: the run has ended, and is acknowledged in the copy. */
    @Override
    public synchronized void endedLeft(Runnable acknowledge) {
        if (kept != null) {
            kept.discard(kept.running);
            kept.running = null;
            acknowledge.run();
            kept.written();
        }
    }

    /** The slot is gone, and its copy is not left to anybody: frees what it carries still. */
    @Override
    public synchronized void freeKept() {
        if (kept != null) {
            kept.discard(pending);
            kept.discard(kept.running);
            pending = null;
            kept.running = null;
            kept.written();
        }
    }

    @Override
    void unmade() {
        KeptValue first = Kept.at(pending, 0);
        if (first != null) {
            first.unaccepted();
        }
    }

    @Override
    public long latest() {
        return latest;
    }

    @Override
    public boolean isAgain() {
        return again;
    }

    @Override
    public boolean hasPassedOn() {
        return kept != null && kept.passedOn;
    }

    @Override
    public int handedBefore() {
        return handedBefore;
    }

    @Override
    public @Nullable Object pendingValues() {
        return pending;
    }

    @Override
    public @Nullable Object runningValues() {
        return kept == null ? null : kept.running;
    }

    @Override
    public @Nullable KeptValue keptSchedule() {
        return null;
    }
}
