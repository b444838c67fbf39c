package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.backend.Binding;
import io.asyncslot.backend.CallbackInvoker;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.Shown;
import io.asyncslot.cluster.node.HeldSlots.Hold;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Runs the callbacks of one map: begins the run, has the callback called, ends the run. Called by workers with a slot that is due.
 * Thread-safe.
 */
final class Runner<K> {

    private static final Log LOG = new Log(Runner.class);

    private static final Duration LOCKED_PAUSE = Duration.ofMillis(3);
    private static final Duration AWAY_PAUSE = Duration.ofMillis(100);
    private static final Duration FAILED_PAUSE = Duration.ofSeconds(30);

    /** How long a worker stays with a run that has returned and cannot be ended, because the database is away. */
    private static final Duration END_WAIT = Duration.ofSeconds(1);

    /** What there is to wait for where no run has begun. */
    private static final CompletableFuture<Void> NOTHING = CompletableFuture.completedFuture(null);

    private final StoredSlots<K> slots;
    private final ClusterEngine engine;
    private final Ticker ticker;
    private final CallbackInvoker invoker;

    Runner(StoredSlots<K> slots, ClusterEngine engine) {
        this.slots = slots;
        this.engine = engine;
        this.ticker = engine.injected().ticker();
        this.invoker = new CallbackInvoker(slots, engine.injected());
    }

    /** Begins the run if there still is one to begin, runs the callback, ends the run. Does not throw. */
    @SuppressWarnings("FutureReturnValueIgnored") // what the stage does cannot fail
    void run(SlotId id) {
        slots.waitsNoMore();
        Hold hold = engine.holds().get(id);
        if (hold == null) {
            return;
        }
        Binding<K> binding = engine.enter() ? slots.binding().use() : null;
        CompletableFuture<Void> over = NOTHING;
        try {
            if (binding == null) {
                engine.holds().done(id, hold); // stopped or closed: the row is somebody else's to look after
            } else {
                over = begin(id, hold, binding);
            }
        } finally {
            over.whenComplete((ended, failure) -> engine.exit());
        }
    }

    /**
     * Begins a run, unless one of the slot goes on in this process: then the hold waits for that.
     *
     * @return completes when the run has ended in the database
     */
    @SuppressWarnings("FutureReturnValueIgnored") // what the stage does cannot fail
    private CompletableFuture<Void> begin(SlotId id, Hold hold, Binding<K> inHand) {
        CompletableFuture<Void> former = engine.runs().reserve(id);
        if (former != null) {
            inHand.release();
            former.whenComplete((free, failure) -> engine.holds().again(id, Duration.ZERO));
            return NOTHING;
        }
        Run run = null;
        try {
            run = beginReserved(id, hold, inHand);
        } finally {
            if (run == null) {
                engine.runs().notBegun(id);
            }
        }
        return run == null ? NOTHING : run.ended();
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end of a run that was left out
    private @Nullable Run beginReserved(SlotId id, Hold hold, Binding<K> inHand) {
        Periods periods = slots.periods(id, hold.schedule());
        if (periods == null) {
            inHand.release();
            engine.holds().again(id, FAILED_PAUSE); // it waits for somebody who can read its schedule
            return null;
        }
        long now = Math.max(engine.clock().micros(), hold.due());
        boolean skip = hold.period() && (hold.overrun() || periods.leavesOut(hold.due(), now));
        long next = periods.next(hold.point(), now);
        K key = slots.key(id);
        if (key == null) {
            inHand.release();
            engine.holds().again(id, FAILED_PAUSE); // it waits for somebody who can read it
            return null;
        }
        BeginCommits.Answer answer;
        try {
            answer = engine.begins()
                    .begin(
                            new Begin(
                                    id,
                                    hold.generation(),
                                    next == Periods.NONE ? SlotStore.NONE : next,
                                    slots.carrying().hasValues(),
                                    slots.carrying().collects(),
                                    slots.carrying().minInterval(),
                                    next == Periods.NONE && !hold.period() ? SlotStore.NONE : hold.due()),
                            hold.locked());
        } catch (BackendUnavailableException e) {
            inHand.release();
            engine.holds().again(id, AWAY_PAUSE);
            return null;
        } catch (RuntimeException | Error e) {
            inHand.release();
            engine.holds().again(id, FAILED_PAUSE);
            LOG.warning(
                    "slot '" + Shown.inLine(id.key()) + "' of map '",
                    id.map(),
                    "' could not begin; it is tried again later",
                    e);
            return null;
        }
        StartedRun begun = answer.begun();
        if (begun == null) {
            inHand.release();
            refused(id, hold, answer.refused());
            return null;
        }
        Run run = new Run(slots, answer.node(), begun);
        engine.runs().begun(run);
        if (run.node() != engine.membership().node()) {
            run.cancel(); // given up while the answer was under way: nobody had told it
        }
        engine.holds().done(id, hold);
        if (begun.state() == StartedRun.State.OVER) {
            inHand.release();
            engine.ends().end(run);
            return run;
        }
        if (next != Periods.NONE && !hold.cutOff()) {
            slots.counters().started.increment();
        }
        if (skip) {
            inHand.release();
            slots.counters().skipped.increment();
            slots.record(id, Kind.SKIPPED, now - begun.due());
            engine.ends().end(run);
            return run;
        }
        Object value;
        try {
            value = slots.handed(begun);
        } catch (Throwable e) {
            inHand.release();
            slots.unreadable(run, e);
            return run;
        }
        if (hold.cutOff()) {
            slots.counters().started.increment(); // delivered once more than it was armed
            engine.redelivered();
        }
        run(run, key, value, slots.binding().refresh(inHand));
        return run;
    }

    private void refused(SlotId id, Hold hold, @Nullable NotBegun refused) {
        if (refused == null) {
            throw new IllegalStateException("neither begun nor refused: " + id);
        }
        switch (refused.reason()) {
            case LOCKED -> engine.holds().locked(id, LOCKED_PAUSE);
            case EARLY -> engine.holds().until(id, hold, refused.due());
            case GONE -> engine.holds().done(id, hold);
        }
    }

    private void run(Run run, K key, @Nullable Object value, Binding<K> binding) {
        Firing<K> firing = new Firing<>(slots, run, key, value, engine.clock().micros());
        Throwable failure;
        long began = ticker.monotonicNanos();
        long took;
        try {
            slots.counters().fired.increment();
            slots.counters().late(firing.latenessMicros());
            slots.record(run.id(), Kind.FIRED, firing.latenessMicros());
            failure = invoke(slots.callback(run, binding), key, run, firing);
            took = ticker.monotonicNanos() - began;
            run.finished(took / 1_000, failure, slots.carrying().after(firing.firedMicros()));
            if (failure != null) {
                boolean followed = run.again() == Run.Again.RETRIED;
                invoker.failed(firing, followed, failure);
                if (!followed) {
                    slots.counters().failed.increment();
                }
            }
            slots.record(run.id(), failure == null ? Kind.COMPLETED : Kind.FAILED, took / 1_000);
        } finally {
            binding.release();
            end(run);
        }
        if (failure != null || run.again() != Run.Again.POSTPONED) {
            invoker.completed(firing, took, failure);
        }
    }

    private @Nullable Throwable invoke(SlotCallback<? super K> callback, K key, Run run, Firing<K> firing) {
        RunScope.enter(run);
        try {
            return invoker.call(callback, key, firing);
        } finally {
            RunScope.leave();
        }
    }

    /** Ends the run, and waits for that, so that its listener finds the slot at rest. */
    private void end(Run run) {
        boolean interrupted = Thread.interrupted();
        try {
            boolean unused =
                    engine.threads().await(engine.ends().end(run), END_WAIT); // or else it is told when it is back
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells the listener that the map is closed. Called once, by the first closer. */
    void closed() {
        invoker.closed();
    }
}
