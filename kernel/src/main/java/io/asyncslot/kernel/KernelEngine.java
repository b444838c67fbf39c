package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.backend.DriverFailures;
import io.asyncslot.backend.InFlight;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.Scrubber;
import io.asyncslot.core.Timekeeper;
import io.asyncslot.core.WallSteps;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Lets the kernel measure time for the slots of one backend. Commands of any thread are combined: whoever has the lock
 * carries out what is there. One thread at a time waits for events and hands over what is due; it runs no callbacks
 * itself, unless the executor does.
 */
final class KernelEngine implements Timekeeper, Combiner.Worker {

    /*
     * Parts
     *
     * Each has its own state: Combiner the lock and the commands of all threads, KernelTimers what the kernel measures and what
     * it refused, OwnDeadlines the engine's own queue, WallClockSlots the offsets of the clocks, Watchdog the look for what the
     * kernel did not say, HolderDuties the pins. Here is what custody means: who takes a slot, looks at it, files it, and
     * hands it over. Everything that it means in JvmEngine for its thread it means here for the holder of the lock. No user
     * code runs under it: what is due is collected with the lock, in custody WORKER, and handed over without.
     *
     * Errors
     *
     * The heap may be full at any step, and a clock or an executor may throw. What threads leave for the lock's holder takes
     * no heap. A slot in whose look or filing something fails is given up: it is in nobody's hands, and the scrubber, which is
     * told, has it filed anew. Where many are handled one after the other, the place in the line is moved on before each, and
     * kept, so that the next pass goes on behind the one that failed. A slot of the wall clock is looked at once more then, since
     * no other event would come. Commands that were not carried out, and results that were
     * not looked at, stay in the batch. Who combines for others does not fail for them: the poller is told, goes on, and says
     * so in health until it has done its work.
     */

    static final long OTHER_CLOCK_NANOS = 1_000_000_000L;

    private static final int LOOKS = 10_000;
    private static final Log LOG = new Log(KernelEngine.class);
    private static final Log.Message CLOCK_FAILED = LOG.message("the clock failed: ", "");

    private final KernelPort port;
    private final Ticker ticker;

    /** Looks for slots that an Error has left in nobody's hands. Driven by the poller. */
    private final Scrubber scrubber;

    private final KernelOptions options;
    private final SlotRecords records;
    private final MapDirectory directory;
    private final WallSteps wallSteps;
    private final InFlight inFlight = new InFlight(this::closeIfQuiet);
    private final DriverFailures failures = new DriverFailures(LOG);

    // ---- the parts; each says who may use it

    private final Combiner combiner;
    private final OwnDeadlines own;
    private final WallClockSlots wall;
    private final KernelTimers timers;
    private final Watchdog watchdog;
    private final HolderDuties duties;
    private final StartRejections rejections;
    private final DueSlots due = new DueSlots(this::retry);
    private final SlotLooks looks;

    // ---- shared

    /** What was asked to be called later. Any thread writes, then sets {@link #attemptAt}; volatile. */
    private volatile Runnable attempt = () -> {};

    /** When to call it, monotonic microseconds; NEVER for nothing. Set by any thread; taken by the poller, by CAS. */
    private final AtomicLong attemptAt = new AtomicLong(Micros.NEVER);

    /** Whether to close as soon as nobody uses the shared memory. Set by the backend's close; volatile. */
    private volatile boolean closing;

    /** Whether a poller is about. Set before it starts, cleared by itself at its end; volatile. */
    private volatile boolean polled;

    /** Whether the shared memory is gone. Set with the lock, read by all. */
    private volatile boolean closed;

    /** When the poller wakes up by itself, monotonic microseconds; MIN_VALUE while it is awake, or there is none. With the lock. */
    private long pollUntil = Long.MIN_VALUE;

    // ---- the poller's own

    /** Records that the kernel says are due; how many, and how many of them have been looked at. */
    private int[] fired = new int[256];

    private int firedCount;
    private int firedSeen;

    // ---- for reports: any thread

    private final AtomicLong recovered = new AtomicLong();
    private final AtomicLong cutOff = new AtomicLong();
    private final AtomicLong whileAway = new AtomicLong();

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
        this.directory = new MapDirectory(port, records.left());
        this.wallSteps = new WallSteps(ticker, calendars);
        this.combiner = new Combiner(port.capacity(), this);
        this.own = new OwnDeadlines(ticker, port.capacity(), scrubber);
        this.wall = new WallClockSlots(port, ticker, records);
        this.rejections = new StartRejections(port, ticker);
        this.timers =
                new KernelTimers(port, ticker, options, circuitBreakers, records, own, wall, rejections, own::giveUp);
        this.looks = new SlotLooks(ticker, records, own, wall, timers, due);
        this.watchdog = new Watchdog(port, ticker, records, wall);
        this.duties = new HolderDuties(port, ticker, records, options.takeOver());
        drop(records.left().takeRemains());
    }

    SlotRecords records() {
        return records;
    }

    MapDirectory directory() {
        return directory;
    }

    void running(boolean value) {
        looks.running(value);
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
    public boolean promisesLapse() {
        return true;
    }

    @Override
    public boolean hasLapsed(ControlBlock<?> block) {
        return looks.hasLapsed(block);
    }

    @Override
    public void armed(ControlBlock<?> block, long deadline) {
        if (!block.retainForCommand()) {
            return; // freed meanwhile
        }
        if (block.enterInbox()) {
            combiner.hurry(block.position());
        } else {
            block.releaseCommand(); // the command that is there already will find what we stored
            combiner.hurry();
        }
    }

    @Override
    public void born(ControlBlock<?> block) {
        combiner.hurry(block.position());
    }

    @Override
    public void freed(ControlBlock<?> block) {
        long lookAt = block.lookAt();
        if (lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt) && block.enterInbox()) {
            block.passToCommand();
            combiner.linger(block.position());
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
        return looks.isRunning();
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
        combiner.batchBegins();
    }

    @Override
    public void batchEnds() {
        combiner.batchEnds();
    }

    /** A record's slot is gone for good. */
    void reclaimed(ControlBlock<?> block) {
        if (!records.isDetached()) {
            combiner.gone(block.position());
        }
    }

    /** Drops what a former process left in some records. */
    void drop(List<Integer> places) {
        if (!places.isEmpty()) {
            combiner.gone(places);
        }
    }

    /** Takes a record for a new slot; -1 when there is none, or the kernel refuses and that is to be an answer. */
    int reserve(SlotType type) {
        int place = records.take();
        if (place < 0 && !records.isDetached() && combiner.isBusy()) {
            combiner.settle(); // a record of a slot that was deleted may be on its way to be free
            place = records.take();
        }
        if (place < 0) {
            rejections.noRoom();
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
                rejections.byKernel();
                return -1;
            }
        }
        return place;
    }

    /** Whether the kernel takes a slot that is to be made in a record, of which nobody knows yet. */
    private boolean isTaken(int place, SlotType type) {
        combiner.lock();
        try {
            return !closed && timers.isTaken(place, type);
        } finally {
            combiner.unlock();
        }
    }

    /** Carries out the commands that are there. */
    @Override
    public boolean carryOut(boolean last) {
        if (closed) {
            return false;
        }
        drain();
        // a poller that sleeps without end does not watch, and has to from the first slot on
        boolean isSooner = (takeChanged() || pollUntil == Micros.NEVER) && nextLook() < pollUntil;
        if (isSooner || last && combiner.hasCommands()) {
            port.wake();
        }
        return true;
    }

    @Override
    public void failed(Throwable failure) {
        failures.failed(failure);
        wakePoller();
    }

    /** Whether the engine may have to look by itself earlier than it knew at the last look. */
    private boolean takeChanged() {
        boolean changed = own.takeChanged();
        return wall.takeChanged() || changed;
    }

    /**
     * Afterwards no command holds a slot of a map that is closed, so that the slot is left to the next one that opens the map.
     */
    void settle() {
        combiner.settle();
    }

    // ---- views --------------------------------------------------------------------------------------------------

    /** What the kernel says about a slot, of which the caller holds a reference; null when it could not be asked. */
    SlotSnapshot.@Nullable Measure measure(ControlBlock<?> block) {
        combiner.combine();
        for (int i = 0; !combiner.tryLock(); i++) {
            if (i == LOOKS) {
                return null;
            }
            Thread.onSpinWait();
        }
        try {
            return closed ? null : KernelWord.measure(port, ticker, block, timers.isRefused(block.position()), records);
        } finally {
            combiner.unlock();
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
        return timers.fallbacks();
    }

    /** For the backend's report, in the order to show. */
    void report(Map<String, Object> details) {
        details.put("capacity", port.capacity());
        details.put("keyBytes", port.keyBytes());
        details.put("slots", records.used());
        details.put("fallbacks", timers.fallbacks());
        details.put("driverFailures", failures.count());
        details.put("strays", scrubber.recovered());
        combiner.lock();
        try {
            timers.report(details);
            if (!closed) {
                details.put("fired", header(Layout.HEADER_FIRED));
                details.put("ringFull", header(Layout.HEADER_RING_FULL));
                details.put("startFailed", header(Layout.HEADER_START_FAILED));
                details.put("orphans", directory.orphans());
                if (port.touchable()) {
                    details.put("touchRearms", header(Layout.HEADER_TOUCH_REARMS));
                    details.put("notIndexed", timers.notIndexed());
                }
            }
        } finally {
            combiner.unlock();
        }
        rejections.report(details);
        details.put("overdueFound", looks.overdueFound());
        details.put("wallClockSets", wall.sets());
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
        combiner.lock();
        try {
            return own.size() + timers.refusedNow();
        } finally {
            combiner.unlock();
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
        combiner.lockPatiently();
        try {
            long now = Micros.floor(ticker.monotonicNanos());
            long next = nextLook();
            pollUntil = next;
            if (combiner.isPressing() || firedCount != 0 || !due.isEmpty()) {
                return 0;
            }
            return next == Micros.NEVER ? -1 : Math.max(0, next - now) * 1_000;
        } finally {
            combiner.unlock();
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
        boolean handed = due.handOver(); // what a failure has left
        wallSteps.look();
        combiner.lockPatiently();
        try {
            pollUntil = Long.MIN_VALUE; // awake
            takeChanged();
            if (closed) {
                return false;
            }
            wall.follow(looks);
            while (firedSeen < firedCount) {
                looks.event(fired[firedSeen++]);
            }
            firedCount = 0;
            firedSeen = 0;
            if (looks.isRunning()) {
                watchdog.watch(looks);
                own.takeDue(looks);
            }
            timers.retryRefused();
            drain();
        } finally {
            combiner.unlock();
        }
        handed |= due.handOver();
        attempt();
        rejections.tell();
        duties.look();
        boolean looksOn = scrubber.step();
        failures.worked(former);
        return looksOn || handed;
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
                && looks.isRunning()
                && at <= Micros.floor(ticker.monotonicNanos())
                && attemptAt.compareAndSet(at, Micros.NEVER)) {
            attempt.run();
        }
    }

    /** The question of another process for the slots; null where it is not to be asked. */
    @Nullable
    HandOverQuestion question() {
        return duties.question();
    }

    /** Whether there is an operation in the shared memory, or may come one; carries out what is left to do there. */
    boolean isInUse() {
        combiner.combine();
        return records.left().isInUse();
    }

    void whenAskedToHandOver(Runnable task) {
        duties.whenAsked(task);
    }

    /** Wakes the poller. */
    void wake() {
        if (!closed) {
            port.wake();
        }
    }

    /** When the engine has to look by itself, in monotonic microseconds; for a backend without a thread. */
    long nextWake() {
        combiner.lock();
        try {
            return nextLook();
        } finally {
            combiner.unlock();
        }
    }

    /** When to look by itself, in monotonic microseconds. */
    private long nextLook() {
        long now = Micros.floor(ticker.monotonicNanos());
        long next = Math.min(timers.nextRetry(now), Math.max(now, duties.next()));
        if (looks.isRunning()) {
            next = Math.min(next, own.next(now));
            next = Math.min(next, attemptAt.get());
            next = Math.min(next, Math.max(now, watchdog.next()));
        }
        if (!wall.isEmpty()) {
            next = Math.min(next, now + OTHER_CLOCK_NANOS / 1_000);
        }
        if (records.used() != 0) {
            next = Math.min(next, Math.max(now, scrubber.nextLook()));
        }
        return next;
    }

    // ---- with the lock: commands ----------------------------------------------------------------------------------

    private void drain() {
        combiner.begin();
        do {
            for (int place = next(true); place >= 0; place = next(true)) {
                ControlBlock<?> block = records.owners().owner(place);
                if (block != null) { // always: the command has a reference
                    looks.command(block);
                }
            }
            for (int place = next(false); place >= 0; place = next(false)) {
                timers.free(place);
            }
            boolean full = timers.isFull();
            timers.run();
            if (!full) {
                return;
            }
        } while (combiner.hasCommands());
    }

    private int next(boolean command) {
        if (timers.isFull()) {
            return -1;
        }
        return command ? combiner.nextCommand() : combiner.nextGone();
    }

    // ---- the end ------------------------------------------------------------------------------------------------

    /** Lets go of the slots: what is in the kernel stays there. */
    void detach() {
        combiner.combine();
        records.detach();
    }

    /** Frees what is to be freed and gives the port back. */
    private void close() {
        combiner.lockPatiently();
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
            combiner.unlock();
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
        combiner.lockPatiently();
        try {
            wake();
        } catch (Throwable e) {
            failures.failed(e); // it wakes up by itself after a while
        } finally {
            combiner.unlock();
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
