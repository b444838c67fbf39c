package io.asyncslot.core;

import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes due slots of one map on to the {@link RunQueue}, no more at once than the map's concurrency, and runs what the
 * executor has taken from there. Thread-safe.
 *
 * <p>What is handed over stays in the worker's custody until its run has ended: meanwhile a cancel, a re-arm or a
 * delete still wins, because the state word is asked again when the worker begins. A stop returns what has not begun to
 * the timekeeper: late, never lost.
 */
final class Dispatcher<K> {

    /** Runs slots in the custody of the caller. */
    interface Runner<K> {

        void run(ControlBlock<K> block, RunLoop loop);
    }

    private static final Log LOG = new Log(Dispatcher.class);
    private static final Log.Message FAILED = LOG.message("a run of map '", "' failed outside its callback");

    private final RunQueue queue;
    private final Timekeeper keeper;
    private final Counters counters;
    private final Runner<K> runner;
    private final int concurrency;

    /** All slots of the map, those included that are freed and still run. */
    private final Supplier<? extends Iterable<ControlBlock<K>>> slots;

    /** Slots that have left {@link #waiting} and have not ended; only counted when concurrency is limited. By CAS. */
    private final AtomicInteger out = new AtomicInteger();

    /** Slots in the worker's custody that wait for one of those, in arrival order. */
    private final Queue<ControlBlock<K>> waiting = new ConcurrentLinkedQueue<>();

    Dispatcher(
            RunQueue queue,
            Timekeeper keeper,
            Counters counters,
            Runner<K> runner,
            int concurrency,
            Supplier<? extends Iterable<ControlBlock<K>>> slots) {
        this.queue = queue;
        this.keeper = keeper;
        this.counters = counters;
        this.runner = runner;
        this.concurrency = concurrency;
        this.slots = slots;
        queue.opened(this);
    }

    /** The map is closed, and its slots are freed: none of them waits any longer. */
    void closed() {
        queue.closed(this);
        returnWaiting();
    }

    /**
     * Passes a slot from its custodian, the caller, to a worker. On true the caller must not touch it any more: the
     * run may have ended already. What it throws, it throws before it has done anything.
     *
     * @return false when callbacks are stopped, or the slot is gone; the caller is still the custodian
     */
    boolean handOver(ControlBlock<K> block) {
        return handOver(block, null);
    }

    /**
     * As {@link #handOver(ControlBlock)}; where the executor takes several slots as one task, by way of {@code gathered}.
     *
     * @param gathered null for none
     */
    boolean handOver(ControlBlock<K> block, RunQueue.@Nullable Gathering gathered) {
        StackRoom.check();
        if (!keeper.isRunning()) {
            return false;
        }
        Waits waits = block.waits();
        if (waits != null) {
            waits.noticed(block.map().nanos(), Micros.toNanos(block.dueAt(block.word())));
        }
        if (!block.retainReference()) {
            return false;
        }
        block.promise(Custody.WORKER);
        submit(block, queue.takesBundles() ? gathered : null);
        return true;
    }

    /** Hands over again a slot that is in the worker's custody and waited for its former incarnation. */
    void resume(ControlBlock<K> block) {
        gateLeft(block);
        submit(block, null);
    }

    /** Runs one slot that is in the executor's hands, if it still is. */
    void runOne(ControlBlock<K> block, RunLoop loop) {
        if (block.takeQueued(Custody.WORKER)) {
            queue.begins(block);
            runTaken(block, loop);
        }
    }

    /**
     * Runs one slot in the caller's custody that is counted as begun. Throws nothing: an executor that runs tasks inline
     * would see a refusal.
     */
    void runTaken(ControlBlock<K> block, RunLoop loop) {
        try {
            if (keeper.isRunning()) { // looked at after the launch was counted: a stop waits for us, or we see it
                counters.takenUp.increment();
                runner.run(block, loop);
            } else {
                giveBack(block);
            }
        } catch (Throwable e) {
            FAILED.error(block.map().name(), e);
        } finally {
            boolean unused = Thread.interrupted(); // what was meant for this run does not meet the next
            try {
                permitBack();
            } finally {
                queue.ended();
            }
        }
    }

    private void submit(ControlBlock<K> block, RunQueue.@Nullable Gathering gathered) {
        counters.handedOver.increment();
        if (isOver(block)) { // while it waited for a former run
            giveBack(block);
            return;
        }
        if (concurrency == 0 || waiting.isEmpty() && permit()) {
            if (gathered == null) {
                queue.offer(block);
            } else {
                gathered.add(block, queue);
            }
            return;
        }
        gateEntered(block);
        try {
            waiting.add(block);
        } catch (OutOfMemoryError e) { // no room to wait in
            giveBack(block);
            return;
        }
        pump(); // a permit may have come back between the two lines above
    }

    /**
     * Whether a slot in the caller's custody was freed and has nothing to begin or to end. RUNNING can only mean a run that
     * a former process did not end: then a worker ends it, freed or not.
     */
    static boolean isOver(ControlBlock<?> block) {
        long word = block.word();
        return StateWord.isFreed(word) && !StateWord.isRunning(word);
    }

    /**
     * Passes on what waits as long as there are permits. Whoever gives a permit back, or adds, calls it afterwards. Once
     * callbacks are stopped it gives all of it back: offered to a queue that gives it back, one would call for the next,
     * ever deeper.
     */
    private void pump() {
        boolean running = keeper.isRunning();
        for (; running && !waiting.isEmpty() && permit(); running = keeper.isRunning()) {
            ControlBlock<K> next = waiting.poll();
            if (next == null) {
                out.decrementAndGet();
            } else {
                gateLeft(next);
                if (isOver(next)) { // not found any more when an executor has dropped it
                    giveBack(next);
                    out.decrementAndGet();
                } else {
                    queue.offer(next);
                }
            }
        }
        if (!running) {
            returnWaiting();
        }
    }

    /** A slot in the caller's custody has to wait for a thread. */
    void deferred(ControlBlock<K> block) {
        counters.deferred.increment();
        block.map().noteNow(block, Kind.DEFERRED, null);
    }

    /** A slot in the caller's custody begins to wait for something else to end. */
    void gateEntered(ControlBlock<K> block) {
        try {
            Waits waits = block.waits();
            if (waits != null) {
                waits.gateEntered(block.map().nanos());
            }
        } catch (Throwable e) {
            block.map().unnoted(e);
        }
    }

    /** A slot in the caller's custody has waited. */
    void gateLeft(ControlBlock<K> block) {
        try {
            Waits waits = block.waits();
            if (waits != null) {
                waits.gateLeft(block.map().nanos());
            }
        } catch (Throwable e) {
            block.map().unnoted(e);
        }
    }

    private boolean permit() {
        for (int seen = out.get(); seen < concurrency; seen = out.get()) {
            if (out.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    private void permitBack() {
        if (concurrency != 0) {
            out.decrementAndGet();
            pump();
        }
    }

    // ---- taken back ---------------------------------------------------------------------------------------------

    /** A slot was freed that does not run: an executor that has it need not come by for it to be reclaimed. */
    void freed(ControlBlock<K> block) {
        if (block.lookAt() == Custody.QUEUED && queue.takeBack(block, Custody.NOBODY)) {
            counters.handedOver.decrement();
            block.releaseReference();
            permitBack();
        }
    }

    /** Callbacks are stopped: gives back what has not begun. */
    void recall() {
        returnWaiting();
        for (ControlBlock<K> block : slots.get()) {
            recall(block);
            ControlBlock<K> former = block.map().runningPredecessor(block);
            if (former
                    != null) { // a run that was cut off, and whose slot was deleted since, is found behind the next one
                // only
                recall(former);
            }
        }
    }

    /** Takes a slot out of the executor's hands, if it is there, and gives it back. */
    boolean recall(ControlBlock<?> block) {
        boolean taken = block.lookAt() == Custody.QUEUED && queue.takeBack(block, Custody.WORKER);
        if (taken) {
            giveBackPermitted(block);
        }
        return taken;
    }

    RunQueue queue() {
        return queue;
    }

    RunQueue.Probe probe() {
        return queue.probe();
    }

    private void returnWaiting() {
        for (ControlBlock<K> next = waiting.poll(); next != null; next = waiting.poll()) {
            gateLeft(next);
            giveBack(next);
        }
    }

    /** Gives back a slot in the caller's custody that has a permit. */
    void giveBackPermitted(ControlBlock<?> block) {
        giveBack(block);
        permitBack();
    }

    /** Returns a slot in the caller's custody to the timekeeper, with the reference it was handed over with. */
    private void giveBack(ControlBlock<?> block) {
        counters.handedOver.decrement();
        keeper.retry(block);
        block.releaseReference();
    }
}
