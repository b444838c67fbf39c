package io.asyncslot.core;

import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.spi.Ticker;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Looks for slots that are pending and that nobody will look at in time. Two ways lead to one: an operation or a run that
 * an Error has cut short says so, and all slots are looked at once; and a fault of ours, for which some slots are looked
 * at each period, in turn: one that is overdue and found so twice is passed on, and counted. The driver's own, but for the
 * note that there may be strays.
 */
public final class Scrubber {

    /** How long the driver waits between two looks, in microseconds. */
    public static final long PERIOD_MICROS = 5_000_000;

    /** How many slots are looked at in one step, and how many in one period: of a million, each once in 80 seconds. */
    private static final int SLICE = 256;

    private static final int BUDGET = 65_536;

    private static final int MOST_SUSPECTS = 64;

    /** How many of them may be in an executor's hands, which is nothing unusual. */
    private static final int MOST_QUEUED = MOST_SUSPECTS / 2;

    /** For how many periods an executor may leave a probe where it is. */
    private static final int PATIENCE = 12;

    private static final Log LOG = new Log(Scrubber.class);

    private final Ticker ticker;
    private final long period;

    /** The open maps. Any thread. */
    private final List<SlotHome<?>> maps = new CopyOnWriteArrayList<>();

    /**
     * Whether an Error may have left a slot in nobody's hands. Set by any thread, by a store that needs neither heap nor
     * stack; cleared by the driver before it looks. Volatile.
     */
    volatile boolean strays;

    /** Slots found though nobody had said that there may be some. Written by the driver; volatile. */
    private volatile long recovered;

    // the driver's own

    private final @Nullable ControlBlock<?>[] suspects = new ControlBlock<?>[MOST_SUSPECTS];
    private final long[] words = new long[MOST_SUSPECTS];

    /** Which of them were in nobody's hands; the others were in an executor's. */
    private final boolean[] strayed = new boolean[MOST_SUSPECTS];

    private int suspected;
    private int queuedSuspects;

    /** Slots in the executor's hands for a period, and their words; the probe was handed over after them. */
    private final @Nullable ControlBlock<?>[] handed = new ControlBlock<?>[MOST_QUEUED];

    private final long[] handedWords = new long[MOST_QUEUED];
    private int handedCount;
    private RunQueue.@Nullable Probe probe;
    private int periodsOfProbe;

    /** Whether the probe had run at a look before: a bundle that another thread had begun by then was looked at since. */
    private boolean probeHadRun;

    /** Slots that the executor took and lost. Written by the driver; volatile. */
    private volatile long lost;

    private Iterator<SlotHome<?>> mapWalk = Collections.emptyIterator();
    private Iterator<? extends ControlBlock<?>> walk = Collections.emptyIterator();

    /** How many slots may be looked at before the next period; none when no walk goes on. */
    private int budget;

    /** Whether the walk is one over all slots, because somebody has said that there may be strays. */
    private boolean urgent;

    private long next = Long.MIN_VALUE;

    /**
     * Makes one without maps.
     *
     * @param ticker where time comes from
     * @param periodMicros how long to wait between two looks
     */
    public Scrubber(Ticker ticker, long periodMicros) {
        this.ticker = ticker;
        this.period = periodMicros;
    }

    void opened(SlotHome<?> map) {
        maps.add(map);
    }

    void closed(SlotHome<?> map) {
        maps.remove(map);
    }

    /** Some slot may be pending and in nobody's hands: to be told to the driver by the caller, if it may sleep. */
    public void strayed() {
        strays = true;
    }

    /**
     * Whether there is something to do at once.
     *
     * @return true until the driver has begun to look
     */
    public boolean hasStrays() {
        return strays;
    }

    /**
     * How many slots were overdue and in nobody's hands though nothing had failed: each is a fault of ours.
     *
     * @return 0, if all is well
     */
    public long recovered() {
        return recovered;
    }

    /**
     * How many slots the executor took and never ran, which were handed over again.
     *
     * @return 0, if the executor is sound
     */
    public long lostByExecutor() {
        return lost;
    }

    /** A slot is handed over anew, behind the probe: what that comes by tells nothing of the slot. For the driver. */
    void handedOverAnew(ControlBlock<?> block) {
        for (int i = 0; i < handedCount; i++) {
            if (handed[i] == block) {
                handed[i] = null;
            }
        }
    }

    /**
     * When the driver is to look next, if nothing else wakes it.
     *
     * @return microseconds of the monotonic clock; {@link Micros#NEVER} when there are no maps
     */
    public long nextLook() {
        return maps.isEmpty() ? Micros.NEVER : next;
    }

    /**
     * Does a part of what there is to do. May throw what an executor or a clock throws; nothing is forgotten then.
     *
     * @return whether there is more to do at once
     */
    public boolean step() {
        if (!strays && !isWalking() && (maps.isEmpty() || now() < next)) {
            return false;
        }
        boolean done = false;
        try {
            if (strays) {
                strays = false; // first: what strays from now on sets it again
                urgent = true;
                begin(Integer.MAX_VALUE);
            } else if (!isWalking()) {
                next = now() + period;
                confirm();
                begin(BUDGET);
                maps.forEach(map -> map.sweep(BUDGET));
            }
            look();
            done = true;
        } finally {
            if (!done) {
                budget = 0;
                strays |= urgent;
            }
        }
        return isWalking();
    }

    private boolean isWalking() {
        return budget > 0;
    }

    private void begin(int most) {
        if (urgent || !mapWalk.hasNext() && !walk.hasNext()) {
            mapWalk = maps.iterator();
            walk = Collections.emptyIterator();
        }
        budget = most;
    }

    private void look() {
        int slice = Math.min(SLICE, budget);
        budget -= urgent ? 0 : slice;
        for (int i = 0; i < slice; i++) {
            while (!walk.hasNext()) {
                if (!mapWalk.hasNext()) {
                    budget = 0;
                    urgent = false;
                    return;
                }
                walk = mapWalk.next().blocks();
            }
            ControlBlock<?> block = walk.next();
            long word = block.word();
            if (urgent) {
                block.passOn();
            } else if (suspected < MOST_SUSPECTS && isSuspect(block) && isLate(block)) {
                boolean queued = block.lookAt() == Custody.QUEUED;
                queuedSuspects += queued ? 1 : 0;
                strayed[suspected] = !queued;
                suspects[suspected] = block;
                words[suspected] = word;
                suspected++;
            }
        }
    }

    /** Whoever was about to see to a slot a period ago has had the time for it. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // the driver is the only writer
    private void confirm() {
        findLost();
        boolean asks = probe == null;
        queuedSuspects = 0;
        while (suspected > 0) {
            ControlBlock<?> block = suspects[--suspected];
            suspects[suspected] = null;
            if (block == null || block.word() != words[suspected]) {
                continue;
            }
            if (block.isStray()) {
                // both times: a slot that comes back from an executor may be on its way for a moment
                if (strayed[suspected]) {
                    block.passOn();
                    recovered++;
                }
            } else if (asks && handedCount < MOST_QUEUED && block.lookAt() == Custody.QUEUED) {
                handed[handedCount] = block;
                handedWords[handedCount] = words[suspected];
                handedCount++;
            }
        }
        ControlBlock<?> first = handed[0];
        if (asks && first != null) {
            periodsOfProbe = 0;
            probeHadRun = false;
            probe = first.probe();
        }
    }

    private boolean isSuspect(ControlBlock<?> block) {
        return block.isStray() || block.lookAt() == Custody.QUEUED && queuedSuspects < MOST_QUEUED;
    }

    /**
     * An executor that has run the probe has come by all that it was given before, if it is first in, first out: what it still has
     * not run it has lost, as a pool does whose thread dies with a task in hand. One that runs tasks in another order has not, and
     * finds later that there is nothing to run any more: the slot is handed over twice, and runs once.
     */
    @SuppressWarnings("NonAtomicVolatileUpdate") // the driver is the only writer
    private void findLost() {
        RunQueue.Probe present = probe;
        if (present == null || !present.hasRun() && ++periodsOfProbe < PATIENCE) {
            return;
        }
        if (present.hasRun() && !probeHadRun) {
            probeHadRun = true;
            return;
        }
        probe = null;
        long before = lost;
        while (handedCount > 0) {
            ControlBlock<?> block = handed[--handedCount];
            handed[handedCount] = null;
            if (block != null && present.hasRun() && block.word() == handedWords[handedCount] && block.recall()) {
                lost++;
            }
        }
        if (lost != before) {
            LOG.warning(
                    "the executor accepted slots and never ran them: ",
                    lost - before,
                    ", which are handed over again",
                    null);
        }
    }

    private boolean isLate(ControlBlock<?> block) {
        return block.dueAt(block.word()) <= Micros.floor(ticker.nanos(block.clock()));
    }

    private long now() {
        return Micros.floor(ticker.monotonicNanos());
    }
}
