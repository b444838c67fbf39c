package io.asyncslot.jvm;

import io.asyncslot.SlotClock;
import io.asyncslot.backend.DriverFailures;
import io.asyncslot.backend.InFlight;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.Gathered;
import io.asyncslot.core.Scrubber;
import io.asyncslot.core.StateWord;
import io.asyncslot.core.Timekeeper;
import io.asyncslot.core.WallSteps;
import io.asyncslot.spi.Ticker;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Measures time for the slots of one backend. Operations of any thread leave slots in the intake; one thread at a time
 * drives {@link #pass}, which files them by deadline and hands over what is due. Never runs callbacks itself.
 */
final class JvmEngine implements Timekeeper {

    /*
     * One promise
     *
     * A slot in a wheel has a promise in lookAt: its deadline if it is near, the start of its bucket if not. Re-arming
     * it to any time from then on changes the state word only: when the promise has elapsed the slot is filed anew.
     * Re-arming it to before the promise, arming one in nobody's hands, creating and freeing one each leave a command in
     * the intake. So re-arms cost the driver at most one visit per promise.
     *
     * Sleep
     *
     *   caller   pushes a command,  then lowers least, then reads wakeAt -> nearer than that? the winner of a CAS to AWAKE unparks
     *   driver   stores wakeAt,     then reads least                     -> nearer than that? does not sleep
     *
     * A command that is in no hurry is left alone: most are withdrawn before they are, and then neither side has had the
     * other's cache lines. So the driver takes what is in the intake when the least deadline there is near, and else only
     * what is so old that its chunk and the next one are full; for a full chunk it is woken. It clears least before it takes
     * all: what is pushed later lowers it again.
     *
     * Who finds a command of the slot's there already, or claimed, does the same: that command may have been in no hurry. And
     * the caller reads the slot's deadline anew after the push: between its claim on the inbox and the push somebody else may
     * have armed it earlier, and have woken a driver that found no command yet.
     *
     * Stop and close
     *
     * While stopped the driver goes on filing commands; it only hands nothing over. It ends when the backend is closed and
     * the intake is empty, and says so in wakeAt before it looks at the intake for the last time: so a caller whose push
     * comes too late sees that nobody is there, and carries out what is left by itself.
     *
     * Order
     *
     * Commands and expiries take turns, so that neither waits for long. After a hold-up that would hand over in the order in
     * which slots come to be known: so when something is late, the driver sorts in all that is there, once, and then takes turns
     * again until nothing is due.
     *
     * Refusals
     *
     * What is due goes to the RunQueue, where it waits for a thread behind what came before it. That asks the driver for a
     * call a little later if an executor refuses and nobody else will look; the driver itself is never held up.
     *
     * Errors
     *
     * Any thread may run out of heap in the middle of a step, and user code that is called out to may throw. A command that
     * cannot be pushed is given up, and the scrubber told: it finds the slot. The driver notes what it holds (held) and
     * files it first thing in its next pass; it takes a command out of the intake, or a slot out of a bucket, only when it
     * has made the room that filing it needs. What it throws goes to its loop, which notes that by a store, tells of it and
     * goes on: see failed. What is told in the middle of a step is a Log.Message, loaded with its class: the first use of a
     * literal makes a string, which a full heap has no room for.
     *
     * Clocks
     *
     * One wheel each. The driver sleeps on the monotonic clock; as long as slots of other clocks are pending it looks
     * at those clocks at least every OTHER_CLOCK_MICROS, since nothing tells it when they jump. When the wall clock was set
     * back, slots whose periods are points of it are armed for earlier ones, on another thread: that asks their schedules.
     */

    static final long OTHER_CLOCK_MICROS = 1_000_000;

    private static final SlotClock[] CLOCKS = SlotClock.values();

    /** Value of wakeAt: the driver is awake, or there is none; nobody need be woken. */
    private static final long AWAKE = Long.MIN_VALUE;

    /** Value of wakeAt: the driver has ended for good; who leaves a command carries it out. */
    private static final long GONE = Long.MIN_VALUE + 1;

    /** A time that no deadline is before. */
    private static final long NOW = 0;

    /** Commands or expiries handled between two looks at the other side. */
    private static final int SLICE = 64;

    /** How near the least deadline in the intake has to be for a driver that is awake to take what is there. */
    private static final long NEAR_MICROS = 2_000;

    /** What is handed over later than this shows that the driver was held up, so that more may be overdue than it knows. */
    private static final long LATE_MICROS = 10_000;

    /** Commands taken in at once after a hold-up, at most, in slices. */
    private static final int MOST_SLICES = (1 << 20) / SLICE;

    private static final Log LOG = new Log(JvmEngine.class);
    private static final Log.Message CLOCK_FAILED = LOG.message("the clock failed: ", "");

    private final Ticker ticker;
    private final Intake intake;
    private final InFlight inFlight = new InFlight();

    /** When the driver wakes up by itself, monotonic microseconds. Stored by the driver, taken by CAS to wake it. */
    private final AtomicLong wakeAt = new AtomicLong(AWAKE);

    /**
     * No later than the deadline of any command in the intake that is to be looked at by then, monotonic microseconds; NEVER when
     * there is none. Lowered by who pushes, by CAS, after the push; stored by the driver before it takes all there is.
     */
    private final AtomicLong least = new AtomicLong(Micros.NEVER);

    /** Whether callbacks may be handed over. Set by the backend's lifecycle; volatile. */
    private volatile boolean running;

    /** Whether the driver is to end once it has carried out all commands. Set once, by the backend's close; volatile. */
    private volatile boolean closing;

    /** What was asked to be called later. Any thread writes, then sets {@link #attemptAt}; volatile. */
    private volatile Runnable attempt = () -> {};

    /** When to call it, monotonic microseconds; NEVER for nothing. Set by any thread; taken by the driver, by CAS. */
    private final AtomicLong attemptAt = new AtomicLong(Micros.NEVER);

    /** The thread to unpark, null when there is none. Set by itself; volatile. */
    private volatile @Nullable Thread driver;

    /** Whoever carries out commands once the driver has gone; no user code runs under it. */
    private final ReentrantLock afterDriver = new ReentrantLock();

    // the driver's own, and with afterDriver when it has gone

    private final DeadlineWheel[] wheels = {new DeadlineWheel(), new DeadlineWheel(), new DeadlineWheel()};
    private final @Nullable ControlBlock<?>[] batch = new ControlBlock<?>[SLICE];
    private int nextStripe;

    /** Whether all commands are being taken, whatever hurry they are in: until none is left. The driver's own. */
    private boolean takesAll;

    /** By clock: whether all that was there has been sorted in since what is due came to be late. */
    private final boolean[] sortedIn = new boolean[CLOCKS.length];

    /** The slot that the driver has taken out of a wheel and not passed on yet, and its promise then. The driver's own. */
    private @Nullable ControlBlock<?> held;

    private long heldAt;

    /** What is due and not handed over yet. The driver's own. */
    private final Gathered gathered;

    private final DriverSleep driverSleep;
    private final WallSteps wallSteps;
    private final BooleanSupplier asleep = this::isAsleep;
    private final Scrubber scrubber;

    private final DriverFailures failures = new DriverFailures(LOG);

    JvmEngine(Ticker ticker, int processors, DriverSleep driverSleep, WallSteps wallSteps) {
        this(ticker, processors, driverSleep, wallSteps, new Scrubber(ticker, Scrubber.PERIOD_MICROS));
    }

    JvmEngine(Ticker ticker, int processors, DriverSleep driverSleep, WallSteps wallSteps, Scrubber scrubber) {
        this.scrubber = scrubber;
        this.gathered = new Gathered(scrubber);
        this.ticker = ticker;
        this.intake = new Intake(processors);
        this.driverSleep = driverSleep;
        this.wallSteps = wallSteps;
    }

    /** Lets callbacks be handed over from now on, or no more. */
    void running(boolean value) {
        running = value;
        wake();
    }

    /** Hands over nothing any more, and lets the driver end. The maps have been closed before. */
    void close() {
        closing = true; // first: who wakes the driver by the next line tells it both
        running(false);
    }

    /** Whether the driver has nothing left to do, ever. */
    boolean isOver() {
        return closing && intake.isEmpty();
    }

    // ---- called by any thread -----------------------------------------------------------------------------------

    @Override
    public void armed(ControlBlock<?> block, long deadline) {
        if (!block.isCommanded()) {
            if (!block.retainForCommand()) {
                return; // freed meanwhile
            }
            if (block.enterInbox()) {
                push(block);
                return;
            }
            block.releaseCommand();
        }
        hurry(dueOf(block, deadline)); // the command that is there finds what we stored, but may lie in no hurry
    }

    @Override
    public boolean takesBy(long deadline) {
        return deadline >= least.get(); // who has lowered it so far wakes the driver
    }

    @Override
    public void born(ControlBlock<?> block) {
        push(block);
    }

    @Override
    public void freed(ControlBlock<?> block) {
        long lookAt = block.lookAt();
        boolean held = lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt);
        if (held && block.enterInbox()) {
            block.passToCommand();
            boolean full = true;
            try {
                full = intake.push(block);
            } catch (OutOfMemoryError e) { // it stays filed until its promise has elapsed, and is let go then
                block.leaveInbox();
                block.releaseCommand();
            }
            if (full) {
                wake();
            }
            // it is held no longer than it would have been filed, or, by another clock, than the driver sleeps
            hurry(block.clock() == SlotClock.MONOTONIC ? lookAt : wakeAt.get());
            return;
        }
        if (!held && intake.withdraw(block)) {
            block.withdrawn();
            block.releaseWithdrawn();
        } else {
            block.releaseReference();
        }
    }

    @Override
    public void retry(ControlBlock<?> block) {
        block.promise(Custody.RETURNED);
        armed(block, 0);
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void attemptLater(Runnable later, long micros) {
        long at = Long.MIN_VALUE;
        try {
            at = Micros.floor(ticker.monotonicNanos()) + micros;
        } catch (Throwable e) {
            CLOCK_FAILED.error(ticker, e);
        }
        attempt = later;
        attemptAt.set(at); // after what is to be called
        wake();
    }

    @Override
    public WallSteps wallSteps() {
        return wallSteps;
    }

    @Override
    public Scrubber scrubber() {
        return scrubber;
    }

    @Override
    public InFlight inFlight() {
        return inFlight;
    }

    private void push(ControlBlock<?> block) {
        boolean full;
        try {
            full = intake.push(block);
        } catch (OutOfMemoryError e) {
            unpushed(block);
            return;
        }
        long word = block.word();
        boolean soon = StateWord.isFreed(word) || block.lookAt() == Custody.RETURNED;
        hurry(soon ? NOW : dueOf(block, StateWord.deadline(word)));
        if (full) {
            wake();
        }
    }

    /** By when the driver has to take a slot's command: what a deadline of another clock is by its own is not known. */
    private static long dueOf(ControlBlock<?> block, long deadline) {
        return block.clock() == SlotClock.MONOTONIC ? deadline : NOW;
    }

    /** A command that was pushed before has to be looked at by then: sees to it that the driver is awake in time. */
    void hurry(long micros) {
        long due = Math.max(NOW, micros);
        for (long seen = least.get(); due < seen && !least.compareAndSet(seen, due); ) {
            seen = least.get();
        }
        if (due == NOW || due < wakeAt.get()) {
            wake();
        }
    }

    /**
     * There is no room for a command, whose claim and reference the caller has: gives both up, and has the slot found. That may be
     * one that another thread returns just now, and whose command it takes for this one.
     */
    private void unpushed(ControlBlock<?> block) {
        block.leaveInbox();
        block.releaseCommand();
        scrubber.strayed();
        wake();
    }

    /** Wakes the driver if it sleeps, or stands in for it if it has gone. */
    void wake() {
        long seen = wakeAt.get();
        if (seen == GONE) {
            settle();
        } else if (seen != AWAKE && wakeAt.compareAndSet(seen, AWAKE)) {
            LockSupport.unpark(driver);
        }
    }

    /** Carries out what is left in the intake, unless another thread is at it: that one looks again afterwards. */
    private void settle() {
        while (!intake.isEmpty() && afterDriver.tryLock()) {
            try {
                while (drain()) {
                    // until nothing is left
                }
            } finally {
                afterDriver.unlock();
            }
        }
    }

    // ---- called by the driver -----------------------------------------------------------------------------------

    /** Sleeps until something may be due or somebody wakes it; returns at once if there is something to do. */
    void sleep() {
        driver = Thread.currentThread();
        boolean handsOver = running;
        long attempt = attemptAt.get();
        long due = Math.min(handsOver ? nextWake() : Micros.NEVER, scrubber.nextLook());
        wakeAt.set(driverSleep.watch(due));
        try {
            if (running == handsOver
                    && attemptAt.get() == attempt
                    && !closing
                    && (handsOver ? least.get() >= due && !intake.hasOld() : intake.isEmpty())
                    && !scrubber.hasStrays()) {
                driverSleep.until(due, asleep);
            }
        } finally {
            Thread.interrupted(); // a callback that the executor ran on this thread may have left it: parking would
            // not wait
            wakeAt.set(AWAKE);
        }
    }

    /** Nobody drives any more: from now on whoever leaves a command carries it out, and finds each slot where it is filed. */
    void leave() {
        refileHeld();
        handOver();
        wakeAt.set(GONE);
        settle();
    }

    /** Whether nobody drives any more, for good. */
    boolean isGone() {
        return wakeAt.get() == GONE;
    }

    /** Whether the driver is where somebody has to wake it for an earlier deadline. */
    boolean isAsleep() {
        return wakeAt.get() != AWAKE;
    }

    /**
     * Does a bounded amount of what there is to do.
     *
     * @return whether there is more to do at once
     */
    boolean pass() {
        refileHeld(); // first: so nobody but a worker can have had it in between
        handOver(); // what an error has left
        wallSteps.look();
        boolean more = takeIn();
        attempt();
        for (SlotClock clock : CLOCKS) {
            DeadlineWheel wheel = wheels[clock.ordinal()];
            if (!wheel.isEmpty()) {
                more |= open(wheel, now(clock));
                more |= expire(wheel, clock);
                handOver();
            }
        }
        lookAtBundles();
        boolean looksOn = scrubber.step();
        return more || looksOn;
    }

    private void handOver() {
        if (!gathered.isEmpty()) {
            gathered.handOver(Micros.floor(ticker.monotonicNanos()));
        }
    }

    private void lookAtBundles() {
        if (gathered.nextLook() != Micros.NEVER) {
            gathered.look(Micros.floor(ticker.monotonicNanos()));
        }
    }

    /** Takes some commands: if one of them may be due soon, or nobody is to be handed over anything, all; else the old ones. */
    private boolean takeIn() {
        if (closing || !running) {
            takesAll = true;
        } else if (least.get() <= Micros.floor(ticker.monotonicNanos()) + NEAR_MICROS) {
            takeAll();
        }
        if (!takesAll) {
            return drain(false);
        }
        takesAll = drain();
        return takesAll;
    }

    /** Leaves no command alone that is there by now; for the driver. */
    void takeAll() {
        takesAll = true; // first: an error may come at any time
        least.set(Micros.NEVER);
    }

    private void attempt() {
        long at = attemptAt.get();
        if (at != Micros.NEVER
                && running
                && at <= Micros.floor(ticker.monotonicNanos())
                && attemptAt.compareAndSet(at, Micros.NEVER)) {
            attempt.run();
        }
    }

    /** When there may be something to do, in monotonic microseconds; {@link Micros#NEVER} for no such time. */
    long nextWake() {
        return nextWake(OTHER_CLOCK_MICROS);
    }

    /**
     * When something may be due, in monotonic microseconds, as {@link #nextWake()}.
     *
     * @param otherClocks in how many microseconds at most to look at clocks that may jump
     */
    long nextWake(long otherClocks) {
        long now = Micros.floor(ticker.monotonicNanos());
        long wake = Micros.NEVER;
        for (SlotClock clock : CLOCKS) {
            DeadlineWheel wheel = wheels[clock.ordinal()];
            if (!wheel.isEmpty()) {
                long look = wheel.nextLook();
                long due = clock == SlotClock.MONOTONIC
                        ? look
                        : now + Math.min(otherClocks, Math.max(0, look - now(clock)));
                wake = Math.min(wake, due);
            }
        }
        return Math.min(Math.min(wake, gathered.nextLook()), Math.min(attemptAt.get(), nextTake()));
    }

    /** When all commands are to be taken: somewhat before the first of them may be due, if that takes long. */
    private long nextTake() {
        long at = least.get();
        return at != Micros.NEVER && intake.holdsMoreThan(SLICE) ? Math.max(NOW, at - NEAR_MICROS) : at;
    }

    /** Whether there is something to do by now, of which a pass that began earlier did not know. */
    boolean isDue() {
        return running && nextWake(Micros.NEVER) <= Micros.floor(ticker.monotonicNanos());
    }

    /** Whether operations have left commands since the last look. */
    boolean hasCommands() {
        return !intake.isEmpty();
    }

    /** How many slots are filed. */
    int filed() {
        int sum = 0;
        for (DeadlineWheel wheel : wheels) {
            sum += wheel.size();
        }
        return sum;
    }

    private boolean drain() {
        return drain(true);
    }

    private boolean drain(boolean newest) {
        for (DeadlineWheel wheel : wheels) {
            wheel.reserve(SLICE); // fails, if it does, before a command is taken
        }
        for (int i = 0; i < SLICE; i++) {
            ControlBlock<?> block = takeNext(newest);
            if (block == null) {
                return false;
            }
            command(block, wheel(block));
        }
        nextStripe = nextStripe + 1 & intake.stripes() - 1; // no stripe has to wait for one that is always full
        return true;
    }

    /** Takes a command from the stripe at hand as long as there are some, then from the next one. */
    private @Nullable ControlBlock<?> takeNext(boolean newest) {
        for (int i = 0; i < intake.stripes(); i++) {
            ControlBlock<?> block = newest ? intake.take(nextStripe) : intake.takeOld(nextStripe);
            if (block != null) {
                return block;
            }
            nextStripe = nextStripe + 1 & intake.stripes() - 1;
        }
        return null;
    }

    /** Carries out a command: looks at the slot and files it where it belongs. */
    private void command(ControlBlock<?> block, DeadlineWheel wheel) {
        block.leaveInbox();
        long lookAt = block.lookAt();
        long word = block.word();
        if (lookAt == Custody.NOBODY) {
            if (isPending(word) && block.take(StateWord.deadline(word))) {
                file(block, wheel);
            }
        } else if (lookAt == Custody.RETURNED) {
            file(block, wheel);
        } else if (!Custody.isWorkers(lookAt) && (!isPending(word) || StateWord.deadline(word) < lookAt)) {
            wheel.remove(block, lookAt);
            file(block, wheel);
        }
        block.releaseCommand();
    }

    private static boolean isPending(long word) {
        return StateWord.isArmed(word) && !StateWord.isFreed(word);
    }

    /**
     * Files anew a slot in our custody and in no wheel. On the way it may pass through nobody's hands, where a freer
     * finds no custodian to leave the last reference to: hence a reference of our own. There is none to take when the
     * slot was freed while the executor refused it: then it is reclaimed, and filed no more.
     */
    private void refile(ControlBlock<?> block, DeadlineWheel wheel) {
        if (!block.retainReference()) {
            return;
        }
        file(block, wheel);
        block.releaseReference();
    }

    /** Files a slot in our custody and in no wheel, with a reference in hand, by its present deadline; or lets go of it. */
    private void file(ControlBlock<?> block, DeadlineWheel wheel) {
        for (; ; ) {
            long word = block.word();
            if (!isPending(word)) {
                block.promise(Custody.NOBODY);
                word = block.word();
                if (!isPending(word) || !block.take(StateWord.deadline(word))) {
                    return;
                }
            }
            long promise = wheel.insert(block, StateWord.deadline(word));
            block.promise(promise);
            if (isKept(block, promise)) {
                return;
            }
            wheel.remove(block, promise);
        }
    }

    /** Whether a promise just given is soon enough for what the slot is armed for now. */
    private static boolean isKept(ControlBlock<?> block, long promise) {
        long word = block.word();
        return !StateWord.isFreed(word) && (!StateWord.isArmed(word) || StateWord.deadline(word) >= promise);
    }

    /**
     * Looks at some slots whose bucket is to be opened, and files each by its present deadline. Those that are pending
     * share one fence between the promises and the second look, so that their cache misses overlap.
     */
    private boolean open(DeadlineWheel wheel, long now) {
        wheel.reserve(SLICE);
        int count = wheel.open(now, batch);
        for (int i = 0; i < count; i++) {
            ControlBlock<?> block = slot(i);
            long word = block.word();
            if (isPending(word)) {
                block.promiseBeforeFence(wheel.insert(block, StateWord.deadline(word)));
            } else {
                refile(block, wheel);
                batch[i] = null;
            }
        }
        VarHandle.fullFence();
        for (int i = 0; i < count; i++) {
            ControlBlock<?> block = batch[i];
            batch[i] = null;
            if (block != null && !isKept(block, block.lookAt())) {
                wheel.remove(block, block.lookAt());
                refile(block, wheel);
            }
        }
        return count != 0;
    }

    private boolean expire(DeadlineWheel wheel, SlotClock clock) {
        DeadlineHeap near = wheel.near();
        if (near.isEmpty() || !running) {
            sortedIn[clock.ordinal()] = false; // what comes until callbacks are handed over again is sorted in then
            return false;
        }
        long now = now(clock);
        boolean late = near.minKey() <= now - LATE_MICROS;
        if (late && !sortedIn[clock.ordinal()]) {
            sortIn(wheel, now);
        }
        sortedIn[clock.ordinal()] = late; // until nothing is due any more
        for (int i = 0; i < SLICE; i++) {
            if (near.isEmpty() || near.minKey() > now) {
                sortedIn[clock.ordinal()] = false;
                return false;
            }
            ControlBlock<?> block = near.removeMin();
            heldAt = block.lookAt();
            held = block;
            long word = block.word();
            boolean due = isPending(word) && StateWord.deadline(word) <= now;
            if (due && block.expire(gathered)) {
                held = null;
                continue;
            }
            refile(block, wheel);
            held = null;
            if (!running) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes in all that was left during a hold-up, and moves down all whose time has come: so that it is handed over in the
     * order of deadlines, not in that in which it comes to be known.
     */
    private void sortIn(DeadlineWheel wheel, long now) {
        for (int i = 0; i < MOST_SLICES && drain(); i++) {
            // what more there is
        }
        while (open(wheel, now)) {
            // until no bucket is to be opened
        }
    }

    private DeadlineWheel wheel(ControlBlock<?> block) {
        return wheels[block.clock().ordinal()];
    }

    private ControlBlock<?> slot(int i) {
        ControlBlock<?> block = batch[i];
        if (block == null) {
            throw new IllegalStateException("no slot at " + i + " of a batch");
        }
        return block;
    }

    private long now(SlotClock clock) {
        return Micros.floor(ticker.nanos(clock));
    }

    /** One turn of the driver: what there is to do, or else a sleep. To be called again whatever it throws. */
    void turn() {
        Throwable former = failures.present();
        if (former != null) {
            failures.goOn(former);
        }
        boolean more = pass();
        failures.worked(former);
        if (!more) {
            sleep();
        }
    }

    /** What the driver fails with. */
    DriverFailures failures() {
        return failures;
    }

    /** Files the slot that an error found in the driver's hands, if no one else has it by now. */
    private void refileHeld() {
        ControlBlock<?> block = held;
        if (block != null) {
            if (block.lookAt() == heldAt) {
                refile(block, wheel(block));
            }
            held = null;
        }
    }
}
