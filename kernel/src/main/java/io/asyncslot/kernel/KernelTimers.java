package io.asyncslot.kernel;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotType;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * What the kernel measures, and what it refused: owns the batch of commands, and which records have a timer or a work item. A
 * slot that the kernel refuses waits in the engine's own queue, by its deadline, and the kernel is asked again when the guard
 * allows. Used with the engine's lock, unless a method says otherwise.
 */
final class KernelTimers implements CommandBatch.Results {

    private final Ticker ticker;
    private final SlotRecords records;
    private final OwnDeadlines own;
    private final WallClockSlots wall;
    private final StartRejections rejections;
    private final Consumer<ControlBlock<?>> giveUp;
    private final CommandBatch commands;
    private final KernelGuard guard;

    /** Records whose timer or work item the kernel has. */
    private final BitSet known;

    /** Records whose slot can be touched by its key. */
    private final BitSet indexed;

    /** Records whose slot the kernel refused; read without the lock for views, where a stale answer does no harm. */
    private final BitSet refused;

    /** From which record on the next one of them is tried again. */
    private int retryAt;

    /** Whether the guard was asked for the next run; how many new slots it has allowed; whether some were asked, and refused. */
    private boolean granted;

    private int fresh;
    private boolean freshAsked;
    private boolean freshRefused;

    /** How often a slot was not taken by the kernel and measured here instead. Written with the lock, read by all. */
    private final AtomicLong fallbacks = new AtomicLong();

    /** How often a slot's key was not entered into the index, so that touches do not find it. As {@link #fallbacks}. */
    private final AtomicLong notIndexed = new AtomicLong();

    /**
     * Makes one that has nothing in the kernel.
     *
     * @param giveUp what to do with a slot in whose filing something has failed
     */
    KernelTimers(
            KernelPort port,
            Ticker ticker,
            KernelOptions options,
            CircuitBreakerRegistry circuitBreakers,
            SlotRecords records,
            OwnDeadlines own,
            WallClockSlots wall,
            StartRejections rejections,
            Consumer<ControlBlock<?>> giveUp) {
        this.ticker = ticker;
        this.records = records;
        this.own = own;
        this.wall = wall;
        this.rejections = rejections;
        this.giveUp = giveUp;
        this.commands = new CommandBatch(port, options.cpuPin());
        this.guard = new KernelGuard(ticker, circuitBreakers);
        int capacity = port.capacity();
        this.known = new BitSet(capacity); // with room for all: setting one takes no heap
        this.indexed = new BitSet(capacity);
        this.refused = new BitSet(capacity);
    }

    // ---- views

    boolean isRefused(int place) {
        return refused.get(place);
    }

    int refusedNow() {
        return refused.cardinality();
    }

    /** When the kernel is to be asked again for what it refused, monotonic microseconds. */
    long nextRetry(long now) {
        return refused.isEmpty() ? Micros.NEVER : now + KernelGuard.PAUSE.toNanos() / 1_000;
    }

    /** How often a slot was measured in this process; any thread. */
    long fallbacks() {
        return fallbacks.get();
    }

    void report(Map<String, Object> details) {
        details.put("fallbacksNow", refusedNow());
        details.put("circuitBreaker", guard.state());
    }

    /** How many keys were not entered; any thread. */
    long notIndexed() {
        return notIndexed.get();
    }

    // ---- commands

    boolean isFull() {
        return commands.isFull();
    }

    /** Frees what the kernel has of a record whose slot is gone. */
    void free(int place) {
        commands.free(place);
    }

    /** Has the kernel carry out what was added. */
    void run() {
        if (commands.size() != 0) {
            commands.run(this);
        }
        guard.ran(freshAsked, freshRefused); // whether there was a command or not: it may have failed on its way here
        freshAsked = false;
        granted = false;
    }

    private void makeRoom() {
        if (commands.isFull()) {
            run();
        }
    }

    /** Has a slot measured for a promise that was given just now: by the kernel, or here. */
    void measure(ControlBlock<?> block, long promise) {
        int place = block.position();
        if (records.touches().isTouchable(place) && !indexed.get(place)) {
            makeRoom();
            indexed.set(place);
            commands.index(place); // whether the kernel takes the timer or not
        }
        makeRoom();
        if (!mayAskFor(place)) {
            refuse(block, promise);
            return;
        }
        own.letGo(place);
        start(block, promise);
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

    private void start(ControlBlock<?> block, long promise) {
        int place = block.position();
        boolean isFresh = !known.get(place);
        SlotClock clock = block.clock();
        if (block.type() == SlotType.WORK && promise <= Micros.floor(ticker.nanos(clock))) {
            commands.work(block, promise, isFresh);
        } else {
            long nanos = promise * 1_000;
            if (clock == SlotClock.REALTIME) {
                wall.add(place);
                nanos = wall.toMonotonic(nanos);
            }
            commands.start(block, clock, nanos, promise, isFresh);
        }
        freshAsked |= isFresh;
    }

    /** Asks the kernel again for slots that it refused, as many as the guard allows. */
    void retryRefused() {
        for (int i = refused.cardinality(); i > 0 && !commands.isFull(); i--) {
            int place = refused.nextSetBit(retryAt);
            if (place < 0) {
                place = refused.nextSetBit(0);
            }
            ControlBlock<?> block = records.owners().owner(place);
            if (block == null || !own.isHeld(place)) {
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
    boolean isTaken(int place, SlotType type) {
        if (!known.get(place)) {
            run(); // what a failure has left in the batch
            known.set(place, commands.isTaken(place, type));
        }
        return known.get(place);
    }

    /** Measures here what the kernel does not take. */
    private void refuse(ControlBlock<?> block, long promise) {
        int place = block.position();
        if (!refused.get(place)) {
            refused.set(place);
            fallbacks.incrementAndGet();
            block.refusedByBackend();
        }
        own.hold(block, promise);
    }

    // ---- results

    @Override
    public void started(ControlBlock<?> block, long promise, boolean isFresh, int result) {
        int place = block.position();
        if (result >= 0) {
            known.set(place);
            if (refused.get(place)) {
                refused.clear(place);
                own.letGo(place);
            }
            return;
        }
        freshRefused |= isFresh;
        if (records.owners().owner(place) == block && block.lookAt() == promise) {
            boolean done = false;
            try {
                refuse(block, promise);
                done = true;
            } finally {
                if (!done) {
                    giveUp.accept(block);
                }
            }
        }
    }

    @Override
    public void freed(int place, int result) {
        if (result < 0) {
            rejections.unfreed(-result);
        }
        known.clear(place);
        refused.clear(place);
        wall.remove(place);
        own.letGo(place);
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
}
