package io.asyncslot.core;

import io.asyncslot.backend.InFlight;
import io.asyncslot.backend.Locks;
import io.asyncslot.backend.Log;
import io.asyncslot.spi.SharedTasks;
import io.asyncslot.spi.Ticker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where due slots of one backend wait for a thread of the executor: timers and work items of all its maps, first come,
 * first served. Thread-safe.
 */
public final class RunQueue {

    /*
     * One queue
     *
     * What comes while nobody waits is offered to the executor at once. What the executor refuses waits, and what comes
     * then waits behind it: so a refusal is met by the head of the queue only, and delays nobody but those who need the
     * same threads. One slot is offered at a time, outside the lock, for the executor is the user's code; who finds an
     * offer under way leaves it to that thread to look again. A run that begins shows that its offer was taken: so the
     * queue goes on while an executor runs the offered slot in the calling thread.
     *
     * Who looks at the queue
     *
     *   a run begins    a place in the executor's own queue may be free
     *   a run ends      a permit or a thread may be free. If the executor still refuses, and has none of our slots in its
     *                   own queue, then the thread that is just becoming free runs the head itself, for SLICE_NANOS at
     *                   the most: then others who use the executor have their turn
     *   nobody          nobody tells us that a task of others has ended, or that a thread which had nothing to go on with
     *                   has come back to its executor: a timer does, the last resort. It takes twice as long each time,
     *                   up to LONGEST_MICROS, as long as somebody waits
     *
     * Taken back
     *
     * A slot in the executor's hands is in custody QUEUED. Whoever takes it out of that, by CAS, has it: the thread that
     * runs it, the offerer that was refused, a stop, or the freer of the slot. So it does not matter whether an executor
     * drops a task, runs it twice, or runs it and then says that it did not.
     */

    private static final Log LOG = new Log(RunQueue.class);
    private static final Log.Message NOT_TAKEN_TOGETHER =
            LOG.message("the executor failed to take several slots at a time: ", "");
    private static final Log.Message CLOCK_FAILED = LOG.message("the clock failed: ", "");
    private static final Log.Message NOT_TAKEN =
            LOG.message("the executor failed to take a slot of map '", "'; trying again");
    private static final Log.Message NO_ROOM = LOG.message("there was no room for a run of map '", "'; trying again");

    private static final @Nullable ControlBlock<?>[] NONE = new ControlBlock<?>[0];

    private static final long SHORTEST_MICROS = 1_000;
    private static final long LONGEST_MICROS = 32_000;
    private static final long SLICE_NANOS = 100_000_000;

    private final Executor executor;
    private final Ticker ticker;
    private final Timekeeper keeper;
    private final InFlight inFlight;
    private final boolean bundles;

    /** Whether the thread is inside the executor's {@code execute}: then it is not the executor's to go on with. */
    @SuppressWarnings("ThreadLocalUsage") // a queue's own: a callback of one registry may submit to another
    private final ThreadLocal<@Nullable Boolean> offering = new ThreadLocal<>();

    /** The dispatchers of the open maps: what is in the executor's hands is found through them. */
    private final Set<Dispatcher<?>> dispatchers = ConcurrentHashMap.newKeySet();

    /** Held for some steps only; no user code runs under it. */
    private final ReentrantLock lock = new ReentrantLock();

    // ---- with the lock

    /** Linked: an array that fails to grow loses what it holds. */
    @SuppressWarnings("JdkObsolete")
    private final LinkedList<ControlBlock<?>> line = new LinkedList<>();

    /** The slot that some thread is offering; it is first in line. */
    private @Nullable ControlBlock<?> offered;

    /** Whether somebody looked while that offer was under way. */
    private boolean again;

    /** How long the next timer is to take, and whether one is set. */
    private long backOff = SHORTEST_MICROS;

    private boolean timerSet;

    /** What the timer is to call. */
    private final Runnable attempt = this::attempt;

    /** How many bundles were made; for the timekeeper's thread, which numbers them. */
    private long bundlesMade;

    /** The greatest number of a bundle that has begun. Raised by CAS, by whoever begins one. */
    private final AtomicLong begunBundle = new AtomicLong();

    /** How many wait, the one that is being offered included. Written with the lock; volatile, read by all. */
    private volatile int waiting;

    RunQueue(Executor executor, Ticker ticker, Timekeeper keeper) {
        this.executor = executor;
        this.ticker = ticker;
        this.keeper = keeper;
        this.inFlight = keeper.inFlight();
        this.bundles = executor instanceof SharedTasks;
    }

    void opened(Dispatcher<?> dispatcher) {
        dispatchers.add(dispatcher);
    }

    /** The map of a dispatcher is closed: its slots, all freed, wait no longer. */
    void closed(Dispatcher<?> dispatcher) {
        dispatchers.remove(dispatcher);
        for (ControlBlock<?> block : leaving(dispatcher)) {
            if (block != null) {
                returned(block);
            }
        }
    }

    /** Takes the slots of one dispatcher out of the line. */
    private @Nullable ControlBlock<?>[] leaving(Dispatcher<?> dispatcher) {
        Locks.lock(lock);
        try {
            @Nullable ControlBlock<?>[] leaving = new ControlBlock<?>[line.size()];
            int count = 0;
            for (Iterator<ControlBlock<?>> walk = line.iterator(); walk.hasNext(); ) {
                ControlBlock<?> block = walk.next();
                if (block.map().dispatcher() == dispatcher) {
                    leaving[count++] = block;
                    walk.remove();
                }
            }
            count();
            return leaving;
        } catch (OutOfMemoryError e) { // none has left yet: they find in their turn that there is no run to begin
            return NONE;
        } finally {
            lock.unlock();
        }
    }

    /**
     * How many slots wait for a thread.
     *
     * @return the number; those in the executor's hands are not in it
     */
    public int waiting() {
        return waiting;
    }

    /** Passes on a slot in the caller's custody, which the caller must not touch afterwards: it may have run. */
    void offer(ControlBlock<?> block) {
        if (waiting == 0 && execute(block)) {
            return;
        }
        block.deferred();
        block.entersQueue();
        boolean added = false;
        Locks.lock(lock);
        try {
            line.addLast(block);
            added = true;
            count();
        } catch (OutOfMemoryError e) { // no room to wait in: the timekeeper has room for it
        } finally {
            lock.unlock();
        }
        if (!added) {
            block.map().dispatcher().giveBackPermitted(block);
            return;
        }
        pump();
        if (!keeper.isRunning()) {
            returnLine();
        }
    }

    /** What slots that are due go through on their way to an executor that takes several as one task. */
    public interface Gathering {

        /**
         * Adds a slot in the caller's custody, which is handed over soon. Throws nothing.
         *
         * @param slot the slot
         * @param queue the queue of its registry
         */
        void add(ControlBlock<?> slot, RunQueue queue);
    }

    /** Whether the executor may be given several slots as one task. */
    boolean takesBundles() {
        return bundles;
    }

    /**
     * Passes on slots in the caller's custody as one task.
     *
     * @param slots of which those that are not the caller's any more are taken out when this fails
     * @return null when it fails: what is left is the caller's to offer one by one
     */
    @Nullable
    Bundle offerTogether(@Nullable ControlBlock<?>[] slots, int from, int to) {
        if (waiting != 0) {
            return null;
        }
        Bundle bundle;
        ControlBlock<?>[] all;
        try {
            all = Arrays.copyOfRange(slots, from, to, ControlBlock[].class);
            for (ControlBlock<?> slot : all) {
                if (slot == null) { // an attempt before this one was cut short
                    return null;
                }
            }
            bundle = new Bundle(this, all, ++bundlesMade);
        } catch (Throwable e) { // a full heap, or a class that could not be initialized then; nothing has been done yet
            return null;
        }
        inFlight.launched(all.length);
        for (ControlBlock<?> slot : all) {
            slot.promiseBeforeFence(Custody.QUEUED);
        }
        VarHandle.fullFence();
        // looked at after the slots became QUEUED: a stop or a freer sees that, or we see what it did
        boolean running = keeper.isRunning();
        for (ControlBlock<?> slot : all) {
            if (!running || Dispatcher.isOver(slot)) {
                slot.recall();
            }
        }
        if (handsOver(bundle)) {
            for (int i = from; i < to; i++) { // nothing here may throw any more
                slots[i] = null;
            }
            return bundle;
        }
        for (int i = from; i < to; i++) {
            ControlBlock<?> slot = slots[i];
            if (slot != null && !takeBack(slot, Custody.WORKER)) {
                slots[i] = null;
            }
        }
        return null;
    }

    private boolean handsOver(Bundle bundle) {
        try {
            give(bundle);
            return true;
        } catch (RejectedExecutionException e) { // the stated policy for a full executor
            return false;
        } catch (Throwable e) {
            NOT_TAKEN_TOGETHER.error(executor, e);
            return false;
        }
    }

    /** What the executor calls, with a slot and those that share its task. */
    void run(ControlBlock<?> first, @Nullable Bundle bundle) {
        RunLoop loop;
        try {
            StackRoom.check();
            loop = RunLoop.enter(first);
        } catch (Throwable e) { // there is no room for a run; thrown on, it would end a thread of the executor
            for (ControlBlock<?> slot = first; slot != null; slot = rest(bundle)) {
                slot.recall();
            }
            NO_ROOM.error(first.map().name(), e);
            return;
        }
        if (loop == null) { // this thread is ending another run, and takes this one up afterwards
            for (ControlBlock<?> slot = rest(bundle); slot != null; slot = rest(bundle)) {
                slot.run();
            }
            return;
        }
        boolean callersOwn = Thread.interrupted(); // an executor that runs tasks inline: not the callback's business
        try {
            for (ControlBlock<?> slot = first; slot != null; slot = rest(bundle)) {
                slot.takeUp(loop);
                takeUpPostponed(loop);
            }
            for (ControlBlock<?> next = next(loop); next != null; next = next(loop)) {
                next.goOn(loop);
                takeUpPostponed(loop);
            }
        } finally {
            loop.leave();
            if (callersOwn) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static @Nullable ControlBlock<?> rest(@Nullable Bundle bundle) {
        return bundle == null ? null : bundle.take();
    }

    private static void takeUpPostponed(RunLoop loop) {
        for (ControlBlock<?> next = loop.next(); next != null; next = loop.next()) {
            next.takeUp(loop);
        }
    }

    /** Offers what waits, until the executor refuses. */
    void pump() {
        while (waiting != 0) {
            ControlBlock<?> next = takeToOffer();
            if (next == null) {
                return;
            }
            next.leavesQueue();
            boolean over = Dispatcher.isOver(next);
            if (over) { // not found any more when an executor has dropped it
                next.map().dispatcher().giveBackPermitted(next);
            }
            if (!offered(next, over || execute(next))) {
                return;
            }
        }
    }

    private @Nullable ControlBlock<?> takeToOffer() {
        Locks.lock(lock);
        try {
            again = offered != null;
            if (again) {
                return null;
            }
            offered = line.pollFirst();
            count();
            return offered;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the first in line, for the calling thread to run: also if it is just being offered. */
    private @Nullable ControlBlock<?> takeToRun() {
        Locks.lock(lock);
        try {
            ControlBlock<?> first = offered;
            if (inFlight.queued() > (first == null ? 0 : 1)) {
                return null; // the executor has older ones
            }
            if (first == null) {
                first = line.pollFirst();
            } else if (takeBack(first, Custody.WORKER)) {
                offered = null;
            } else {
                again = true; // not offered yet, or not any more
                return null;
            }
            count();
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Notes what came of an offer; answers whether to make another one. */
    private boolean offered(ControlBlock<?> block, boolean taken) {
        if (!taken) {
            block.entersQueue();
        }
        boolean added = taken;
        boolean goOn = taken;
        long pause = 0;
        Locks.lock(lock);
        try {
            goOn |= again;
            if (offered == block) {
                offered = null;
            }
            if (!taken) {
                line.addFirst(block);
                added = true;
            }
        } catch (OutOfMemoryError e) { // no room to wait in: the timekeeper has room for it
        } finally {
            count();
            pause = goOn ? 0 : pause();
            lock.unlock();
        }
        if (!added) {
            block.map().dispatcher().giveBackPermitted(block);
        }
        if (goOn) {
            return true;
        }
        if (pause != 0) {
            keeper.attemptLater(attempt, pause);
        }
        if (!keeper.isRunning()) {
            returnLine();
        }
        return false;
    }

    /** With the lock: how long the timer is to take that has to be set now; 0 when none has. */
    private long pause() {
        if (timerSet) {
            return 0;
        }
        timerSet = true;
        long pause = backOff;
        backOff = Math.min(2 * pause, LONGEST_MICROS);
        return pause;
    }

    private void attempt() {
        Locks.lock(lock);
        try {
            timerSet = false;
        } finally {
            lock.unlock();
        }
        pump();
    }

    /** With the lock. */
    private void count() {
        waiting = line.size() + (offered == null ? 0 : 1);
        if (waiting == 0) {
            backOff = SHORTEST_MICROS;
        }
    }

    /**
     * Puts a slot in the caller's custody into the executor's hands.
     *
     * @return false when it was refused, and the slot is in the caller's custody again
     */
    private boolean execute(ControlBlock<?> block) {
        inFlight.launched();
        block.promise(Custody.QUEUED);
        boolean refused = false;
        try {
            give(block);
        } catch (RejectedExecutionException e) {
            refused = true; // the stated policy for a full executor
        } catch (Throwable e) {
            refused = true;
            NOT_TAKEN.error(block.map().name(), e);
        }
        if (refused) {
            return !takeBack(block, Custody.WORKER);
        }
        // looked at after the slot became QUEUED: a stop or a freer sees that, or we see what it did
        if (!keeper.isRunning() || Dispatcher.isOver(block)) {
            block.map().dispatcher().recall(block);
        }
        return true;
    }

    /** Gives the executor a task. If it runs that in this thread, the thread is not the executor's to go on with. */
    private void give(Runnable task) {
        Boolean outer = offering.get();
        offering.set(Boolean.TRUE);
        try {
            executor.execute(task);
        } finally {
            offering.set(outer);
        }
    }

    /** A task that tells whether an executor has come by it. An executor that runs it in the calling thread tells nothing. */
    static final class Probe implements Runnable {

        private final Thread submitter = Thread.currentThread();

        /** Whether the executor has taken it. Written by who handed it over, afterwards; volatile. */
        private volatile boolean taken;

        /** Whether it has run since. Written by the executor's thread; volatile. */
        private volatile boolean ran;

        @Override
        public void run() {
            if (taken || Thread.currentThread() != submitter) {
                ran = true;
            }
        }

        boolean hasRun() {
            return ran;
        }
    }

    /** Hands a probe over to the executor; one that is refused never runs. */
    Probe probe() {
        Probe probe = new Probe();
        try {
            executor.execute(probe);
            probe.taken = true;
        } catch (Throwable e) { // a full executor has come by nothing
            return probe;
        }
        return probe;
    }

    /** Takes a slot out of the executor's hands, into the caller's custody or nobody's; false when it is not there. */
    boolean takeBack(ControlBlock<?> block, long custody) {
        if (!block.takeQueued(custody)) {
            return false;
        }
        inFlight.takenBack();
        return true;
    }

    /** A slot that was in the executor's hands is about to be run; the caller has its custody. */
    void begins(ControlBlock<?> block) {
        inFlight.begun();
        if (waiting != 0) {
            Locks.lock(lock);
            try {
                if (offered == block) {
                    offered = null;
                    count();
                }
            } finally {
                lock.unlock();
            }
            pump();
        }
    }

    /** A run that began has ended. */
    void ended() {
        inFlight.landed();
        if (waiting != 0) {
            pump();
        }
    }

    /**
     * What a thread that has ended its run is to run next: a slot in custody WORKER, counted as begun.
     *
     * @param loop the thread's runs
     * @return null for nothing: the thread is to go back to its executor
     */
    @Nullable
    ControlBlock<?> next(RunLoop loop) {
        if (waiting == 0 || loop.isNested() || isOffering() || !keeper.isRunning()) {
            return null;
        }
        if (isSliceOver(loop)) {
            return null; // the timer is set: the last offer was refused
        }
        inFlight.entered(); // first: the count must not be none while a run is about to begin
        ControlBlock<?> next = takeToRun();
        if (next == null) {
            inFlight.landed();
        } else {
            next.leavesQueue(); // for the second time, if it was being offered
        }
        return next;
    }

    /** Whether this thread is inside the executor's {@code execute}; it has a place to note that from its first offer on. */
    private boolean isOffering() {
        try {
            return Boolean.TRUE.equals(offering.get());
        } catch (OutOfMemoryError e) { // there is no such place yet
            return false;
        }
    }

    private boolean isSliceOver(RunLoop loop) {
        try {
            return loop.goesOnFor(ticker.monotonicNanos()) > SLICE_NANOS;
        } catch (Throwable e) {
            CLOCK_FAILED.error(ticker, e);
            return true;
        }
    }

    /**
     * Gives every slot whose run has not begun back to the timekeeper, armed as it is. To be called once callbacks are
     * handed over no more; what is handed over at the same moment comes back by itself.
     */
    public void recall() {
        returnLine();
        for (Dispatcher<?> dispatcher : dispatchers) {
            dispatcher.recall();
        }
    }

    /** Gives back what waits now, one after another: that needs no room on the heap. */
    private void returnLine() {
        for (int left = waiting; left > 0; left--) {
            ControlBlock<?> block = pollLine();
            if (block != null) {
                returned(block);
            }
        }
    }

    private @Nullable ControlBlock<?> pollLine() {
        Locks.lock(lock);
        try {
            ControlBlock<?> first = line.pollFirst();
            count();
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back a slot that has waited in the line, in the caller's custody. */
    private static void returned(ControlBlock<?> block) {
        block.leavesQueue();
        block.map().dispatcher().giveBackPermitted(block);
    }

    /**
     * Slots that fell due together, as one task of an executor: whoever runs it takes one after another. Each of them is in the
     * executor's hands by itself, and may be taken back. Thread-safe.
     */
    static final class Bundle implements Runnable {

        private static final VarHandle TAKEN;

        static {
            try {
                TAKEN = MethodHandles.lookup().findVarHandle(Bundle.class, "taken", int.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private final RunQueue queue;
        private final ControlBlock<?>[] slots;

        /** How many have been taken, or more. By atomic add, by whoever runs some of them; volatile. */
        private volatile int taken;

        /** The bundle handed over after this one. For {@code Gathered} only; plain. */
        @Nullable
        Bundle next;

        /** Whether it was reached at a look. For {@code Gathered} only; plain. */
        private boolean seenReached;

        /** Bundles are handed over in the order of their numbers. */
        private final long number;

        Bundle(RunQueue queue, ControlBlock<?>[] slots, long number) {
            this.queue = queue;
            this.slots = slots;
            this.number = number;
        }

        /** Takes the next one; null when all have been taken. */
        @Nullable
        ControlBlock<?> take() {
            int at = taken < slots.length ? (int) TAKEN.getAndAdd(this, 1) : slots.length;
            return at < slots.length ? slots[at] : null;
        }

        /** Whether it has begun, or one after it has: then the executor has lost it, or is just about to begin it. */
        boolean isReached() {
            return number <= queue.begunBundle.get();
        }

        /** Whether it, having been reached, had been so at the look before this one. */
        boolean isSlow() {
            boolean before = seenReached;
            seenReached = true;
            return before;
        }

        /** Whether no slot in it is in the executor's hands any more. */
        boolean isGone() {
            for (ControlBlock<?> slot : slots) {
                if (slot.lookAt() == Custody.QUEUED) {
                    return false;
                }
            }
            return true;
        }

        private void begins() {
            for (long seen = queue.begunBundle.get(); seen < number; seen = queue.begunBundle.get()) {
                if (queue.begunBundle.compareAndSet(seen, number)) {
                    return;
                }
            }
        }

        boolean isTaken() {
            return taken >= slots.length;
        }

        /** Called by an executor; does nothing when others have taken all. */
        @Override
        public void run() {
            begins();
            ControlBlock<?> first = take();
            if (first != null) {
                queue.run(first, this);
            }
        }
    }
}
