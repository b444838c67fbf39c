package io.asyncslot.core;

import io.asyncslot.core.StateWord.Arming;
import io.asyncslot.core.StateWord.Beginning;
import io.asyncslot.core.StateWord.Disarming;
import io.asyncslot.core.StateWord.Freeing;
import io.asyncslot.core.StateWord.Move;
import io.asyncslot.core.StateWord.Submission;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The state word as it must not be: everything is volatile, but each transition looks and then stores in two steps,
 * where the real one has one compare-and-set.
 */
final class WeakWord {

    private static final int ARMED = 1;
    private static final int RUNNING = 1 << 1;
    private static final int FREED = 1 << 2;
    private static final int TAG = 1 << 3;
    private static final int TAG_MASK = 0xFF8;
    private static final int DEADLINE_SHIFT = 12;

    private volatile long word;
    private final AtomicInteger references;

    private WeakWord(long flags, int references) {
        this.word = Word.DUE << DEADLINE_SHIFT | TAG | flags;
        this.references = new AtomicInteger(references);
    }

    static WeakWord armed() {
        return new WeakWord(ARMED, 1);
    }

    static WeakWord idle() {
        return new WeakWord(0, 1);
    }

    static WeakWord freed(int references) {
        return new WeakWord(FREED, references);
    }

    Arming arm(long deadline) {
        long seen = word;
        if ((seen & FREED) != 0) {
            return Arming.FREED;
        }
        word = deadline << DEADLINE_SHIFT | (seen & TAG_MASK) + TAG | seen & RUNNING | ARMED;
        return (seen & ARMED) != 0 ? Arming.REARMED : Arming.STARTED;
    }

    Submission armIfIdle(long deadline) {
        if ((word & ARMED) != 0) {
            return Submission.COALESCED;
        }
        arm(deadline);
        return Submission.SUBMITTED;
    }

    Move move(long deadline) {
        long seen = word;
        if ((seen & ARMED) == 0) {
            return Move.NOT_ARMED;
        }
        word = deadline << DEADLINE_SHIFT | seen & TAG_MASK | seen & (RUNNING | ARMED);
        return Move.MOVED;
    }

    Disarming disarm() {
        long seen = word;
        if ((seen & ARMED) == 0) {
            return (seen & RUNNING) != 0 ? Disarming.RUNNING : Disarming.NOT_ARMED;
        }
        word = seen & ~ARMED;
        return Disarming.CANCELLED;
    }

    Freeing free() {
        long seen = word;
        if ((seen & FREED) != 0) {
            return Freeing.ALREADY;
        }
        word = seen & ~ARMED | FREED;
        if ((seen & RUNNING) != 0) {
            return Freeing.RUNNING;
        }
        return (seen & ARMED) != 0 ? Freeing.ARMED : Freeing.IDLE;
    }

    Beginning fire() {
        long seen = word;
        if ((seen & FREED) != 0) {
            return Beginning.FREED;
        }
        if ((seen & ARMED) == 0) {
            return Beginning.NOT_ARMED;
        }
        if (seen >>> DEADLINE_SHIFT > Word.DUE) {
            return Beginning.NOT_DUE;
        }
        word = seen & ~ARMED | RUNNING;
        return Beginning.BEGUN;
    }

    boolean retain() {
        if (references.get() == 0) {
            return false;
        }
        references.getAndIncrement();
        return true;
    }

    boolean release() {
        references.getAndDecrement();
        return references.get() == 0;
    }

    /** Without the claim that the real one makes in the word. */
    boolean tryReclaim() {
        return (word & (FREED | RUNNING)) == FREED && references.get() == 0;
    }

    int references() {
        return references.get();
    }

    long generation() {
        return (word & TAG_MASK) / TAG;
    }

    String flags() {
        long seen = word;
        return Word.flags((seen & ARMED) != 0, seen >>> DEADLINE_SHIFT, (seen & RUNNING) != 0, (seen & FREED) != 0);
    }
}
