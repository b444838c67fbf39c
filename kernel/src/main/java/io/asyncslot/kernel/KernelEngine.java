package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.backend.DriverFailures;
import io.asyncslot.backend.InFlight;
import io.asyncslot.backend.Locks;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.Scrubber;
import io.asyncslot.core.StateWord;
import io.asyncslot.core.Timekeeper;
import io.asyncslot.core.WallSteps;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets the kernel measure time for the slots of one backend. Commands of any thread are combined: whoever has the lock
 * carries out what is there. One thread at a time waits for events and hands over what is due; it runs no callbacks
 * itself, unless the executor does.
 */
final class KernelEngine implements Timekeeper, CommandBatch.Results {

    /*
     * One promise
     *
     * A slot in the engine's custody has a promise in lookAt, and the kernel's timer, or the engine's own queue, is set for
     * then. What the kernel says is a hint: when its callback finds the slot due it emits an event; when it finds it armed
     * for later it sets its timer anew; when it finds it not armed it says nothing. So
     *
     *   arm, move or cancel it                change the word and its copy, and need nothing else as long as the promise
     *                                         is no later and has not elapsed
     *   arm or move it when the promise may have elapsed (hasLapsed)      leave a command, which renews the promise: the
     *                                         callback may have looked in between, and have found a later deadline or none
     *   arm it earlier than promised, make one, free one      leave a command
     *
     * An event is followed by a look at the slot: handed over, set anew, or let go.
     *
     * A slot that BPF programs touch is due by its word or by its last touch, whichever is later (dueAt), and the promise is
     * that. A touch comes without a word: the kernel's callback finds it, and whoever looks at the slot here finds it too.
     *
     * Combining
     *
     *   caller   pushes a command, then tries the lock             -> got it? carries out all that is there
     *   holder   releases the lock, then looks at the intake       -> not empty? tries the lock again, whatever it held it for
     *
     * so no command stays. The holder gives up after some rounds and wakes the poller for the rest: nobody works for others
     * for ever. Everything that custody means in JvmEngine for its thread it means here for the holder of the lock. No
     * user code runs under it: what is due is collected with the lock, in custody WORKER, and handed over without.
     *
     * Errors
     *
     * The heap may be full at any step, and a clock or an executor may throw. What threads leave for the lock's holder takes
     * no heap. A slot in whose look or filing something fails is given up: it is in nobody's hands, and the scrubber, which is
     * told, has it filed anew. Where many are handled one after the other, the place in the line is moved on before each, and
     * kept, so that the next pass goes on behind the one that failed. Commands that were not carried out, and results that were
     * not looked at, stay in the batch. Who combines for others does not fail for them: the poller is told, goes on, and says
     * so in health until it has done its work.
     *
     * Refusals
     *
     * Of the executor: as in JvmEngine. Of the kernel: the slot waits in the engine's own queue, by its deadline, and the
     * kernel is asked again when the guard allows.
     *
     * Cut off
     *
     * A slot that a former process left RUNNING is due at once, whatever its deadline, until that run begins here.
     */

    static final long OTHER_CLOCK_NANOS = 1_000_000_000L;

    /** How often the engine looks whether it is told what it should be, as long as there are slots. */
    static final long WATCH_MICROS = 1_000_000;

    /** How often the engine looks whether its pins are still there, running or not. */
    static final long PINS_MICROS = 2_000_000;

    /** How late an event may be before the engine goes by its own reading. */
    private static final long GRACE_MICROS = 500_000;

    /** How many records it looks at each time, unless events are known to be missing. */
    private static final int WATCHED = 16_384;

    /** No more records than that are looked at in each microsecond because events are missing. */
    private static final int SWEPT_PER_MICRO = 5;

    /** How often at most the log is told that starts are rejected. */
    private static final long TELL_MICROS = 60_000_000;

    /** The wall clock has been set when its distance to the monotonic clock changes by more than this. */
    private static final long CLOCK_NOISE_NANOS = 1_000_000L;

    private static final int ROUNDS = 8;
    private static final int LOOKS = 10_000;
    private static final int BATCH = 256;
    private static final int LAZY = 64;
    private static final SlotClock[] CLOCKS = SlotClock.values();
    private static final Log LOG = new Log(KernelEngine.class);

    private final KernelPort port;
    private final Ticker ticker;

    /** Looks for slots that an Error has left in nobody's hands. Driven by the poller. */
    private final Scrubber scrubber;

    private final KernelOptions options;
    private final SlotRecords records;
    private final MapDirectory directory;
    private final InFlight inFlight = new InFlight(this::closeIfQuiet);

    /** What was asked to be called later. Any thread writes, then sets {@link #attemptAt}; volatile. */
    private volatile Runnable attempt = () -> {};

    /** When to call it, monotonic microseconds; NEVER for nothing. Set by any thread; taken by the poller, by CAS. */
    private final AtomicLong attemptAt = new AtomicLong(Micros.NEVER);

    /** Records of slots to look at, each with a reference and its inbox claim. Any thread adds, the lock's holder takes. */
    private final PlaceQueue intake;

    /** Records whose slot is reclaimed. Any thread adds, the lock's holder takes. */
    private final PlaceQueue gone;

    /** How many commands of the two queues above nobody has hurried to carry out. A hint. */
    private final AtomicInteger lazy = new AtomicInteger();

    /** How many commands this thread has left during a batch; null outside. */
    @SuppressWarnings("ThreadLocalUsage") // an engine's own: a thread may be inside batches of two
    private final ThreadLocal<int @Nullable []> batch = new ThreadLocal<>();

    /** Threads inside a batch; saves the others the look at {@link #batch}. */
    private final AtomicInteger batches = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();

    /** Only an application that would ask others to hand over lets itself be asked. */
    private final @Nullable HandOverQuestion question;

    /** What to call when another process asks for the slots; does not throw, and does not wait. Set once; volatile. */
    private volatile Runnable askedToHandOver = () -> {};

    /** Whether callbacks may be handed over. Set by the backend's lifecycle; volatile. */
    private volatile boolean running;

    /** Whether to close as soon as nobody uses the shared memory. Set by the backend's close; volatile. */
    private volatile boolean closing;

    /** Whether a poller is about. Set before it starts, cleared by itself at its end; volatile. */
    private volatile boolean polled;

    /** Whether the shared memory is gone. Set with the lock, read by all. */
    private volatile boolean closed;

    /** What the kernel was told to add to the monotonic clock to read the wall clock. Set with the lock; volatile. */
    private volatile long wallOffset;

    // ---- with the lock

    private final CommandBatch commands;
    private final KernelGuard guard;
    private final WallSteps wallSteps;
    private final LocalDeadlines[] local = new LocalDeadlines[CLOCKS.length];
    private final LocalDeadlines.@Nullable Entry[] localEntries;

    /** Records whose timer or work item the kernel has. */
    private final BitSet known;

    /** Records whose slot can be touched by its key. */
    private final BitSet indexed;

    /** Records whose slot the kernel refused; read without the lock for views, where a stale answer does no harm. */
    private final BitSet refused;

    /** From which record on the next one of them is tried again. */
    private int retryAt;

    private int fresh;
    private boolean freshAsked;
    private boolean freshRefused;

    /** Whether the engine may have to look by itself earlier than it knew at the last look. */
    private boolean ownChanged;

    /** When the poller wakes up by itself, monotonic microseconds; MIN_VALUE while it is awake, or there is none. */
    private long pollUntil = Long.MIN_VALUE;

    /** Slots on the wall clock that the kernel has a timer for: as long as there are some we look whether it was set. */
    private int realtimeSlots;

    /** Records that are counted by {@link #realtimeSlots}. */
    private final BitSet realtime;

    /** From which record on slots of that clock are still to be looked at, since it was set. */
    private int clockSetFor = Integer.MAX_VALUE;

    /** When to watch next, monotonic microseconds; which record is next; and what was known of lost events. */
    private long watchAt;

    private long sweepAt;
    private int watched;

    /** How many records are still to be looked at because events are missing. */
    private int sweepLeft;

    /** When to look at the pins next, monotonic microseconds. Written by the poller with no lock; read with it: volatile. */
    private volatile long pinsAt;

    private long ringFullSeen;
    private long ringDamagesSeen;

    /** Whether the guard was asked for the next run. */
    private boolean granted;

    // ---- the poller's own

    /** Records that the kernel says are due; how many, and how many of them have been looked at. */
    private int[] fired = new int[256];

    private int firedCount;
    private int firedSeen;

    /** Slots in custody WORKER that are to be handed over; how many, and how many of them have been. */
    private @Nullable ControlBlock<?>[] due = new ControlBlock<?>[256];

    private int dueCount;
    private int handedOver;

    /** What the log knows of rejected starts, and when it may be told more. */
    private long fullTold;

    private long refusedTold;
    private long unfreedTold;
    private long tellAt = Long.MIN_VALUE;

    // ---- for reports: any thread

    private final DriverFailures failures = new DriverFailures(LOG);

    /** What the kernel did not free: how often, and an error number. Written with the lock; volatile. */
    private volatile long unfreed;

    private volatile int unfreedErrno;

    private final AtomicLong fallbacks = new AtomicLong();
    private final AtomicLong recovered = new AtomicLong();
    private final AtomicLong cutOff = new AtomicLong();
    private final AtomicLong whileAway = new AtomicLong();
    private final AtomicLong overdueFound = new AtomicLong();

    /** How often the wall clock was found set while slots were on it. */
    private final AtomicLong clockSets = new AtomicLong();

    /** How often a slot's key was not entered into the index, so that touches do not find it. */
    private final AtomicLong notIndexed = new AtomicLong();

    /** Starts that were rejected, since there was no record left; since the kernel refused the timer. */
    private final AtomicLong rejectedFull = new AtomicLong();

    private final AtomicLong rejectedByKernel = new AtomicLong();

    /**
     * Takes the slots into use.
     *
     * @param calendars where calendars look for earlier points, see {@link WallSteps}
     */
    KernelEngine(
            KernelPort port,
            Ticker ticker,
            KernelOptions options,
            CircuitBreakerRegistry circuitBreakers,
            Executor calendars) {
        this.port = port;
        this.ticker = ticker;
        this.scrubber = new Scrubber(ticker, Scrubber.PERIOD_MICROS);
        this.options = options;
        this.records = new SlotRecords(port, Micros.floor(ticker.realtimeNanos()), ticker::monotonicNanos);
        this.directory = new MapDirectory(port, records);
        this.commands = new CommandBatch(port, options.cpuPin());
        this.wallSteps = new WallSteps(ticker, calendars);
        this.guard = new KernelGuard(ticker, circuitBreakers);
        this.question = options.takeOver() && port.features().pinned()
                ? new HandOverQuestion(port.header(), ticker::monotonicNanos)
                : null;
        int capacity = port.capacity();
        this.intake = new PlaceQueue(capacity);
        this.gone = new PlaceQueue(capacity);
        this.known = new BitSet(capacity); // with room for all: setting one takes no heap
        this.indexed = new BitSet(capacity);
        this.refused = new BitSet(capacity);
        this.realtime = new BitSet(capacity);
        this.localEntries = new LocalDeadlines.Entry[capacity];
        for (int i = 0; i < local.length; i++) {
            local[i] = new LocalDeadlines(localEntries);
        }
        tellOffsets();
        drop(records.takeRemains());
    }

    SlotRecords records() {
        return records;
    }

    MapDirectory directory() {
        return directory;
    }

    void running(boolean value) {
        running = value;
    }

    long now(SlotClock clock) {
        return Micros.floor(ticker.nanos(clock));
    }

    // ---- called by any thread -----------------------------------------------------------------------------------

    @Override
    public boolean measuresWork() {
        return true;
    }

    @Override
    public boolean hasLapsed(ControlBlock<?> block) {
        long promise = block.lookAt();
        if (Custody.isWorkers(promise) || promise == Custody.NOBODY || promise == Custody.RETURNED) {
            return false; // its custodian looks at the word, or there is none and the caller has told us
        }
        if (block.type() == SlotType.WORK) {
            return true;
        }
        if (block.clock() != SlotClock.REALTIME) {
            return promise <= now(block.clock());
        }
        // the kernel measured it by the offset that we told, and not since: what it looks like now is nearly the same
        long offset = ticker.realtimeNanos() - ticker.monotonicNanos();
        return Math.abs(offset - wallOffset) > CLOCK_NOISE_NANOS
                || promise <= now(SlotClock.REALTIME) + CLOCK_NOISE_NANOS / 1_000;
    }

    @Override
    public void armed(ControlBlock<?> block, long deadline) {
        if (!block.retainForCommand()) {
            return; // freed meanwhile
        }
        if (block.enterInbox()) {
            intake.add(block.position());
        } else {
            block.releaseCommand(); // the command that is there already will find what we stored
        }
        hurry();
    }

    @Override
    public void born(ControlBlock<?> block) {
        intake.add(block.position());
        hurry();
    }

    @Override
    public void freed(ControlBlock<?> block) {
        long lookAt = block.lookAt();
        if (lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt) && block.enterInbox()) {
            block.passToCommand();
            intake.add(block.position());
            linger();
            return;
        }
        block.releaseReference();
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
            LOG.error("the clock failed", "", "", e);
        }
        attempt = later;
        attemptAt.set(at); // after what is to be called
        wakePoller();
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

    @Override
    public void batchBegins() {
        if (batch.get() == null) {
            batch.set(new int[1]); // first: it may fail
            batches.incrementAndGet();
        }
    }

    @Override
    public void batchEnds() {
        if (batch.get() != null) {
            batch.remove();
            batches.decrementAndGet();
            combine();
        }
    }

    /** A record's slot is gone for good. */
    void reclaimed(ControlBlock<?> block) {
        if (!records.isDetached()) {
            gone.add(block.position());
            linger();
        }
    }

    /** Drops what a former process left in some records. */
    void drop(List<Integer> places) {
        if (!places.isEmpty()) {
            for (int place : places) {
                gone.add(place);
            }
            combine();
        }
    }

    /** Takes a record for a new slot; -1 when there is none, or the kernel refuses and that is to be an answer. */
    int reserve(SlotType type) {
        int place = records.take();
        if (place < 0 && !records.isDetached() && hasCommands()) {
            combine();
            place = records.take();
        }
        if (place < 0) {
            rejectedFull.incrementAndGet();
            return -1;
        }
        if (options.fallback() == KernelOptions.Fallback.FAIL) {
            boolean taken = false;
            try {
                taken = isTaken(place, type);
            } finally {
                if (!taken) {
                    records.giveBack(place);
                }
            }
            if (!taken) {
                rejectedByKernel.incrementAndGet();
                return -1;
            }
        }
        return place;
    }

    private void linger() {
        if (lazy.incrementAndGet() >= LAZY) {
            combine();
        }
    }

    private void hurry() {
        if (batches.get() != 0) {
            int @Nullable [] left = batch.get();
            if (left != null && ++left[0] < BATCH) {
                return;
            }
            if (left != null) {
                left[0] = 0;
            }
        }
        combine();
    }

    private boolean hasCommands() {
        return !intake.isEmpty() || !gone.isEmpty();
    }

    /** Carries out what is there, unless somebody else does. What fails is left to the poller: the caller has done its part. */
    private void combine() {
        if (lock.isHeldByCurrentThread()) {
            return; // on our way out we look again
        }
        try {
            for (int i = 0; i < ROUNDS && hasCommands() && lock.tryLock(); i++) {
                try {
                    if (closed) {
                        return;
                    }
                    drain();
                    // a poller that sleeps without end does not watch, and has to from the first slot on
                    boolean isSooner = (ownChanged || pollUntil == Micros.NEVER) && nextLook() < pollUntil;
                    if (isSooner || i == ROUNDS - 1 && hasCommands()) {
                        port.wake();
                    }
                    ownChanged = false;
                } finally {
                    lock.unlock();
                }
            }
        } catch (Throwable e) {
            failures.failed(e);
            wakePoller();
        }
    }

    /**
     * Carries out what was asked for before, or waits for whoever does: afterwards no command holds a slot of a map that is
     * closed, so that the slot is left to the next one that opens the map.
     */
    void settle() {
        if (lock.isHeldByCurrentThread()) {
            return;
        }
        lock.lock();
        try {
            if (!closed) {
                drain();
            }
        } catch (Throwable e) {
            failures.failed(e);
            wakePoller();
        } finally {
            unlock();
        }
    }

    /** Releases the lock outside {@link #combine}: who tried it meanwhile left the commands to us. */
    private void unlock() {
        lock.unlock();
        if (hasCommands()) {
            combine();
        }
    }

    // ---- views --------------------------------------------------------------------------------------------------

    /** What the kernel says about a slot, of which the caller holds a reference; null when it could not be asked. */
    SlotSnapshot.@Nullable Measure measure(ControlBlock<?> block) {
        combine();
        for (int i = 0; !lock.tryLock(); i++) {
            if (i == LOOKS) {
                return null;
            }
            Thread.onSpinWait();
        }
        try {
            return closed ? null : KernelWord.measure(port, ticker, block, refused.get(block.position()), records);
        } finally {
            unlock();
        }
    }

    void recovered(boolean wasCutOff, boolean dueWhileAway) {
        recovered.incrementAndGet();
        if (wasCutOff) {
            cutOff.incrementAndGet();
        }
        if (dueWhileAway) {
            whileAway.incrementAndGet();
        }
    }

    /** What is wrong with the pins; null for nothing. */
    @Nullable
    String pinTrouble() {
        return port.pinTrouble();
    }

    /** How often a slot was not taken by the kernel and measured here instead. */
    long fallbacks() {
        return fallbacks.get();
    }

    /** For the backend's report, in the order to show. */
    void report(Map<String, Object> details) {
        details.put("capacity", port.capacity());
        details.put("keyBytes", port.keyBytes());
        details.put("slots", records.used());
        details.put("fallbacks", fallbacks.get());
        details.put("driverFailures", failures.count());
        details.put("strays", scrubber.recovered());
        lock.lock();
        try {
            details.put("fallbacksNow", refused.cardinality());
            details.put("circuitBreaker", guard.state());
            if (!closed) {
                details.put("fired", header(Layout.HEADER_FIRED));
                details.put("ringFull", header(Layout.HEADER_RING_FULL));
                details.put("startFailed", header(Layout.HEADER_START_FAILED));
                details.put("orphans", directory.orphans());
                if (port.touchable()) {
                    details.put("touchRearms", header(Layout.HEADER_TOUCH_REARMS));
                    details.put("notIndexed", notIndexed.get());
                }
            }
        } finally {
            unlock();
        }
        details.put("rejectedNoRoom", rejectedFull.get());
        details.put("rejectedByKernel", rejectedByKernel.get());
        details.put("overdueFound", overdueFound.get());
        details.put("wallClockSets", clockSets.get());
        if (port.features().pinned()) {
            details.put("repinned", port.repinned());
        }
        details.put("ringDamages", port.ringDamages());
        details.put("recordsRepaired", records.repaired());
        details.put("recordsDamaged", records.damaged().size());
        details.put("valueBytes", port.valueBytes());
        details.put("valuesDamaged", records.shapes().damagedEntries());
        details.put("recovered", recovered.get());
        details.put("recoveredCutOff", cutOff.get());
        details.put("recoveredDueWhileAway", whileAway.get());
    }

    private long header(long offset) {
        return (long) LONG.getVolatile(port.header(), offset);
    }

    /** How many slots the engine holds, measures or tries again by itself. */
    int held() {
        lock.lock();
        try {
            return Arrays.stream(local).mapToInt(LocalDeadlines::size).sum() + refused.cardinality();
        } finally {
            unlock();
        }
    }

    // ---- called by the poller -----------------------------------------------------------------------------------

    /** Waits for events and does what there is to do; {@link #pass} must follow. */
    void await() {
        port.poll(this::note, timeout());
    }

    private void note(int place, long word, long firedAtNanos) {
        if (firedCount == fired.length) {
            fired = Arrays.copyOf(fired, 2 * firedCount);
        }
        fired[firedCount++] = place;
    }

    private long timeout() {
        Locks.lock(lock);
        try {
            long now = Micros.floor(ticker.monotonicNanos());
            long next = nextLook();
            pollUntil = next;
            if (hasCommands() && lazy.get() >= LAZY || firedCount != 0 || dueCount != 0) {
                return 0;
            }
            return next == Micros.NEVER ? -1 : Math.max(0, next - now) * 1_000;
        } finally {
            unlock();
        }
    }

    /** Takes the events that are there; {@link #pass} must follow. */
    void collect() {
        port.poll(this::note, 0);
    }

    /**
     * Does what there is to do now.
     *
     * @return whether something was handed over, so that there may be more
     */
    boolean pass() {
        Throwable former = failures.present();
        boolean handed = handOverDue(); // what a failure has left
        wallSteps.look();
        Locks.lock(lock);
        try {
            pollUntil = Long.MIN_VALUE; // awake
            ownChanged = false;
            if (closed) {
                return false;
            }
            followWallClock();
            while (firedSeen < firedCount) {
                event(fired[firedSeen++]);
            }
            firedCount = 0;
            firedSeen = 0;
            watch();
            lookAtOwn();
            retryRefused();
            drain();
        } finally {
            unlock();
        }
        handed |= handOverDue();
        attempt();
        tellRejections();
        watchPins();
        boolean looksOn = scrubber.step();
        failures.worked(former);
        return looksOn || handed;
    }

    /** Hands over what is due. Does not go back to one that it failed with. */
    private boolean handOverDue() {
        boolean any = dueCount != 0;
        while (handedOver < dueCount) {
            ControlBlock<?> block = due[handedOver];
            due[handedOver++] = null;
            if (block != null) {
                handOver(block);
            }
        }
        dueCount = 0;
        handedOver = 0;
        return any;
    }

    /** One turn of the poller: waits for events and does what there is to do. To be called again whatever it throws. */
    void turn() {
        if (failures.present() == null) {
            await();
        }
        Throwable former = failures.present();
        if (former != null) {
            failures.goOn(former);
            collect();
        }
        pass();
    }

    /** What the poller fails with. */
    DriverFailures failures() {
        return failures;
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

    /** Looks whether the pins are still there, and says in the log when that changes; the poller's. */
    private void watchPins() {
        long now = Micros.floor(ticker.monotonicNanos());
        if (now < pinsAt) {
            return;
        }
        pinsAt = now + PINS_MICROS;
        String before = port.pinTrouble();
        long repinned = port.repinned();
        lookAtQuestion();
        port.watchPins();
        String found = port.pinTrouble();
        if (found != null && before == null) {
            LOG.warning(found, "", "", null);
        }
        if (port.repinned() != repinned) {
            LOG.warning(
                    "",
                    port.repinned() - repinned,
                    " pins had been removed while this application uses them, and are made again",
                    null);
        }
    }

    /** Says in the log why starts were rejected, once a minute at most; the poller's. */
    private void tellRejections() {
        long full = rejectedFull.get();
        long refused = rejectedByKernel.get();
        long lost = unfreed;
        if (lost != unfreedTold) {
            LOG.warning(
                    "the kernel did not free the timers of ",
                    lost - unfreedTold,
                    " records: " + Errno.words(unfreedErrno),
                    null);
            unfreedTold = lost;
        }
        long now = Micros.floor(ticker.monotonicNanos());
        if (full == fullTold && refused == refusedTold || now < tellAt) {
            return;
        }
        String reason =
                full == fullTold ? "" : (full - fullTold) + " for there is room for " + port.capacity() + " slots";
        String other = refused == refusedTold
                ? ""
                : (refused - refusedTold) + " for the kernel has no memory for the timer (" + Errno.ENOMEM.name() + ")";
        LOG.warning(
                "starts were rejected: ", reason + (reason.isEmpty() || other.isEmpty() ? "" : ", ") + other, "", null);
        fullTold = full;
        refusedTold = refused;
        tellAt = now + TELL_MICROS;
    }

    /** The question of another process for the slots; null where it is not to be asked. */
    @Nullable
    HandOverQuestion question() {
        return question;
    }

    private void lookAtQuestion() {
        HandOverQuestion present = question;
        if (present != null) {
            if (present.clear()) {
                records.repairedOther();
            }
            if (present.isAsked()) {
                askedToHandOver.run();
            }
        }
    }

    /** Whether there is an operation in the shared memory, or may come one; carries out what is left to do there. */
    boolean isInUse() {
        combine();
        return records.isInUse();
    }

    void whenAskedToHandOver(Runnable task) {
        askedToHandOver = task;
    }

    /** Wakes the poller. */
    void wake() {
        if (!closed) {
            port.wake();
        }
    }

    /** When the engine has to look by itself, in monotonic microseconds; for a backend without a thread. */
    long nextWake() {
        lock.lock();
        try {
            return nextLook();
        } finally {
            unlock();
        }
    }

    /** Hands over a slot in custody WORKER; one that is not passed on comes back, whatever happened. */
    private void handOver(ControlBlock<?> block) {
        boolean passed = false;
        try {
            passed = block.expire();
        } finally {
            if (!passed) {
                retry(block);
            }
        }
    }

    // ---- with the lock: looks ------------------------------------------------------------------------------------

    /** Whether there is something to look at a slot for. */
    private static boolean isPending(long word) {
        return !StateWord.isFreed(word) && StateWord.isArmed(word) || StateWord.isRunning(word);
    }

    /**
     * When, by its deadline or a touch; what was cut off is due at once. Asked in the engine's custody only, where no run goes
     * on, and with a word that was read before.
     */
    private long dueAt(ControlBlock<?> block, long word) {
        return StateWord.isRunning(word)
                ? 0
                : Math.max(StateWord.deadline(word), records.touchedUntil(block.position()));
    }

    /** The kernel says: look at the slot of this record. */
    private void event(int place) {
        ControlBlock<?> block = records.owner(place);
        if (block == null) {
            return;
        }
        long lookAt = block.lookAt();
        if (lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt) && lookAt != Custody.RETURNED) {
            look(block);
        }
    }

    /** Looks at a slot in our custody whose promise may have elapsed: collects it if it is due, or files it anew. */
    private void look(ControlBlock<?> block) {
        boolean done = false;
        try {
            long word = block.word();
            if (isPending(word) && dueAt(block, word) <= now(block.clock())) {
                if (running) {
                    collect(block);
                } else {
                    hold(block, dueAt(block, word));
                }
            } else if (block.retainReference()) { // on the way it may pass through nobody's hands
                try {
                    file(block);
                } finally {
                    block.releaseReference();
                }
            }
            done = true;
        } finally {
            if (!done) {
                giveUp(block);
            }
        }
    }

    /** Takes a slot in our custody for handing over. */
    private void collect(ControlBlock<?> block) {
        if (dueCount == due.length) {
            due = Arrays.copyOf(due, 2 * dueCount);
        }
        letGo(block);
        block.promise(Custody.WORKER);
        due[dueCount++] = block;
    }

    /** Something failed with a slot in our custody: it is in nobody's hands, if no worker has it, and will be found there. */
    private void giveUp(ControlBlock<?> block) {
        scrubber.strayed();
        if (!Custody.isWorkers(block.lookAt())) {
            block.promise(Custody.NOBODY);
            letGo(block);
        }
    }

    /**
     * Looks for slots whose event has not come, whatever became of it: those of some records each second, and of all when the
     * ring was full or was tampered with, which is then asked at each pass. Makes good what others changed in the records.
     */
    private void watch() {
        long now = Micros.floor(ticker.monotonicNanos());
        long full = header(Layout.HEADER_RING_FULL);
        long damages = port.ringDamages();
        boolean lost = full != ringFullSeen || damages != ringDamagesSeen || sweepLeft > 0;
        if (!running || records.used() == 0 || !lost && now < watchAt) {
            return;
        }
        if (lost && sweepLeft == 0) {
            if (now < sweepAt) { // a long look is a small part of the time, however full the ring is
                watchAt = Math.min(watchAt, sweepAt);
                return;
            }
            sweepLeft = records.end();
            sweepAt = now + sweepLeft / SWEPT_PER_MICRO;
            ringFullSeen = full;
            ringDamagesSeen = damages;
        }
        watchAt = now + WATCH_MICROS;
        offset(SlotClock.REALTIME, wallOffset);
        offset(SlotClock.MONOTONIC, 0);
        int end = records.end();
        for (int i = lost ? sweepLeft : Math.min(end, WATCHED); i > 0; i--) {
            watched = watched + 1 < end ? watched + 1 : 0;
            sweepLeft = Math.max(0, sweepLeft - 1);
            ControlBlock<?> block = records.owner(watched);
            if (block != null) {
                records.verify(watched, block);
                watch(block, lost ? 0 : GRACE_MICROS);
            }
        }
    }

    private void watch(ControlBlock<?> block, long grace) {
        long word = block.word();
        long lookAt = block.lookAt();
        boolean ours = lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt) && lookAt != Custody.RETURNED;
        if (ours && isPending(word) && !own(block).isHeld(block.position())) {
            long latest = now(block.clock()) - grace;
            if (lookAt <= latest && dueAt(block, word) <= latest) {
                overdueFound.incrementAndGet();
                look(block);
            }
        }
    }

    private void lookAtOwn() {
        if (!running) {
            return;
        }
        for (SlotClock clock : CLOCKS) {
            LocalDeadlines slots = local[clock.ordinal()];
            long now = now(clock);
            for (ControlBlock<?> block = slots.take(now); block != null; block = slots.take(now)) {
                look(block);
            }
        }
    }

    private long nextLook() {
        long now = Micros.floor(ticker.monotonicNanos());
        long next = Micros.NEVER;
        if (running) {
            for (SlotClock clock : CLOCKS) {
                long at = local[clock.ordinal()].next();
                if (at != Micros.NEVER) {
                    next = Math.min(next, now + Math.max(0, at - now(clock)));
                }
            }
            next = Math.min(next, attemptAt.get());
        }
        if (!refused.isEmpty()) {
            next = Math.min(next, now + KernelGuard.PAUSE.toNanos() / 1_000);
        }
        if (running && records.used() != 0) {
            next = Math.min(next, Math.max(now, watchAt));
        }
        if (port.features().pinned()) {
            next = Math.min(next, Math.max(now, pinsAt));
        }
        if (realtimeSlots != 0) {
            next = Math.min(next, now + OTHER_CLOCK_NANOS / 1_000);
        }
        if (records.used() != 0) {
            next = Math.min(next, Math.max(now, scrubber.nextLook()));
        }
        return next;
    }

    private void followWallClock() {
        if (realtimeSlots == 0) {
            return;
        }
        long offset = ticker.realtimeNanos() - ticker.monotonicNanos();
        if (Math.abs(offset - wallOffset) > CLOCK_NOISE_NANOS) {
            tellOffsets();
            clockSets.incrementAndGet();
            clockSetFor = 0;
        }
        while (clockSetFor < records.end()) {
            int place = clockSetFor++;
            ControlBlock<?> block = records.owner(place);
            if (block != null && block.clock() == SlotClock.REALTIME) {
                event(place); // set anew, by the clock as it is now
            }
        }
        clockSetFor = Integer.MAX_VALUE;
    }

    private void tellOffsets() {
        long monotonic = ticker.monotonicNanos();
        wallOffset = ticker.realtimeNanos() - monotonic;
        offset(SlotClock.MONOTONIC, 0);
        offset(SlotClock.REALTIME, wallOffset);
        offset(SlotClock.BOOTTIME, ticker.boottimeNanos() - monotonic);
    }

    private void offset(SlotClock clock, long nanos) {
        LONG.setVolatile(port.header(), Layout.HEADER_CLOCK_OFFSET + (long) clock.ordinal() * Long.BYTES, nanos);
    }

    // ---- with the lock: commands ----------------------------------------------------------------------------------

    private void drain() {
        lazy.set(0);
        do {
            for (int place = next(intake); place >= 0; place = next(intake)) {
                ControlBlock<?> block = records.owner(place);
                if (block != null) { // always: the command has a reference
                    command(block);
                }
            }
            for (int place = next(gone); place >= 0; place = next(gone)) {
                commands.free(place);
            }
            boolean full = commands.isFull();
            run();
            if (!full) {
                return;
            }
        } while (hasCommands());
    }

    private int next(PlaceQueue queue) {
        return commands.isFull() ? -1 : queue.poll();
    }

    private void run() {
        if (commands.size() != 0) {
            commands.run(this);
        }
        guard.ran(freshAsked, freshRefused); // whether there was a command or not: it may have failed on its way here
        freshAsked = false;
        granted = false;
    }

    /** Whether a slot that is new to the kernel may be part of the next run. */
    private boolean mayAskFor(int place) {
        if (known.get(place)) {
            return true;
        }
        if (!granted) {
            granted = true;
            freshAsked = false;
            freshRefused = false;
            fresh = guard.grant();
        }
        if (fresh == 0) {
            return false;
        }
        fresh--;
        return true;
    }

    /** Carries out a command: looks at the slot and files it where it belongs. */
    private void command(ControlBlock<?> block) {
        block.leaveInbox();
        boolean done = false;
        try {
            obey(block);
            done = true;
        } finally {
            if (!done) {
                giveUp(block);
            }
            block.releaseCommand();
        }
    }

    private void obey(ControlBlock<?> block) {
        long lookAt = block.lookAt();
        long word = block.word();
        if (lookAt == Custody.NOBODY) {
            if (isPending(word) && block.take(dueAt(block, word))) {
                file(block);
            }
        } else if (lookAt == Custody.RETURNED) {
            long promise = dueAt(block, word);
            block.promise(promise);
            if (isKept(block, promise) && promise <= now(block.clock())) {
                hold(block, promise);
            } else {
                file(block);
            }
        } else if (!Custody.isWorkers(lookAt)) {
            if (!isPending(word) || dueAt(block, word) < lookAt || hasLapsed(block)) {
                file(block);
            }
        }
    }

    /** Files a slot in our custody, with a reference in hand, by its present deadline; or lets go of it. */
    private void file(ControlBlock<?> block) {
        long promise;
        do {
            long word = block.word();
            if (!isPending(word)) {
                letGo(block);
                block.promise(Custody.NOBODY);
                word = block.word();
                if (!isPending(word) || !block.take(dueAt(block, word))) {
                    return;
                }
            }
            promise = dueAt(block, word);
            block.promise(promise);
        } while (!isKept(block, promise));
        measure(block, promise);
    }

    private void makeRoom() {
        if (commands.isFull()) {
            run();
        }
    }

    private boolean isKept(ControlBlock<?> block, long promise) {
        long word = block.word();
        return isPending(word) && dueAt(block, word) >= promise;
    }

    /** Has a slot measured for a promise that was given just now: by the kernel, or here. */
    private void measure(ControlBlock<?> block, long promise) {
        int place = block.position();
        if (StateWord.isRunning(block.word())) {
            hold(block, 0);
            return;
        }
        if (records.isTouchable(place) && !indexed.get(place)) {
            makeRoom();
            indexed.set(place);
            commands.index(place); // whether the kernel takes the timer or not
        }
        makeRoom();
        if (!mayAskFor(place)) {
            refuse(block, promise);
            return;
        }
        letGo(block);
        start(block, promise);
    }

    private void start(ControlBlock<?> block, long promise) {
        boolean isFresh = !known.get(block.position());
        SlotClock clock = block.clock();
        if (block.type() == SlotType.WORK && promise <= now(clock)) {
            commands.work(block, promise, isFresh);
            freshAsked |= isFresh;
            return;
        }
        long nanos = promise * 1_000;
        if (clock == SlotClock.REALTIME) {
            if (!realtime.get(block.position())) {
                if (realtimeSlots == 0) {
                    tellOffsets();
                }
                realtime.set(block.position());
                realtimeSlots++;
                ownChanged = true;
            }
            nanos = Math.max(0, nanos - wallOffset);
        }
        commands.start(block, clock, nanos, promise, isFresh);
        freshAsked |= isFresh;
    }

    @Override
    public void started(ControlBlock<?> block, long promise, boolean isFresh, int result) {
        int place = block.position();
        if (result < 0) {
            freshRefused |= isFresh;
            if (records.owner(place) == block && block.lookAt() == promise) {
                boolean done = false;
                try {
                    refuse(block, promise);
                    done = true;
                } finally {
                    if (!done) {
                        giveUp(block);
                    }
                }
            }
            return;
        }
        known.set(place);
        if (refused.get(place)) {
            refused.clear(place);
            letGo(block);
        }
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // with the lock
    public void freed(int place, int result) {
        if (result < 0) {
            unfreedErrno = -result;
            unfreed++;
        }
        known.clear(place);
        refused.clear(place);
        if (realtime.get(place)) {
            realtime.clear(place);
            realtimeSlots--;
        }
        local[0].letGo(place);
        indexed.clear(place);
        records.erase(place);
        records.giveBack(place);
    }

    @Override
    public void indexed(int place, int result) {
        if (result < 0) {
            indexed.clear(place);
            notIndexed.incrementAndGet();
        }
    }

    private LocalDeadlines own(ControlBlock<?> block) {
        return local[block.clock().ordinal()];
    }

    /** Puts a slot into the engine's own queue. */
    private void hold(ControlBlock<?> block, long at) {
        own(block).hold(block, at);
        ownChanged = true;
    }

    /** Takes a slot out of the engine's own queue, if it is there. */
    private void letGo(ControlBlock<?> block) {
        own(block).letGo(block.position());
    }

    /** Measures here what the kernel does not take. */
    private void refuse(ControlBlock<?> block, long promise) {
        int place = block.position();
        if (!refused.get(place)) {
            refused.set(place);
            fallbacks.incrementAndGet();
            block.refusedByBackend();
        }
        hold(block, promise);
    }

    /** Asks the kernel again for slots that it refused, as many as the guard allows. */
    private void retryRefused() {
        for (int i = refused.cardinality(); i > 0 && !commands.isFull(); i--) {
            int place = refused.nextSetBit(retryAt);
            if (place < 0) {
                place = refused.nextSetBit(0);
            }
            ControlBlock<?> block = records.owner(place);
            if (block == null || !own(block).isHeld(place)) {
                refused.clear(place); // at rest: the kernel is asked when it is armed again
            } else if (mayAskFor(place)) {
                start(block, block.lookAt());
            } else {
                return;
            }
            retryAt = place + 1;
        }
    }

    /** Whether the kernel takes a slot that is to be made in a record, of which nobody knows yet. */
    private boolean isTaken(int place, SlotType type) {
        lock.lock();
        try {
            if (!closed && !known.get(place)) {
                run(); // what a failure has left in the batch
                known.set(place, commands.isTaken(place, type));
            }
            return known.get(place);
        } finally {
            unlock();
        }
    }

    // ---- the end ------------------------------------------------------------------------------------------------

    /** Lets go of the slots: what is in the kernel stays there. */
    void detach() {
        combine();
        records.detach();
    }

    /** Frees what is to be freed and gives the port back. */
    private void close() {
        Locks.lock(lock);
        try {
            if (!closed) {
                try {
                    if (!records.isDetached()) {
                        drain();
                    }
                } finally {
                    closed = true;
                    port.close();
                }
            }
        } finally {
            unlock();
        }
    }

    /** A poller is about to start. */
    void polled() {
        polled = true;
    }

    /** The poller ends. */
    void leave() {
        polled = false;
        closeIfQuiet();
    }

    /**
     * Closes once no callback runs, which has to be acknowledged in the shared memory, and the poller has ended. Each of
     * them, and this call, stores first and then looks at the others: the last one closes.
     */
    void closeWhenQuiet() {
        closing = true;
        wakePoller();
        closeIfQuiet();
    }

    /** Wakes the poller, which the lock keeps from closing what is to wake it. */
    void wakePoller() {
        Locks.lock(lock);
        try {
            wake();
        } catch (Throwable e) {
            failures.failed(e); // it wakes up by itself after a while
        } finally {
            unlock();
        }
    }

    /** Whether the poller is to end. */
    boolean isClosing() {
        return closing;
    }

    private void closeIfQuiet() {
        if (closing && !polled && inFlight.count() == 0) {
            close();
        }
    }
}
