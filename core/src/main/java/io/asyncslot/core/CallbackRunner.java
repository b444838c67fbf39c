package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.backend.Binding;
import io.asyncslot.backend.CallbackInvoker;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import io.asyncslot.backend.Shown;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.Ticker;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs the callbacks of one map: begins the run, has the callback called, ends the run, passes custody on. Called by workers that
 * hold custody of the slot and the reference of its expiry. Thread-safe.
 */
final class CallbackRunner<K> {

    private static final Log LOG = new Log(CallbackRunner.class);
    private static final Log.Message NOT_COPIED = LOG.message("the copy of a slot of map '", "' was not written");
    private static final Log.Message NOT_LOOKED_AT =
            LOG.message("the overrun of a run of map '", "' was not looked at");
    private static final Log.Message WAITS_ANEW =
            LOG.message("a slot of map '", "' tries once more to wait for its former run");

    private static final long UNKNOWN = Long.MIN_VALUE;

    /** How long a worker waits that could not begin a run, before it gives the slot back. */
    private static final long PAUSE_NANOS = 1_000_000;

    private static final SlotCause BY_PERIOD = new SlotCause(SlotCause.Type.PERIOD, null);

    private static final SlotCause BY_KERNEL = new SlotCause(SlotCause.Type.KERNEL, null);

    private final LocalSlots<K> map;
    private final Ticker ticker;
    private final CallbackInvoker invoker;

    CallbackRunner(LocalSlots<K> map, BackendContext injected) {
        this.map = map;
        this.ticker = injected.ticker();
        this.invoker = new CallbackInvoker(map, injected);
    }

    /**
     * Begins the run if there still is one to begin, runs the callback, ends the run, passes custody on. All that may fail
     * is done before the run begins, or does not keep it from going on.
     */
    void run(ControlBlock<K> block, RunLoop loop) {
        Calendar<K> calendar = map.calendar();
        Binding<K> binding = null;
        Firing<K> firing;
        FiredRun fired = null;
        StateWord.Beginning beginning;
        int steps = 0;
        boolean decided = false;
        try {
            if (waitsForFormerIncarnation(block)) {
                decided = true;
                return; // with custody and reference; the former run's end hands it over again
            }
            binding = map.binding().use();
            steps = calendar.begin();
            long nanos = ticker.nanos(map.clock());
            fired = block.newRun(map.copies().copyOf(block));
            fired.calendar = calendar.points(block);
            if (fired instanceof FiredRun.Carrying carrying) {
                carrying.nanos = nanos;
                firing = new ValueFiring<>(block, nanos, ticker);
            } else {
                firing = new Firing<>(block, nanos, ticker);
            }
            loop.begins(block);
            beginning = begin(block, binding != null, Micros.floor(nanos), fired);
            decided = true;
        } finally {
            if (!decided) {
                giveBack(block, loop, binding, fired);
            }
        }
        settle(calendar, block, fired, beginning, steps);
        if (beginning == StateWord.Beginning.BEGUN && binding != null) {
            try {
                block.releaseReference(); // the expiry's; a running callback holds none
                binding = map.binding().refresh(binding);
                firing.begun(fired);
                call(block, binding, fired, firing);
            } finally {
                try {
                    binding.release(); // inside the run: an onRelease that waits for it is to be told
                } finally {
                    loop.called();
                    try {
                        end(block);
                    } finally {
                        loop.ended();
                        passOn(block);
                    }
                }
            }
            if (firing.isTold()) {
                invoker.completed(
                        firing,
                        firing.tookNanos(),
                        firing.failure()); // listeners last: the slot is not theirs to hold up
            }
            return;
        }
        loop.called();
        loop.ended();
        boolean freed = beginning == StateWord.Beginning.SKIPPED_AND_FREED;
        try {
            if (freed || beginning == StateWord.Beginning.SKIPPED) {
                skipped(block, fired, Micros.floor(firing.nanos()));
            }
            if (binding != null) {
                binding.release();
            } else {
                map.freeLeftOver(block);
            }
        } finally {
            if (freed) {
                map.capacity().giveBack();
                map.freedIdle(block);
            }
            passOn(block);
            block.releaseReference();
        }
    }

    /** A slot, of a calendar perhaps, has begun its run or not. What fails now is told; the run goes on. */
    private void settle(
            Calendar<K> calendar, ControlBlock<K> block, FiredRun fired, StateWord.Beginning beginning, int steps) {
        try {
            fired.settled(beginning == StateWord.Beginning.BEGUN);
            calendar.check(block, steps);
        } catch (Throwable e) {
            map.notes().unnoted(e);
        }
    }

    /** Something failed before the run began: waits a little, and gives the slot back to the timekeeper. */
    private void giveBack(ControlBlock<K> block, RunLoop loop, @Nullable Binding<K> binding, @Nullable FiredRun fired) {
        if (fired != null) {
            fired.settled(false);
        }
        loop.called();
        loop.ended();
        if (binding != null) {
            binding.release();
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        map.keeper().retry(block);
        block.releaseReference();
    }

    private StateWord.Beginning begin(ControlBlock<K> block, boolean bound, long now, FiredRun fired) {
        SlotDetails<K> details = block.details();
        fired.again = details == null ? null : details.again;
        if (isPaused(block)) { // looked at after the clock: what falls due after a pause has answered never passes
            return StateWord.Beginning.NOT_DUE;
        }
        Recovery recovery = details == null ? null : details.recovery;
        if (recovery != null && recovery.cutOff) {
            return beginCutOff(recovery, block, bound, fired);
        }
        if (!bound) {
            return StateWord.Beginning.FREED;
        }
        StateWord.Beginning beginning = beginNew(block, now, fired);
        switch (beginning) {
            case BEGUN, SKIPPED, SKIPPED_AND_FREED -> {
                fired.whileAway = recovery != null && recovery.isAway(fired);
                try {
                    if (beginning == StateWord.Beginning.SKIPPED_AND_FREED) {
                        map.copies().retired(block);
                    }
                    map.copies().changed(block);
                } catch (Throwable e) { // the run has begun, and goes on
                    NOT_COPIED.error(map.name(), e);
                }
            }
            case NOT_DUE, NOT_ARMED, FREED -> {}
        }
        return beginning;
    }

    private StateWord.Beginning beginNew(ControlBlock<K> block, long now, FiredRun fired) {
        return fired instanceof FiredRun.Carrying carrying
                ? ((ValueBlock<K>) block).begin(now, carrying)
                : block.beginFire(now, map.periods(), fired);
    }

    /** Begins a run that a former process began and did not end. */
    private StateWord.Beginning beginCutOff(Recovery recovery, ControlBlock<K> block, boolean bound, FiredRun fired) {
        recovery.cutOff = false; // before the word is read: whoever waits for the run reads the word first
        boolean freed = !bound || StateWord.isFreed(block.word());
        boolean decided = false;
        try {
            if (freed) {
                map.freeLeftOver(block); // else its end would be a step of a live slot, and acknowledge the run
                recovery.undelivered = true;
                map.counters().skipped.increment();
                map.counters().ended.decrement(); // it has not begun here
            } else {
                fired.again = null;
                fired.deadline = recovery.runDeadline;
                fired.generation = recovery.runGeneration;
                fired.attempt = recovery.attempt + 1;
                if (fired instanceof FiredRun.Carrying carrying) {
                    ((ValueBlock<K>) block).beginCutOff(carrying);
                }
                fired.beginning(map.periods(), fired.deadline); // may fail, and then it has not begun
            }
            decided = true;
        } finally {
            if (!decided) {
                recovery.cutOff = true;
            }
        }
        block.releaseReference(); // which the run held, beside that of the expiry
        if (freed) {
            end(block);
            return StateWord.Beginning.FREED;
        }
        return StateWord.Beginning.BEGUN;
    }

    /** Ends a run that goes on in a former map, of a slot that this one has taken over: called by the thread that ran it. */
    void endFormerRun(ControlBlock<K> block) {
        try {
            end(block);
        } finally {
            passOn(block);
        }
    }

    /** Passes custody on: to nobody if the slot is idle or paused, to the timekeeper if it is armed. */
    private void passOn(ControlBlock<K> block) {
        block.promise(Custody.NOBODY);
        if (StateWord.isFreed(block.word())) {
            block.reclaimIfDone();
        } else {
            map.pauses().passOnUnlessPaused(block); // as a resume: custody first, then
        }
    }

    /**
     * Whether runs of a slot are held back. Then it passes to nobody, armed and due as it may be: whoever ends the pause
     * finds it there. A run that a former process began is not held back: it goes on.
     */
    boolean isPaused(ControlBlock<K> block) {
        SlotDetails<K> details = block.details();
        if (details == null) {
            return map.pauses().isHeld();
        }
        boolean held = map.pauses().isHeld() || details.isPaused();
        return held && (details.recovery == null || !details.recovery.cutOff);
    }

    /** Runs the callback, and notes how it went. What cannot be noted keeps nothing from going on. */
    private void call(ControlBlock<K> block, Binding<K> binding, FiredRun fired, Firing<K> firing) {
        Counters counters = map.counters();
        counters.fired.increment();
        if (fired.rearmed) {
            counters.restarted.increment();
        }
        SlotDetails<K> memory = memory(block);
        SlotDetails<K> details = block.details();
        if (details != null) {
            details.begun(fired.again);
        }
        LastRun before = memory == null ? null : memory.lastRun;
        LastRun run = null;
        ArmedIn armedIn = null;
        try {
            if (map.armingContexts() != null) {
                armedIn = block.needDetails().armedIn();
                armedIn.begun(block, fired.generation, block.periods(map.periods()) != Periods.ONE_SHOT);
            }
            counters.late(firing.latenessNanos());
            if (memory != null && fired.touched) {
                long delay = map.copies().touchMicros();
                map.notes()
                        .note(
                                block,
                                Kind.MOVED,
                                fired.deadline - delay,
                                delay,
                                BY_KERNEL,
                                fired.armedFor(),
                                fired.generation);
            }
            if (memory != null) {
                map.notes()
                        .note(
                                block,
                                Kind.FIRED,
                                Micros.floor(firing.nanos()),
                                Micros.floor(firing.latenessNanos()),
                                fired.byPeriod ? BY_PERIOD : null,
                                fired.armedFor(),
                                fired.generation);
                run = firing.remembered();
                Waits waits = memory.waits();
                if (waits != null) {
                    waits.begun(
                            firing.nanos(),
                            Micros.toNanos(fired.deadline),
                            memory,
                            map.pauses().ofTheMap(),
                            run);
                }
                memory.lastRun = run;
            }
        } catch (Throwable e) {
            map.notes().unnoted(e);
        }
        SlotCallback<? super K> own = details == null ? null : details.callback;
        long began = reading();
        Throwable failure = invoker.call(own == null ? binding.callback() : own, block.key(), firing);
        long ended = reading();
        long took = began == UNKNOWN || ended == UNKNOWN ? 0 : ended - began;
        if (armedIn != null) {
            armedIn.ended();
        }
        firing.over();
        SlotDetails<K> after = block.details(); // which a first retry has made
        Redelivery again = after == null ? null : after.again;
        boolean followed = again != null && !again.postponed();
        if (failure != null) {
            invoker.failed(firing, followed, failure);
        }
        if (again != null && again.postponed() && failure == null) {
            if (memory != null) {
                memory.lastRun = before;
            }
            return;
        }
        if (failure != null && !followed) {
            counters.failed.increment();
        }
        firing.ended(took, failure);
        if (memory != null) {
            noteEnd(block, memory, firing, run, took, failure);
        }
    }

    /** Where to note how the run went; null in a map without history, and when there is no room for it. */
    private @Nullable SlotDetails<K> memory(ControlBlock<K> block) {
        if (!map.keepsHistory()) {
            return null;
        }
        try {
            return block.needDetails();
        } catch (OutOfMemoryError e) {
            map.notes().unnoted(e);
            return null;
        }
    }

    private void noteEnd(
            ControlBlock<K> block,
            SlotDetails<K> memory,
            Firing<K> firing,
            @Nullable LastRun begun,
            long took,
            @Nullable Throwable failure) {
        try {
            LastRun run = begun == null ? firing.remembered() : begun;
            run.ended(took, failure == null ? null : Shown.of(failure));
            memory.lastRun = run;
            map.notes()
                    .note(block, failure == null ? Kind.COMPLETED : Kind.FAILED, map.now(), Micros.floor(took), null);
        } catch (Throwable e) {
            map.notes().unnoted(e);
        }
    }

    /** A reading of the monotonic clock, to measure a callback by; {@link #UNKNOWN} when the clock fails. */
    private long reading() {
        try {
            return ticker.monotonicNanos();
        } catch (Throwable e) {
            map.notes().unnoted(e);
            return UNKNOWN;
        }
    }

    /** Tells the listener that the map is closed. Called once, by the first closer. */
    void closed() {
        invoker.closed();
    }

    private void end(ControlBlock<K> block) {
        boolean held = map.copies().ending(block);
        if (block.periods(map.periods()).leavesOutOverruns()) {
            try {
                Calendar<K> calendar = map.calendar();
                int steps = calendar.begin();
                long now = map.now();
                FiredRun next = block.newRun(null);
                next.calendar = calendar.points(block);
                if (block.skipOverrun(now, map.periods(), next)) {
                    skipped(block, next, now);
                }
                calendar.check(block, steps);
            } catch (Throwable e) { // the period is not left out then
                NOT_LOOKED_AT.error(map.name(), e);
            }
        }
        map.counters().ended.increment();
        map.capacity().leaving();
        StateWord.Ending ending = block.endFire();
        boolean freed = ending == StateWord.Ending.FREED;
        map.capacity().left(freed);
        try {
            map.copies().ended(block, freed, held);
        } finally {
            if (freed) {
                map.freedIdle(block);
            } else if (ending == StateWord.Ending.FREED_BEFORE) {
                map.removed(block);
            } else {
                map.rested(block);
            }
            SlotDetails<K> details = block.details(); // who came to wait before RUNNING was cleared has made them
            if (details != null) {
                details.runEnded(); // before custody passes on: the next run has not begun
                if (details.isAwaited()) {
                    map.barrier().signal();
                }
                resume(details.takeHeirs());
            }
        }
    }

    /** Hands over again those that waited for a run that has ended. */
    private void resume(SlotDetails.@Nullable Heir<K> first) {
        for (SlotDetails.Heir<K> heir = first; heir != null; heir = heir.next()) {
            map.dispatcher().resume(heir.block());
        }
    }

    private void skipped(ControlBlock<K> block, FiredRun left, long now) {
        map.counters().skipped.increment();
        if (left.rearmed) {
            map.counters().restarted.increment();
        }
        map.notes().note(block, Kind.SKIPPED, now, -1, null);
    }

    /**
     * Parks the slot with its former incarnation if that still runs. Publish, then look again: either the run's end
     * finds the slot parked, or we find the run ended and take the slot back, unless the end was quicker.
     */
    private boolean waitsForFormerIncarnation(ControlBlock<K> block) {
        ControlBlock<K> former = map.runningPredecessor(block);
        if (former == null || StateWord.isFreed(block.word())) {
            return false;
        }
        SlotDetails<K> details = former.needDetails();
        dropFreedHeirs(details);
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

    /**
     * Lets go of those that were freed while they waited, so that no number of them gathers behind a run that hangs. To be
     * called before the caller parks a slot: it looks at the run again afterwards, also for those parked here.
     */
    private void dropFreedHeirs(SlotDetails<K> details) {
        for (SlotDetails.Heir<K> heir = details.takeHeirs(); heir != null; heir = heir.next()) {
            boolean parked = false;
            try {
                if (!StateWord.isFreed(heir.block().word())) {
                    details.park(heir.block());
                    parked = true;
                }
            } catch (OutOfMemoryError e) {
                WAITS_ANEW.error(map.name(), e);
            }
            if (!parked) {
                map.dispatcher().resume(heir.block()); // to find that there is no run to begin, or to park anew
            }
        }
    }
}
