package io.asyncslot.core;

import io.asyncslot.SlotEvent.Kind;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hands due slots of one map to the executor, no more at once than the map's concurrency. Thread-safe.
 *
 * <p>What is handed over stays in the worker's custody until its run has ended: meanwhile a cancel, a re-arm or a
 * delete still wins, because the state word is asked again when the worker begins. When the executor refuses, the slot
 * goes back to the timekeeper, which tries again: late, never lost, and never run on the timekeeper's thread.
 */
final class Dispatcher<K> {

    private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());

    private final Executor executor;
    private final Timekeeper keeper;
    private final Counters counters;
    private final CallbackRunner<K> runner;
    private final int concurrency;

    /** Slots in the executor's hands; only counted when concurrency is limited. Any thread, by CAS. */
    private final AtomicInteger out = new AtomicInteger();

    /** Slots in the worker's custody that wait for one of those, in arrival order. */
    private final Queue<ControlBlock<K>> waiting = new ConcurrentLinkedQueue<>();

    Dispatcher(Executor executor, Timekeeper keeper, Counters counters, CallbackRunner<K> runner, int concurrency) {
        this.executor = executor;
        this.keeper = keeper;
        this.counters = counters;
        this.runner = runner;
        this.concurrency = concurrency;
    }

    /**
     * Passes a slot from its custodian, the caller, to a worker. On true the caller must not touch it any more: the
     * run may have ended already.
     *
     * @return false when refused; the caller is still the custodian
     */
    boolean handOver(ControlBlock<K> block) {
        if (!block.retainReference()) {
            return false;
        }
        long promised = block.lookAt();
        Waits waits = block.waits();
        if (waits != null) {
            waits.noticed(block.map().nanos(), Micros.toNanos(StateWord.deadline(block.word())));
        }
        block.promise(Custody.WORKER);
        if (submit(block)) {
            return true;
        }
        block.promise(promised);
        block.releaseReference();
        return false;
    }

    /** Hands over again a slot that is in the worker's custody and waited for its former incarnation. */
    void resume(ControlBlock<K> block) {
        gateLeft(block);
        if (!submit(block)) {
            giveBack(block);
        }
    }

    /** What the executor calls. */
    void run(ControlBlock<K> block) {
        RunLoop loop = RunLoop.enter(block);
        if (loop == null) {
            return; // this thread is ending another run, and takes this one up afterwards
        }
        try {
            runOne(block);
            for (ControlBlock<?> next = loop.next(); next != null; next = loop.next()) {
                next.takeUp();
            }
        } finally {
            loop.leave();
        }
    }

    /** Runs one slot in the worker's custody. Throws nothing: an executor that runs tasks inline would see a refusal. */
    void runOne(ControlBlock<K> block) {
        counters.takenUp.increment();
        try {
            runner.run(block);
        } catch (Throwable e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "a run of map '" + block.map().name() + "' failed outside its callback",
                    e);
        } finally {
            keeper.landed();
            if (concurrency != 0) {
                out.decrementAndGet();
                pump();
            }
        }
    }

    private boolean submit(ControlBlock<K> block) {
        keeper.launched();
        if (!keeper.isRunning()) { // looked at after the launch was announced: a stop sees either it or us
            keeper.landed();
            return false;
        }
        counters.handedOver.increment();
        if (concurrency == 0) {
            return execute(block);
        }
        if (!permit()) {
            gateEntered(block);
            waiting.add(block);
            pump(); // a permit may have come back between the two lines above
            return true;
        }
        if (execute(block)) {
            return true;
        }
        out.decrementAndGet();
        pump();
        return false;
    }

    /** Executes what waits as long as there are permits. Whoever gives a permit back, or adds, calls it afterwards. */
    private void pump() {
        while (!waiting.isEmpty() && permit()) {
            ControlBlock<K> next = waiting.poll();
            if (next != null) {
                gateLeft(next);
                if (execute(next)) {
                    continue;
                }
            }
            out.decrementAndGet();
            if (next != null) {
                giveBack(next);
            }
        }
    }

    /** A slot in the caller's custody begins to wait for something else to end. */
    void gateEntered(ControlBlock<K> block) {
        Waits waits = block.waits();
        if (waits != null) {
            waits.gateEntered(block.map().nanos());
        }
    }

    /** A slot in the caller's custody has waited. */
    void gateLeft(ControlBlock<K> block) {
        Waits waits = block.waits();
        if (waits != null) {
            waits.gateLeft(block.map().nanos());
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

    private boolean execute(ControlBlock<K> block) {
        try {
            executor.execute(block);
            return true;
        } catch (RejectedExecutionException e) {
            // the stated policy for a full executor: try again later
        } catch (Throwable e) {
            LOG.log(
                    System.Logger.Level.ERROR,
                    "the executor failed to take a slot of map '" + block.map().name() + "'; trying again",
                    e);
        }
        keeper.landed();
        counters.handedOver.decrement();
        counters.deferred.increment();
        block.map().note(block, Kind.DEFERRED, block.map().now(), -1, null);
        return false;
    }

    /** Returns a slot in the worker's custody to the timekeeper, with the reference it was handed over with. */
    private void giveBack(ControlBlock<K> block) {
        keeper.retry(block);
        block.releaseReference();
    }
}
