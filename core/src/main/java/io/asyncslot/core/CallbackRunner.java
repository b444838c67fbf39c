package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.SlotSnapshot.LatenessSplit;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotInterceptor;
import io.asyncslot.spi.SlotListener;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Runs the callbacks of one map: the only place that calls user code. Called by workers that hold custody of the slot
 * and the reference of its expiry. Thread-safe.
 */
final class CallbackRunner<K> {

    private static final System.Logger LOG = System.getLogger(CallbackRunner.class.getName());

    private static final SlotCause BY_PERIOD = new SlotCause(SlotCause.Type.PERIOD, null);

    private final LocalSlots<K> map;
    private final Ticker ticker;
    private final SlotListener listener;

    /** Is called around every run; null where there is none. */
    private final @Nullable SlotInterceptor interceptor;

    CallbackRunner(LocalSlots<K> map, BackendContext injected) {
        this.map = map;
        this.ticker = injected.ticker();
        this.listener = injected.listener();
        this.interceptor = injected.interceptor();
    }

    /** Begins the run if there still is one to begin, runs the callback, ends the run, passes custody on. */
    void run(ControlBlock<K> block) {
        if (waitsForFormerIncarnation(block)) {
            return; // with custody and reference; the former run's end hands it over again
        }
        Binding<K> binding = map.binding().use();
        long nanos = ticker.nanos(map.clock());
        long now = Micros.floor(nanos);
        SlotMirror<K> mirror = map.mirror();
        FiredRun fired = FiredRun.of(mirror, block);
        SlotDetails<K> details = block.details();
        fired.again = details == null ? null : details.again;
        StateWord.Beginning beginning;
        if (isPaused(block)) { // looked at after the clock: what falls due after a pause has answered never passes
            beginning = StateWord.Beginning.NOT_DUE;
        } else if (mirror != null) {
            beginning = begin(mirror, block, binding != null, now, fired);
        } else {
            beginning = binding == null ? StateWord.Beginning.FREED : block.beginFire(now, map.periods(), fired);
        }
        if (beginning == StateWord.Beginning.BEGUN && binding != null) {
            block.releaseReference(); // the expiry's; a running callback holds none
            binding = map.binding().refresh(binding);
            if (details != null) {
                details.begun(fired.again);
            }
            @Nullable EndedRun<K> run;
            try {
                run = call(block, binding, fired, nanos);
            } finally {
                binding.release();
                end(block);
                letGo(block);
            }
            if (run != null) {
                tell(run); // listeners last: the slot is not theirs to hold up
            }
            return;
        }
        if (beginning == StateWord.Beginning.SKIPPED) {
            skipped(block, fired, now);
        }
        if (binding != null) {
            binding.release();
        }
        letGo(block);
        block.releaseReference();
    }

    /** Begins a run of a map with a mirror: one that a former process began and did not end, or a new one. */
    private StateWord.Beginning begin(
            SlotMirror<K> mirror, ControlBlock<K> block, boolean bound, long now, FiredRun fired) {
        SlotDetails<K> details = block.details();
        Recovery recovery = details == null ? null : details.recovery;
        if (recovery != null && recovery.cutOff) {
            recovery.cutOff = false;
            if (!bound || StateWord.isFreed(block.word())) {
                map.counters().skipped.increment();
                map.counters().ended.decrement(); // it has not begun here
                end(block);
                return StateWord.Beginning.FREED;
            }
            fired.again = null;
            fired.deadline = recovery.runDeadline;
            fired.generation = recovery.runGeneration;
            fired.attempt = recovery.attempt + 1;
            fired.beginning();
            return StateWord.Beginning.BEGUN;
        }
        if (!bound) {
            return StateWord.Beginning.FREED;
        }
        StateWord.Beginning beginning = block.beginFire(now, map.periods(), fired);
        if (beginning == StateWord.Beginning.BEGUN || beginning == StateWord.Beginning.SKIPPED) {
            fired.whileAway = recovery != null && recovery.isAway(fired);
            mirror.changed(block);
        }
        return beginning;
    }

    /** Passes custody on: to nobody if the slot is idle or paused, to the timekeeper if it is armed. */
    private void letGo(ControlBlock<K> block) {
        block.promise(Custody.NOBODY);
        long word = block.word();
        if (StateWord.isFreed(word)) {
            block.reclaimIfDone();
        } else if (StateWord.isArmed(word) && !isPaused(block)) { // as a resume: custody first, then
            map.pending(block, StateWord.deadline(word));
        }
    }

    /**
     * Whether runs of a slot are held back. Then it passes to nobody, armed and due as it may be: whoever ends the pause
     * finds it there. A run that a former process began is not held back: it goes on.
     */
    private boolean isPaused(ControlBlock<K> block) {
        SlotDetails<K> details = block.details();
        if (details == null) {
            return map.isHeld();
        }
        boolean held = map.isHeld() || details.isPaused();
        return held && (details.recovery == null || !details.recovery.cutOff);
    }

    /** Runs the callback and notes how it went; null when it was postponed, so that no callback has ended. */
    private @Nullable EndedRun<K> call(ControlBlock<K> block, Binding<K> binding, FiredRun fired, long nanos) {
        Firing<K> firing = new Firing<>(block, fired, nanos, ticker);
        SlotDetails<K> details = block.details();
        Counters counters = map.counters();
        counters.fired.increment();
        counters.late(firing.latenessNanos());
        if (fired.rearmed) {
            counters.restarted.increment();
        }
        SlotDetails<K> memory = details != null && details.history != null ? details : null;
        LatenessSplit split = null;
        LastFiring before = memory == null ? null : memory.lastFiring;
        if (memory != null) {
            map.note(
                    block,
                    Kind.FIRED,
                    Micros.floor(nanos),
                    Micros.floor(firing.latenessNanos()),
                    fired.byPeriod ? BY_PERIOD : null);
            split = split(memory, fired, nanos);
            memory.lastFiring = new LastFiring(
                    firing.firedAt(), firing.generation(), firing.attempt(), firing.lateness(), split, null, null);
        }
        SlotCallback<? super K> own = details == null ? null : details.callback;
        ArmedIn armedIn =
                map.armingContexts() == null ? null : block.needDetails().armedIn();
        if (armedIn != null) {
            armedIn.begun(block, fired.generation, map.periods() != Periods.ONE_SHOT);
        }
        long began = ticker.monotonicNanos();
        Throwable failure = invoke(own == null ? binding.callback : own, block, firing);
        long took = ticker.monotonicNanos() - began;
        if (armedIn != null) {
            armedIn.ended();
        }
        firing.over();
        Redelivery again = again(block);
        if (again != null && again.postponed() && failure == null) {
            if (memory != null) {
                memory.lastFiring = before;
            }
            return null;
        }
        if (failure != null && (again == null || again.postponed())) {
            counters.failed.increment();
        }
        if (memory != null) {
            map.note(block, failure == null ? Kind.COMPLETED : Kind.FAILED, map.now(), Micros.floor(took), null);
            memory.lastFiring = new LastFiring(
                    firing.firedAt(),
                    firing.generation(),
                    firing.attempt(),
                    firing.lateness(),
                    split,
                    Duration.ofNanos(took),
                    failure == null ? null : Shown.of(failure));
        }
        return new EndedRun<>(firing, Duration.ofNanos(took), failure);
    }

    private @Nullable LatenessSplit split(SlotDetails<K> details, FiredRun fired, long nanos) {
        Waits waits = details.waits();
        return waits == null ? null : waits.begun(nanos, Micros.toNanos(fired.deadline), details, map.pauseSwitch());
    }

    private @Nullable Throwable invoke(SlotCallback<? super K> callback, ControlBlock<K> block, Firing<K> firing) {
        RunningScope.enter(block);
        try {
            if (interceptor == null) {
                callback.run(block.key(), firing);
            } else {
                interceptor.run(block.key(), firing, ofAnyKey(callback));
            }
            return null;
        } catch (Throwable e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            failed(block, firing, e);
            return e;
        } finally {
            RunningScope.leave();
        }
    }

    /** Whether the run that goes on is delivered again. */
    private @Nullable Redelivery again(ControlBlock<K> block) {
        SlotDetails<K> details = block.details();
        return details == null ? null : details.again;
    }

    /** Tells of a failure: with all that is known of it when it is final, in a line when another attempt follows. */
    private void failed(ControlBlock<K> block, Firing<K> firing, Throwable failure) {
        String message = "the callback of slot '" + Shown.of(block.key()) + "' of map '" + map.name()
                + "' failed, generation " + firing.generation();
        Redelivery again = again(block);
        if (again == null || again.postponed()) {
            warn(message, failure);
        } else {
            log(
                    System.Logger.Level.INFO,
                    message + ", attempt " + firing.attempt() + "; another one follows: " + Shown.of(failure),
                    null);
        }
    }

    /** A callback of this map is only ever called with this map's keys. */
    @SuppressWarnings("unchecked")
    private static SlotCallback<Object> ofAnyKey(SlotCallback<?> callback) {
        return (SlotCallback<Object>) callback;
    }

    /** Tells the listener that the map is closed. Called once, by the first closer. */
    void closed() {
        try {
            listener.closed(map);
        } catch (Throwable e) {
            warn("a slot listener failed on map '" + map.name() + "'", e);
        }
    }

    private void tell(EndedRun<K> run) {
        try {
            listener.completed(run.firing, run.took, run.failure);
        } catch (Throwable e) {
            warn("a slot listener failed on map '" + map.name() + "'", e);
        }
    }

    private static void warn(String message, Throwable failure) {
        log(System.Logger.Level.WARNING, message, failure);
    }

    /** Tells of a failure in user code. A logger may fail on a user's exception: the run goes on all the same. */
    private static void log(System.Logger.Level level, String message, @Nullable Throwable failure) {
        try {
            LOG.log(level, message, failure);
        } catch (Throwable e) {
            // what failed is counted and told to the listener; there is nobody else to tell
        }
    }

    private void end(ControlBlock<K> block) {
        SlotMirror<K> mirror = map.mirror();
        boolean held = mirror != null && block.retain(); // not held: freed, and its copy says so
        if (map.periods().leavesOutOverruns()) {
            long now = map.now();
            FiredRun next = new FiredRun();
            if (block.skipOverrun(now, map.periods(), next)) {
                skipped(block, next, now);
            }
        }
        map.counters().ended.increment();
        block.endFire();
        if (mirror != null) {
            if (held) {
                mirror.changed(block); // the firing is acknowledged
            }
            mirror.ended(block);
            if (held && block.release(1)) {
                block.reclaimIfDone();
            }
        }
        if (StateWord.isFreed(block.word())) {
            map.removed(block);
        }
        SlotDetails<K> details = block.details(); // who came to wait before RUNNING was cleared has made them
        if (details != null) {
            details.runEnded(); // before custody passes on: the next run has not begun
            if (details.isAwaited()) {
                map.barrier().signal();
            }
            SlotDetails.Heir<K> heir = details.takeHeirs();
            while (heir != null) {
                map.dispatcher().resume(heir.block());
                heir = heir.next();
            }
        }
    }

    private void skipped(ControlBlock<K> block, FiredRun left, long now) {
        map.counters().skipped.increment();
        if (left.rearmed) {
            map.counters().restarted.increment();
        }
        map.note(block, Kind.SKIPPED, now, -1, null);
    }

    /**
     * Parks the slot with its former incarnation if that still runs. Publish, then look again: either the run's end
     * finds the slot parked, or we find the run ended and take the slot back, unless the end was quicker.
     */
    private boolean waitsForFormerIncarnation(ControlBlock<K> block) {
        ControlBlock<K> former = map.runningPredecessor(block);
        if (former == null) {
            return false;
        }
        SlotDetails<K> details = former.needDetails();
        map.dispatcher().gateEntered(block);
        details.park(block);
        if (StateWord.isRunning(former.word())) {
            return true;
        }
        // the run has ended: whoever takes the stack hands over all of it, and that may be the run's end or we
        SlotDetails.Heir<K> heir = details.takeHeirs();
        boolean mine = false;
        while (heir != null) {
            if (heir.block() == block) {
                mine = true;
            } else {
                map.dispatcher().resume(heir.block());
            }
            heir = heir.next();
        }
        if (mine) {
            map.dispatcher().gateLeft(block);
        }
        return !mine;
    }

    /** What the listener is told. */
    private record EndedRun<K>(
            Firing<K> firing, Duration took, @Nullable Throwable failure) {}
}
