package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.InFlight;
import io.asyncslot.core.Micros;
import io.asyncslot.core.StateWord;
import io.asyncslot.core.Timekeeper;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
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
     *   re-arm later, touch later, cancel     change the word and its copy, and need nothing else
     *   arm a slot that was not armed         has to tell us if the promise may have elapsed (hasLapsed): the callback may
     *                                         have looked in between
     *   arm it earlier than promised, make one, free one      leave a command
     *
     * An event is followed by a look at the slot: handed over, set anew, or let go.
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
     * Refusals
     *
     * Of the executor: as in JvmEngine; the slot waits in the engine's own queue, and nothing is handed over for
     * RETRY_MICROS. Of the kernel: the slot waits there too, by its deadline, and the kernel is asked again when the guard
     * allows.
     *
     * Cut off
     *
     * A slot that a former process left RUNNING is due at once, whatever its deadline; it comes with a reference of its own
     * that we give back once it is handed over.
     */

    static final long RETRY_MICROS = 1_000;
    static final long OTHER_CLOCK_NANOS = 1_000_000_000L;

    /** The wall clock has been set when its distance to the monotonic clock changes by more than this. */
    private static final long CLOCK_NOISE_NANOS = 1_000_000L;

    private static final int ROUNDS = 8;
    private static final int LOOKS = 10_000;
    private static final int BATCH = 256;
    private static final int LAZY = 64;
    private static final SlotClock[] CLOCKS = SlotClock.values();
    private static final System.Logger LOG = System.getLogger(KernelEngine.class.getName());

    private final KernelPort port;
    private final Ticker ticker;
    private final KernelOptions options;
    private final SlotRecords records;
    private final MapDirectory directory;
    private final InFlight inFlight = new InFlight();

    /** Slots to look at, each with a reference and its inbox claim. Any thread adds, the lock's holder takes. */
    private final Queue<ControlBlock<?>> intake = new ConcurrentLinkedQueue<>();

    /** Records whose slot is reclaimed. Any thread adds, the lock's holder takes. */
    private final Queue<Integer> gone = new ConcurrentLinkedQueue<>();

    /** How many commands of the two queues above nobody has hurried to carry out. A hint. */
    private final AtomicInteger lazy = new AtomicInteger();

    /** How many commands this thread has left during a batch; null outside. */
    @SuppressWarnings("ThreadLocalUsage") // an engine's own: a thread may be inside batches of two
    private final ThreadLocal<int @Nullable []> batch = new ThreadLocal<>();

    /** Threads inside a batch; saves the others the look at {@link #batch}. */
    private final AtomicInteger batches = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();

    /** Whether callbacks may be handed over. Set by the backend's lifecycle; volatile. */
    private volatile boolean running;

    /** Whether to close as soon as nobody uses the shared memory. Set by the backend's close; volatile. */
    private volatile boolean closing;

    /** Whether a poller is about. Set before it starts, cleared by itself at its end; volatile. */
    private volatile boolean polled;

    /** Whether the shared memory is gone. Set with the lock, read by all. */
    private volatile boolean closed;

    // ---- with the lock

    private final CommandBatch commands;
    private final KernelGuard guard;
    private final LocalDeadlines[] local = new LocalDeadlines[CLOCKS.length];
    private final LocalDeadlines.@Nullable Entry[] localEntries;

    /** Records whose timer or work item the kernel has. */
    private final BitSet known = new BitSet();

    /** Records whose slot the kernel refused; read without the lock for views, where a stale answer does no harm. */
    private final BitSet refused = new BitSet();

    /** Those slots, in the order in which they are tried again. */
    private final ArrayDeque<ControlBlock<?>> refusedSlots = new ArrayDeque<>();

    private final List<ControlBlock<?>> due = new ArrayList<>();
    private int fresh;
    private boolean freshAsked;
    private boolean freshRefused;
    private long pausedUntil = Long.MIN_VALUE;
    private long wallOffset;

    /** Whether the engine may have to look by itself earlier than it knew at the last look. */
    private boolean ownChanged;

    /** When the poller wakes up by itself, monotonic microseconds; MIN_VALUE while it is awake, or there is none. */
    private long pollUntil = Long.MIN_VALUE;

    /** Slots on the wall clock that the kernel has a timer for: as long as there are some we look whether it was set. */
    private int realtimeSlots;

    /** Records that are counted by {@link #realtimeSlots}. */
    private final BitSet realtime = new BitSet();

    /** Whether the guard was asked for the next run. */
    private boolean granted;

    // ---- the poller's own

    private int[] fired = new int[256];
    private int firedCount;

    // ---- for reports: any thread

    private final AtomicLong fallbacks = new AtomicLong();
    private final AtomicLong recovered = new AtomicLong();
    private final AtomicLong cutOff = new AtomicLong();
    private final AtomicLong whileAway = new AtomicLong();

    KernelEngine(KernelPort port, Ticker ticker, KernelOptions options, CircuitBreakerRegistry circuitBreakers) {
        this.port = port;
        this.ticker = ticker;
        this.options = options;
        this.records = new SlotRecords(port);
        this.directory = new MapDirectory(port, records);
        this.commands = new CommandBatch(port, options.cpuPin());
        this.guard = new KernelGuard(ticker, circuitBreakers);
        this.localEntries = new LocalDeadlines.Entry[port.capacity()];
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

    InFlight inFlight() {
        return inFlight;
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
        if (promise == Custody.WORKER || promise == Custody.NOBODY || promise == Custody.RETURNED) {
            return false; // its custodian looks at the word, or there is none and the caller has told us
        }
        return block.type() == SlotType.WORK || block.clock() == SlotClock.REALTIME || promise <= now(block.clock());
    }

    @Override
    public void armed(ControlBlock<?> block, long deadline) {
        if (!block.retainReference()) {
            return; // freed meanwhile
        }
        if (block.enterInbox()) {
            intake.add(block);
        } else {
            block.releaseReference(); // the command that is there already will find what we stored
        }
        hurry();
    }

    @Override
    public void born(ControlBlock<?> block) {
        intake.add(block);
        hurry();
    }

    @Override
    public void freed(ControlBlock<?> block) {
        long lookAt = block.lookAt();
        if (lookAt != Custody.NOBODY && lookAt != Custody.WORKER && block.enterInbox()) {
            intake.add(block);
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
    public void tidy() {
        combine();
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
        closeIfQuiet();
    }

    @Override
    public void batchBegins() {
        if (batch.get() == null) {
            batches.incrementAndGet();
            batch.set(new int[1]);
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
            gone.addAll(places);
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
        if (place >= 0 && options.fallback() == KernelOptions.Fallback.FAIL && !isTaken(place, type)) {
            records.giveBack(place);
            return -1;
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

    /** Carries out what is there, unless somebody else does. */
    private void combine() {
        if (lock.isHeldByCurrentThread()) {
            return; // on our way out we look again
        }
        for (int i = 0; i < ROUNDS && hasCommands() && lock.tryLock(); i++) {
            try {
                if (closed) {
                    return;
                }
                drain();
                if (ownChanged && nextLook() < pollUntil || i == ROUNDS - 1 && hasCommands()) {
                    port.wake();
                }
                ownChanged = false;
            } finally {
                lock.unlock();
            }
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
        lock.lock();
        try {
            details.put("fallbacksNow", refused.cardinality());
            details.put("circuitBreaker", guard.state());
            if (!closed) {
                details.put("fired", header(Layout.HEADER_FIRED));
                details.put("ringFull", header(Layout.HEADER_RING_FULL));
                details.put("startFailed", header(Layout.HEADER_START_FAILED));
                details.put("orphans", directory.orphans());
            }
        } finally {
            unlock();
        }
        details.put("recovered", recovered.get());
        details.put("recoveredCutOff", cutOff.get());
        details.put("recoveredDueWhileAway", whileAway.get());
    }

    private long header(long offset) {
        return (long) LONG.getVolatile(port.header(), offset);
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
        lock.lock();
        try {
            long now = Micros.floor(ticker.monotonicNanos());
            long next = nextLook();
            pollUntil = next;
            if (hasCommands() && lazy.get() >= LAZY || firedCount != 0) {
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
        List<ControlBlock<?>> ready;
        lock.lock();
        try {
            pollUntil = Long.MIN_VALUE; // awake
            ownChanged = false;
            if (closed) {
                return false;
            }
            followWallClock();
            for (int i = 0; i < firedCount; i++) {
                event(fired[i]);
            }
            firedCount = 0;
            lookAtOwn();
            retryRefused();
            drain();
            ready = List.copyOf(due);
            due.clear();
        } finally {
            unlock();
        }
        for (ControlBlock<?> block : ready) {
            handOver(block);
        }
        return !ready.isEmpty();
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

    /** Hands over a slot in custody WORKER. */
    private void handOver(ControlBlock<?> block) {
        boolean wasCutOff = block.isCutOff();
        if (!block.expire()) {
            retry(block);
        } else if (wasCutOff) {
            block.releaseReference();
        }
    }

    // ---- with the lock: looks ------------------------------------------------------------------------------------

    /** Whether there is something to look at a slot for. */
    private static boolean isPending(long word) {
        return !StateWord.isFreed(word) && StateWord.isArmed(word) || StateWord.isRunning(word);
    }

    /** When; what was cut off is due at once. Asked in the engine's custody only, where no run goes on. */
    private static long dueAt(long word) {
        return StateWord.isRunning(word) ? 0 : StateWord.deadline(word);
    }

    /** The kernel says: look at the slot of this record. */
    private void event(int place) {
        ControlBlock<?> block = records.owner(place);
        if (block == null) {
            return;
        }
        long lookAt = block.lookAt();
        if (lookAt != Custody.NOBODY && lookAt != Custody.WORKER && lookAt != Custody.RETURNED) {
            look(block);
        }
    }

    /** Looks at a slot in our custody whose promise may have elapsed: collects it if it is due, or files it anew. */
    private void look(ControlBlock<?> block) {
        long word = block.word();
        if (isPending(word) && dueAt(word) <= now(block.clock())) {
            if (!running || isPaused()) {
                hold(block, dueAt(word));
                return;
            }
            letGo(block);
            block.promise(Custody.WORKER);
            due.add(block);
        } else if (block.retainReference()) { // on the way it may pass through nobody's hands
            file(block);
            block.releaseReference();
        }
    }

    private void lookAtOwn() {
        if (!running || isPaused()) {
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

    private boolean isPaused() {
        if (pausedUntil == Long.MIN_VALUE) {
            return false;
        }
        if (Micros.floor(ticker.monotonicNanos()) < pausedUntil) {
            return true;
        }
        pausedUntil = Long.MIN_VALUE;
        return false;
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
            next = next == Micros.NEVER ? next : Math.max(next, pausedUntil);
        }
        if (!refusedSlots.isEmpty()) {
            next = Math.min(next, now + KernelGuard.PAUSE.toNanos() / 1_000);
        }
        if (realtimeSlots != 0) {
            next = Math.min(next, now + OTHER_CLOCK_NANOS / 1_000);
        }
        return next;
    }

    private void followWallClock() {
        if (realtimeSlots == 0) {
            return;
        }
        long offset = ticker.realtimeNanos() - ticker.monotonicNanos();
        if (Math.abs(offset - wallOffset) <= CLOCK_NOISE_NANOS) {
            return;
        }
        tellOffsets();
        for (int place = 0; place < port.capacity(); place++) {
            ControlBlock<?> block = records.owner(place);
            if (block != null && block.clock() == SlotClock.REALTIME) {
                event(place); // set anew, by the clock as it is now
            }
        }
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
            for (ControlBlock<?> block = next(intake); block != null; block = next(intake)) {
                command(block);
            }
            for (Integer place = next(gone); place != null; place = next(gone)) {
                records.erase(place);
                commands.free(place);
            }
            boolean full = commands.isFull();
            run();
            if (!full) {
                return;
            }
        } while (hasCommands());
    }

    private <T> @Nullable T next(Queue<T> queue) {
        return commands.isFull() ? null : queue.poll();
    }

    private void run() {
        if (commands.size() != 0) {
            commands.run(this);
            guard.ran(freshAsked, freshRefused);
        }
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
        freshAsked = true;
        return true;
    }

    /** Carries out a command: looks at the slot and files it where it belongs. */
    private void command(ControlBlock<?> block) {
        block.leaveInbox();
        long lookAt = block.lookAt();
        long word = block.word();
        if (lookAt == Custody.NOBODY) {
            if (isPending(word) && block.take(dueAt(word))) {
                file(block);
            }
        } else if (lookAt == Custody.RETURNED) {
            pausedUntil = Micros.floor(ticker.monotonicNanos()) + RETRY_MICROS;
            long promise = dueAt(word);
            block.promise(promise);
            if (isKept(block, promise) && promise <= now(block.clock())) {
                hold(block, promise);
            } else {
                file(block);
            }
        } else if (lookAt != Custody.WORKER) {
            if (!isPending(word) || dueAt(word) < lookAt || hasLapsed(block)) {
                file(block);
            }
        }
        block.releaseReference();
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
                if (!isPending(word) || !block.take(dueAt(word))) {
                    return;
                }
            }
            promise = dueAt(word);
            block.promise(promise);
        } while (!isKept(block, promise));
        measure(block, promise);
    }

    private static boolean isKept(ControlBlock<?> block, long promise) {
        long word = block.word();
        return isPending(word) && dueAt(word) >= promise;
    }

    /** Has a slot measured for a promise that was given just now: by the kernel, or here. */
    private void measure(ControlBlock<?> block, long promise) {
        int place = block.position();
        if (StateWord.isRunning(block.word())) {
            hold(block, 0);
            return;
        }
        if (commands.isFull()) {
            run();
        }
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
            return;
        }
        long nanos = promise * 1_000;
        if (clock == SlotClock.REALTIME) {
            if (!realtime.get(block.position())) {
                realtime.set(block.position());
                if (realtimeSlots++ == 0) {
                    tellOffsets();
                }
                ownChanged = true;
            }
            nanos = Math.max(0, nanos - wallOffset);
        }
        commands.start(block, clock, nanos, promise, isFresh);
    }

    @Override
    public void started(ControlBlock<?> block, long promise, boolean isFresh, int result) {
        int place = block.position();
        if (result < 0) {
            freshRefused |= isFresh;
            if (records.owner(place) == block && block.lookAt() == promise) {
                refuse(block, promise);
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
    public void freed(int place, int result) {
        if (result < 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the kernel did not free the timer of record " + place + ": " + Errno.words(-result));
        }
        known.clear(place);
        refused.clear(place);
        if (realtime.get(place)) {
            realtime.clear(place);
            realtimeSlots--;
        }
        localEntries[place] = null;
        records.giveBack(place);
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
            refusedSlots.add(block);
            fallbacks.incrementAndGet();
            block.refusedByBackend();
        }
        hold(block, promise);
    }

    /** Asks the kernel again for slots that it refused, as many as the guard allows. */
    private void retryRefused() {
        for (int i = refusedSlots.size(); i > 0 && !commands.isFull(); i--) {
            ControlBlock<?> block = refusedSlots.peek();
            if (block == null) {
                return;
            }
            int place = block.position();
            boolean isHeld = records.owner(place) == block
                    && refused.get(place)
                    && own(block).isHeld(place);
            if (isHeld && !mayAskFor(place)) {
                return;
            }
            refusedSlots.poll();
            if (isHeld) {
                refusedSlots.add(block); // until it is taken
                start(block, block.lookAt());
            } else if (records.owner(place) == block && refused.get(place)) {
                refused.clear(place); // at rest: the kernel is asked when it is armed again
            }
        }
    }

    /** Whether the kernel takes a slot that is to be made in a record, of which nobody knows yet. */
    private boolean isTaken(int place, SlotType type) {
        lock.lock();
        try {
            if (!closed && !known.get(place)) {
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
        lock.lock();
        try {
            if (!closed) {
                if (!records.isDetached()) {
                    drain();
                }
                closed = true;
                port.close();
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
        closeIfQuiet();
    }

    private void closeIfQuiet() {
        if (closing && !polled && inFlight.count() == 0) {
            close();
        }
    }

    /** What a poller does with an error of its own: tell, and go on a little later. */
    void failed(Throwable error) {
        LOG.log(System.Logger.Level.ERROR, "the slot engine failed; it goes on", error);
        LockSupport.parkNanos(this, RETRY_MICROS * 1_000);
    }
}
