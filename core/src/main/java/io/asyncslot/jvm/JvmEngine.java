package io.asyncslot.jvm;

import io.asyncslot.SlotClock;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.InFlight;
import io.asyncslot.core.Micros;
import io.asyncslot.core.StateWord;
import io.asyncslot.core.Timekeeper;
import io.asyncslot.spi.Ticker;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
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
     *   caller   pushes a command,  then reads wakeAt    -> nearer than that? the winner of a CAS to AWAKE unparks
     *   driver   stores wakeAt,     then looks at the intake -> not empty? does not sleep
     *
     * Who finds a command of the slot's there already, or claimed, looks at wakeAt all the same: that command may have
     * been in no hurry. And the caller reads the slot's deadline anew after the push: between its claim on the inbox and
     * the push somebody else may have armed it earlier, and have woken a driver that found no command yet.
     *
     * Refusals
     *
     * An executor that refuses is full: no use to offer it the next slot. The driver files the slot back under its own
     * key and hands over nothing for RETRY_MICROS; meanwhile it goes on taking commands. So nothing is lost, the order
     * of deadlines is kept, and the driver neither spins nor runs a callback.
     *
     * Clocks
     *
     * One wheel each. The driver sleeps on the monotonic clock; as long as slots of other clocks are pending it looks
     * at those clocks at least every OTHER_CLOCK_MICROS, since nothing tells it when they jump.
     */

    static final long RETRY_MICROS = 1_000;
    static final long OTHER_CLOCK_MICROS = 1_000_000;

    private static final SlotClock[] CLOCKS = SlotClock.values();

    /** Value of wakeAt: the driver is awake, or there is none; nobody need be woken. */
    private static final long AWAKE = Long.MIN_VALUE;

    /** Commands or expiries handled between two looks at the other side. */
    private static final int SLICE = 64;

    private static final System.Logger LOG = System.getLogger(JvmEngine.class.getName());

    private final Ticker ticker;
    private final Intake intake;
    private final InFlight inFlight = new InFlight();

    /** When the driver wakes up by itself, monotonic microseconds. Stored by the driver, taken by CAS to wake it. */
    private final AtomicLong wakeAt = new AtomicLong(AWAKE);

    /** Whether callbacks may be handed over. Set by the backend's lifecycle; volatile. */
    private volatile boolean running;

    /** The thread to unpark, null when there is none. Set by itself; volatile. */
    private volatile @Nullable Thread driver;

    // the driver's own; handed from one driver to the next by the backend's lifecycle lock

    private final DeadlineWheel[] wheels = {new DeadlineWheel(), new DeadlineWheel(), new DeadlineWheel()};
    private final @Nullable ControlBlock<?>[] batch = new ControlBlock<?>[SLICE];
    private int nextStripe;
    private long pausedUntil = Long.MIN_VALUE;
    private final DriverSleep driverSleep;
    private final BooleanSupplier asleep = this::isAsleep;

    JvmEngine(Ticker ticker, int processors, DriverSleep driverSleep) {
        this.ticker = ticker;
        this.intake = new Intake(processors);
        this.driverSleep = driverSleep;
    }

    InFlight inFlight() {
        return inFlight;
    }

    void running(boolean value) {
        running = value;
    }

    // ---- called by any thread -----------------------------------------------------------------------------------

    @Override
    public void armed(ControlBlock<?> block, long deadline) {
        if (!block.retainReference()) {
            return; // freed meanwhile
        }
        if (block.enterInbox()) {
            push(block);
        } else { // the command that is there will find what we stored; but it may lie there in no hurry
            if (deadline < wakeAt.get()) {
                wake();
            }
            block.releaseReference();
        }
    }

    @Override
    public void born(ControlBlock<?> block) {
        push(block);
    }

    @Override
    public void freed(ControlBlock<?> block) {
        long lookAt = block.lookAt();
        boolean held = lookAt != Custody.NOBODY && lookAt != Custody.WORKER;
        if (held && block.enterInbox()) {
            if (intake.push(block)) {
                wake();
            }
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
    public void tidy() {
        if (wakeAt.get() != AWAKE && !intake.isEmpty()) {
            wake();
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void launched() {
        inFlight.launched();
    }

    @Override
    public void landed() {
        inFlight.landed();
    }

    private void push(ControlBlock<?> block) {
        boolean full = intake.push(block);
        long word = block.word();
        boolean other = block.clock() != SlotClock.MONOTONIC || block.lookAt() == Custody.RETURNED;
        if (full || other || StateWord.isFreed(word) || StateWord.deadline(word) < wakeAt.get()) {
            wake();
        }
    }

    /** Wakes the driver if it sleeps. */
    void wake() {
        long seen = wakeAt.get();
        if (seen != AWAKE && wakeAt.compareAndSet(seen, AWAKE)) {
            LockSupport.unpark(driver);
        }
    }

    // ---- called by the driver -----------------------------------------------------------------------------------

    /** Sleeps until something may be due or somebody wakes it; returns at once if there is something to do. */
    void sleep() {
        driver = Thread.currentThread();
        long due = nextWake();
        wakeAt.set(driverSleep.watch(due));
        if (running && intake.isEmpty()) {
            driverSleep.until(due, asleep);
        }
        Thread.interrupted(); // a callback that the executor ran on this thread may have left it: parking would not
        // wait
        wakeAt.set(AWAKE);
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
        boolean more = drain();
        for (SlotClock clock : CLOCKS) {
            DeadlineWheel wheel = wheels[clock.ordinal()];
            if (!wheel.isEmpty()) {
                more |= open(wheel, now(clock));
                more |= expire(wheel, clock);
            }
        }
        return more;
    }

    /** When something may be due, in monotonic microseconds; {@link Micros#NEVER} when nothing is filed. */
    long nextWake() {
        long now = Micros.floor(ticker.monotonicNanos());
        long wake = Micros.NEVER;
        for (SlotClock clock : CLOCKS) {
            DeadlineWheel wheel = wheels[clock.ordinal()];
            if (!wheel.isEmpty()) {
                long look = wheel.nextLook();
                long due = clock == SlotClock.MONOTONIC
                        ? look
                        : now + Math.min(OTHER_CLOCK_MICROS, Math.max(0, look - now(clock)));
                wake = Math.min(wake, due);
            }
        }
        return Math.max(wake, pausedUntil);
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
        for (DeadlineWheel wheel : wheels) {
            wheel.reserve(SLICE); // fails, if it does, before a command is taken
        }
        for (int i = 0; i < SLICE; i++) {
            ControlBlock<?> block = takeNext();
            if (block == null) {
                return false;
            }
            command(block, wheel(block));
        }
        nextStripe = nextStripe + 1 & intake.stripes() - 1; // no stripe has to wait for one that is always full
        return true;
    }

    /** Takes a command from the stripe at hand as long as there are some, then from the next one. */
    private @Nullable ControlBlock<?> takeNext() {
        for (int i = 0; i < intake.stripes(); i++) {
            ControlBlock<?> block = intake.take(nextStripe);
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
            pausedUntil = Micros.floor(ticker.monotonicNanos()) + RETRY_MICROS;
            file(block, wheel);
        } else if (lookAt != Custody.WORKER && (!isPending(word) || StateWord.deadline(word) < lookAt)) {
            wheel.remove(block, lookAt);
            file(block, wheel);
        }
        block.releaseReference();
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
            return false;
        }
        if (pausedUntil != Long.MIN_VALUE) {
            if (Micros.floor(ticker.monotonicNanos()) < pausedUntil) {
                return false;
            }
            pausedUntil = Long.MIN_VALUE;
        }
        long now = now(clock);
        for (int i = 0; i < SLICE; i++) {
            if (near.isEmpty() || near.minKey() > now) {
                return false;
            }
            ControlBlock<?> block = near.removeMin();
            long word = block.word();
            boolean due = isPending(word) && StateWord.deadline(word) <= now;
            if (due && block.expire()) {
                continue;
            }
            refile(block, wheel);
            if (due) {
                pausedUntil = Micros.floor(ticker.monotonicNanos()) + RETRY_MICROS;
                return false;
            }
        }
        return true;
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

    /** What a driver does with an error of its own: tell, and go on a little later. */
    void failed(Throwable error) {
        LOG.log(System.Logger.Level.ERROR, "the slot engine failed; it goes on", error);
        pausedUntil = Micros.floor(ticker.monotonicNanos()) + RETRY_MICROS;
        LockSupport.parkNanos(this, RETRY_MICROS * 1_000);
    }
}
