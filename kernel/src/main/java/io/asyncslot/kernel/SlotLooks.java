package io.asyncslot.kernel;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotType;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.core.StateWord;
import io.asyncslot.spi.Ticker;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Looks at slots: takes a slot into the engine's custody, files it by its deadline, and collects it when it is due. Used with the
 * engine's lock, unless a method says otherwise.
 */
final class SlotLooks {

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
     * Cut off
     *
     * A slot that a former process left RUNNING is due at once, whatever its deadline, until that run begins here.
     */

    private final Ticker ticker;
    private final SlotRecords records;
    private final OwnDeadlines own;
    private final WallClockSlots wall;
    private final KernelTimers timers;
    private final DueSlots due;

    /** Whether callbacks may be handed over. Set by the backend's lifecycle; volatile. */
    private volatile boolean running;

    /** Slots whose event did not come. Written with the lock, read by all. */
    private final AtomicLong overdueFound = new AtomicLong();

    SlotLooks(
            Ticker ticker,
            SlotRecords records,
            OwnDeadlines own,
            WallClockSlots wall,
            KernelTimers timers,
            DueSlots due) {
        this.ticker = ticker;
        this.records = records;
        this.own = own;
        this.wall = wall;
        this.timers = timers;
        this.due = due;
    }

    boolean isRunning() {
        return running;
    }

    void running(boolean value) {
        running = value;
    }

    /** How many slots were found by themselves; any thread. */
    long overdueFound() {
        return overdueFound.get();
    }

    private long now(SlotClock clock) {
        return Micros.floor(ticker.nanos(clock));
    }

    /** Whether a slot's promise may have elapsed; any thread. */
    boolean hasLapsed(ControlBlock<?> block) {
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
        return wall.hasLapsed(promise);
    }

    // ---- looks

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
                : Math.max(StateWord.deadline(word), records.touches().until(block.position()));
    }

    /** The kernel says: look at the slot of this record. */
    void event(int place) {
        ControlBlock<?> block = records.owners().owner(place);
        if (block == null) {
            return;
        }
        long lookAt = block.lookAt();
        if (lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt) && lookAt != Custody.RETURNED) {
            look(block);
        }
    }

    /** Looks at a slot in our custody whose promise may have elapsed: collects it if it is due, or files it anew. */
    void look(ControlBlock<?> block) {
        boolean done = false;
        try {
            long word = block.word();
            if (isPending(word) && dueAt(block, word) <= now(block.clock())) {
                if (running) {
                    collect(block);
                } else {
                    own.hold(block, dueAt(block, word));
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
                own.giveUp(block);
            }
        }
    }

    /** Takes a slot in our custody for handing over. */
    private void collect(ControlBlock<?> block) {
        due.makeRoom();
        own.letGo(block.position());
        due.add(block);
    }

    /** The watchdog asks: looks at a slot in our custody if it is overdue by so many microseconds. */
    void lookIfOverdue(ControlBlock<?> block, long grace) {
        long word = block.word();
        long lookAt = block.lookAt();
        boolean ours = lookAt != Custody.NOBODY && !Custody.isWorkers(lookAt) && lookAt != Custody.RETURNED;
        if (ours && isPending(word) && !own.isHeld(block.position())) {
            long latest = now(block.clock()) - grace;
            if (lookAt <= latest && dueAt(block, word) <= latest) {
                overdueFound.incrementAndGet();
                look(block);
            }
        }
    }

    // ---- commands

    /** Carries out a command: looks at the slot and files it where it belongs. */
    void command(ControlBlock<?> block) {
        block.leaveInbox();
        boolean done = false;
        try {
            obey(block);
            done = true;
        } finally {
            if (!done) {
                own.giveUp(block);
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
                own.hold(block, promise);
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
                own.letGo(block.position());
                block.promise(Custody.NOBODY);
                word = block.word();
                if (!isPending(word) || !block.take(dueAt(block, word))) {
                    return;
                }
            }
            promise = dueAt(block, word);
            block.promise(promise);
        } while (!isKept(block, promise));
        if (StateWord.isRunning(block.word())) {
            own.hold(block, 0);
        } else {
            timers.measure(block, promise);
        }
    }

    private boolean isKept(ControlBlock<?> block, long promise) {
        long word = block.word();
        return isPending(word) && dueAt(block, word) >= promise;
    }
}
