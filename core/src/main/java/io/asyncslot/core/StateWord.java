package io.asyncslot.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The state of one incarnation of a slot: one word that every operation changes by one compare-and-set, and the
 * reference count beside it. The only class that touches either. Thread-safe; never blocks.
 */
public abstract class StateWord {

    /*
     * The word
     *
     *    63                    12 11      5  4  3  2  1  0
     *   +------------------------+---------+--+--+--+--+--+
     *   | deadline, microseconds |   tag   |C |P |F |R |A |
     *   +------------------------+---------+--+--+--+--+--+
     *
     * A  ARMED      a run is pending for the deadline. Set by arm / armIfIdle / beginFire of a periodic slot, cleared
     *               by disarm, beginFire, free.
     * R  RUNNING    the callback runs. Set by beginFire, cleared by endFire, both by the one thread that runs it.
     * F  FREED      detached from its map, for ever. Set by free.
     * P  PERIOD     the pending run is the slot's own next period, not something a caller asked for: only such a run
     *               may be left out by a late policy. Set by beginFire / skip, cleared by arm and move.
     * C  RECLAIMED  the last reference is gone and no run goes on. Set once by tryReclaim; nothing changes after it.
     *
     * The deadline of a word that is not armed is 0, or WITHDRAWN: the run that goes on, or has ended since, was cancelled
     * and is not to be delivered again.
     *
     * Every transition is one CAS on this word, hence one modification order per incarnation, which is the order that
     * all observers agree on. An outcome is decided by the value the CAS replaced.
     *
     * Generation
     *
     * Each start takes the next generation: the tag, in the same CAS, counts it modulo 128. The full number is
     * generationBase plus how far the tag is ahead of it, which is below 128 because whoever is about to arm while the
     * lag is 64 or more first moves the base up. The base is moved by CAS from a value that was read before the word
     * was confirmed, so a stale helper fails. That makes a re-arm cost one CAS and no store to the base, 63 times in 64.
     *
     * References (after bpf_async_cb.refcnt)
     *
     * 1 for the map; 1 for each command in an intake and each expiry handed to an executor; a running callback holds
     * none. 0 is terminal: retain never revives. The last release never waits and frees nothing by itself; what is
     * left to do is done by the one caller that tryReclaim answers true: the releaser, or the thread that ends the
     * run. Both store first (count, R) and then look at the other's word, so at least one of them sees both gone.
     */

    private static final int ARMED = 1;
    private static final int RUNNING = 1 << 1;
    private static final int FREED = 1 << 2;
    private static final int PERIOD = 1 << 3;
    private static final int RECLAIMED = 1 << 4;
    private static final int TAG_SHIFT = 5;
    private static final int TAG_MASK = 0x7F;
    private static final int DEADLINE_SHIFT = 12;
    private static final int HELP_LAG = 64;
    private static final long WITHDRAWN = 1L << DEADLINE_SHIFT;

    private static final VarHandle WORD;
    private static final VarHandle BASE;
    private static final VarHandle REFERENCES;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            WORD = lookup.findVarHandle(StateWord.class, "word", long.class);
            BASE = lookup.findVarHandle(StateWord.class, "generationBase", long.class);
            REFERENCES = lookup.findVarHandle(StateWord.class, "references", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Changed by CAS only, by any thread; read volatile by any thread. */
    private volatile long word;

    /** Changed by CAS only, by a thread about to arm; read volatile by any thread. */
    private volatile long generationBase;

    /** Changed by CAS or atomic add, by any thread; read volatile by any thread. */
    private volatile int references;

    /** What {@link #arm} did. */
    enum Arming {
        /** Was not armed. */
        STARTED,
        /** Replaced a pending deadline. */
        REARMED,
        /** Refused: the incarnation is freed. */
        FREED
    }

    /** What {@link #armIfIdle} did. */
    enum Submission {
        /** Was not armed; is now. */
        SUBMITTED,
        /** Is armed already; nothing changed. */
        COALESCED,
        /** Refused: the incarnation is freed. */
        FREED
    }

    /** What {@link #move} did. */
    enum Move {
        /** The pending deadline was replaced. */
        MOVED,
        /** Nothing is pending; nothing changed. */
        NOT_ARMED,
        /** Refused: the incarnation is freed. */
        FREED
    }

    /** What {@link #disarm} did. */
    enum Disarming {
        /** A pending run was removed; the callback does not run. */
        CANCELLED,
        /** A pending run was removed; the callback runs. */
        CANCELLED_WHILE_RUNNING,
        /** Nothing was pending; nothing changed. */
        NOT_ARMED,
        /** Nothing was pending, the callback runs; its firing will not be delivered again. */
        RUNNING,
        /** The incarnation is freed; nothing changed. */
        FREED
    }

    /** What {@link #redeliver} did. */
    enum Redelivering {
        /** Was not armed; is now. */
        ARMED,
        /** Took the place of the slot's next period, which is armed when the run for this one begins. */
        PUT_PERIOD_OFF,
        /** Refused: something else is pending. */
        SUPERSEDED,
        /** Refused: the run was cancelled. */
        WITHDRAWN,
        /** Refused: the incarnation is freed. */
        FREED
    }

    /** What {@link #free} did. */
    enum Freeing {
        /** Was idle. */
        IDLE,
        /** Was armed; that run never begins. */
        ARMED,
        /** Was running; the run goes on. */
        RUNNING,
        /** Was running and armed; the run goes on, the pending one never begins. */
        RUNNING_ARMED,
        /** Was freed before; nothing changed. */
        ALREADY
    }

    /** What {@link #beginFire} did. */
    enum Beginning {
        /** The run has begun: the caller must run the callback and then call {@link #endFire}. */
        BEGUN,
        /** The run was left out by the late policy; the next period is armed. */
        SKIPPED,
        /** The deadline is later than now; nothing changed. */
        NOT_DUE,
        /** Nothing is pending; nothing changed. */
        NOT_ARMED,
        /** The incarnation is freed; nothing changed. */
        FREED
    }

    /**
     * Made by an operation that is about to publish the block; publication must be safe.
     *
     * @param deadline first deadline, in microseconds
     * @param generation generation of the first start
     * @param references first reference count
     */
    StateWord(long deadline, long generation, int references) {
        WORD.set(this, pack(deadline, (int) generation & TAG_MASK, ARMED));
        BASE.set(this, generation);
        REFERENCES.set(this, references);
    }

    /**
     * Made from what a former process left, by whoever is about to publish the block.
     *
     * @param slot what is left, not freed
     * @param references first reference count
     */
    StateWord(RecoveredSlot<?> slot, int references) {
        WORD.set(this, slot.word());
        BASE.set(this, slot.generationBase());
        REFERENCES.set(this, references);
    }

    // ---- transitions --------------------------------------------------------------------------------------------

    /**
     * Sets or replaces the deadline and takes the next generation.
     *
     * @param deadline in microseconds
     * @return what happened
     */
    final Arming arm(long deadline) {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Arming.FREED;
            }
            if (tryArm(seen, deadline)) {
                return (seen & ARMED) != 0 ? Arming.REARMED : Arming.STARTED;
            }
        }
    }

    /**
     * One attempt to set or replace the deadline and to take the next generation.
     *
     * @param seen a reading of the word, not freed
     * @param deadline in microseconds
     * @return false if the word has changed since, or the base had to be moved: the caller reads it anew
     */
    final boolean tryArm(long seen, long deadline) {
        return generationReady(seen)
                && WORD.compareAndSet(this, seen, pack(deadline, tag(seen) + 1, (seen & RUNNING) | ARMED));
    }

    /**
     * Sets the deadline and takes the next generation, unless a run is pending.
     *
     * @param deadline in microseconds
     * @return what happened
     */
    final Submission armIfIdle(long deadline) {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Submission.FREED;
            }
            if ((seen & ARMED) != 0) {
                return Submission.COALESCED;
            }
            if (tryArm(seen, deadline)) {
                return Submission.SUBMITTED;
            }
        }
    }

    /**
     * Replaces a pending deadline and keeps the generation.
     *
     * @param deadline in microseconds
     * @return what happened
     */
    final Move move(long deadline) {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Move.FREED;
            }
            if ((seen & ARMED) == 0) {
                return Move.NOT_ARMED;
            }
            if (WORD.compareAndSet(this, seen, pack(deadline, tag(seen), seen & (RUNNING | ARMED)))) {
                return Move.MOVED;
            }
        }
    }

    /**
     * Removes a pending run; keeps a run that goes on from being delivered again.
     *
     * @return what happened
     */
    final Disarming disarm() {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Disarming.FREED;
            }
            boolean running = (seen & RUNNING) != 0;
            if ((seen & ARMED) == 0 && !running) {
                return Disarming.NOT_ARMED;
            }
            if (WORD.compareAndSet(this, seen, pack(0, tag(seen), seen & RUNNING) | (running ? WITHDRAWN : 0))) {
                if ((seen & ARMED) == 0) {
                    return Disarming.RUNNING;
                }
                return running ? Disarming.CANCELLED_WHILE_RUNNING : Disarming.CANCELLED;
            }
        }
    }

    /**
     * Arms the firing of the run that goes on once more, under the generation that the word has. To be called by the
     * running thread. Whatever was asked for during the run wins.
     *
     * @param deadline in microseconds
     * @param periods the map's periods, whose next point may have to wait
     * @return what happened
     */
    final Redelivering redeliver(long deadline, Periods periods) {
        for (; ; ) {
            long seen = word;
            if ((seen & RUNNING) == 0) {
                throw new IllegalStateException("a run that has ended was to be delivered again: " + this);
            }
            if ((seen & FREED) != 0) {
                return Redelivering.FREED;
            }
            boolean armed = (seen & ARMED) != 0;
            if (!armed && (seen & WITHDRAWN) != 0) {
                return Redelivering.WITHDRAWN;
            }
            if (armed && ((seen & PERIOD) == 0 || !periods.waitsFor(deadline, deadline(seen)))) {
                return Redelivering.SUPERSEDED;
            }
            if (WORD.compareAndSet(this, seen, pack(deadline, tag(seen), RUNNING | ARMED))) {
                return armed ? Redelivering.PUT_PERIOD_OFF : Redelivering.ARMED;
            }
        }
    }

    /**
     * Detaches the incarnation for ever. The caller then owns the map's reference.
     *
     * @return what happened
     */
    final Freeing free() {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Freeing.ALREADY;
            }
            if (WORD.compareAndSet(this, seen, pack(0, tag(seen), (seen & RUNNING) | FREED))) {
                return switch ((int) (seen & (ARMED | RUNNING))) {
                    case 0 -> Freeing.IDLE;
                    case ARMED -> Freeing.ARMED;
                    case RUNNING -> Freeing.RUNNING;
                    default -> Freeing.RUNNING_ARMED;
                };
            }
        }
    }

    /**
     * Turns a pending run that is due into a running one; a periodic slot is armed for its next period by the same
     * step. To be called by the slot's custodian only, of which there is one at a time: so it never meets RUNNING.
     *
     * @param now microseconds of the map's clock, rounded down
     * @param periods the map's periods
     * @param fired says which firing may have to be delivered again; receives deadline, generation and attempt of the run
     *     that begins, whether it is that one, and whether the slot armed itself
     * @return what happened
     */
    final Beginning beginFire(long now, Periods periods, FiredRun fired) {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Beginning.FREED;
            }
            if ((seen & ARMED) == 0) {
                return Beginning.NOT_ARMED;
            }
            long deadline = seen >>> DEADLINE_SHIFT;
            if (deadline > now) {
                return Beginning.NOT_DUE;
            }
            if ((seen & RUNNING) != 0) {
                throw new IllegalStateException("two runs of one slot at once: " + this);
            }
            if (!generationReady(seen)) {
                continue;
            }
            fired.byPeriod = (seen & PERIOD) != 0;
            boolean leftOut = fired.byPeriod && periods.leavesOut(deadline, now);
            Redelivery again = fired.again == null ? null : pending(fired.again, seen);
            long next = periods.next(again == null ? deadline : again.point(), now);
            if (leftOut) {
                if (WORD.compareAndSet(this, seen, nextPeriod(seen, 0, next))) {
                    fired.rearmed = next != Periods.NONE;
                    return Beginning.SKIPPED;
                }
                continue;
            }
            fired.deadline = deadline;
            fired.generation = again == null ? generationOf(seen) : again.generation();
            fired.attempt = again == null ? 1 : again.attempt();
            fired.beginning();
            long begun =
                    again != null && again.putPeriodOff() ? samePeriod(seen, next) : nextPeriod(seen, RUNNING, next);
            if (WORD.compareAndSet(this, seen, begun)) {
                fired.rearmed = next != Periods.NONE;
                fired.again = again;
                return Beginning.BEGUN;
            }
        }
    }

    /**
     * Leaves out periods that fell due during the run, if the late policy wants that. To be called by the running
     * thread, before {@link #endFire}.
     *
     * @param now microseconds of the map's clock
     * @param periods the map's periods
     * @param fired receives whether the slot armed itself
     * @return whether a period was left out
     */
    final boolean skipOverrun(long now, Periods periods, FiredRun fired) {
        for (; ; ) {
            long seen = word;
            long deadline = seen >>> DEADLINE_SHIFT;
            if ((seen & (FREED | ARMED | PERIOD)) != (ARMED | PERIOD) || deadline > now) {
                return false;
            }
            if (!generationReady(seen)) {
                continue;
            }
            long next = periods.next(deadline, now);
            if (WORD.compareAndSet(this, seen, nextPeriod(seen, RUNNING, next))) {
                fired.rearmed = next != Periods.NONE;
                return true;
            }
        }
    }

    /** Ends a run. To be called once for each {@link Beginning#BEGUN}, by the thread that began it. */
    final void endFire() {
        long before = (long) WORD.getAndBitwiseAnd(this, ~(long) RUNNING);
        if ((before & RUNNING) == 0) {
            throw new IllegalStateException("a run ended that had not begun: " + this);
        }
    }

    // ---- references ---------------------------------------------------------------------------------------------

    /**
     * Takes a reference, unless the count is 0: that is terminal.
     *
     * @return whether a reference was taken
     */
    final boolean retain() {
        for (; ; ) {
            int seen = references;
            if (seen == 0) {
                return false;
            }
            if (REFERENCES.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
        }
    }

    /**
     * Gives references back.
     *
     * @param count how many, at least 1
     * @return true when none is left; the caller then has to try {@link #tryReclaim}
     */
    final boolean release(int count) {
        int before = (int) REFERENCES.getAndAdd(this, -count);
        if (before < count) {
            throw new IllegalStateException("a reference was released twice: " + this);
        }
        return before == count;
    }

    /**
     * Claims the reclaim of an incarnation that nobody references and whose callback does not run. To be tried after
     * the last release and after the end of a run.
     *
     * @return true to exactly one caller, ever
     */
    final boolean tryReclaim() {
        for (; ; ) {
            long seen = word;
            if ((seen & (FREED | RUNNING | RECLAIMED)) != FREED || references != 0) {
                return false;
            }
            if (WORD.compareAndSet(this, seen, seen | RECLAIMED)) {
                return true;
            }
        }
    }

    // ---- views --------------------------------------------------------------------------------------------------

    /**
     * One reading of the word, to be taken apart by the static methods below.
     *
     * @return the word
     */
    public final long word() {
        return word;
    }

    /**
     * Tells whether a run is pending.
     *
     * @param word a reading
     * @return true when armed
     */
    public static boolean isArmed(long word) {
        return (word & ARMED) != 0;
    }

    /**
     * Tells whether the callback runs.
     *
     * @param word a reading
     * @return true when running
     */
    public static boolean isRunning(long word) {
        return (word & RUNNING) != 0;
    }

    /**
     * The same word after the run has ended.
     *
     * @param word a reading
     * @return the word, not running
     */
    public static long withoutRun(long word) {
        return word & ~(long) RUNNING;
    }

    /**
     * Tells whether the incarnation is detached.
     *
     * @param word a reading
     * @return true when freed
     */
    public static boolean isFreed(long word) {
        return (word & FREED) != 0;
    }

    /**
     * Tells whether the pending run is the slot's own next period.
     *
     * @param word a reading
     * @return true when armed by itself
     */
    static boolean isPeriod(long word) {
        return (word & PERIOD) != 0;
    }

    /**
     * The pending deadline.
     *
     * @param word a reading that is armed
     * @return microseconds of the map's clock
     */
    public static long deadline(long word) {
        return word >>> DEADLINE_SHIFT;
    }

    /**
     * Tells whether a run is pending now.
     *
     * @return true when armed, which a freed incarnation is not
     */
    final boolean isPending() {
        return isArmed(word);
    }

    /**
     * The reference count.
     *
     * @return at least 0
     */
    public final int references() {
        return references;
    }

    /**
     * What the word's tag counts from. It only grows; a reading together with one of the word gives the generation if
     * the word is still the same afterwards.
     *
     * @return at least 1
     */
    public final long generationBase() {
        return generationBase;
    }

    /**
     * The generation that a word and a base give.
     *
     * @param word a reading of a word
     * @param base a reading of a base, not above the generation of the word and less than 128 below it
     * @return the generation
     */
    public static long generation(long word, long base) {
        return base + (tag(word) - (int) base & TAG_MASK);
    }

    /**
     * The generation of the latest start.
     *
     * @return at least 1
     */
    public final long generation() {
        for (; ; ) {
            long seen = word;
            long generation = generationOf(seen);
            if (word == seen) {
                return generation;
            }
        }
    }

    @Override
    public String toString() {
        long seen = word;
        return "[" + (isArmed(seen) ? "ARMED " : "") + (isRunning(seen) ? "RUNNING " : "")
                + (isFreed(seen) ? "FREED " : "") + "deadline=" + deadline(seen) + " generation=" + generationOf(seen)
                + " references=" + references + "]";
    }

    // ---- inside -------------------------------------------------------------------------------------------------

    private static long pack(long deadline, int tag, long flags) {
        return deadline << DEADLINE_SHIFT | (long) (tag & TAG_MASK) << TAG_SHIFT | flags;
    }

    private static int tag(long word) {
        return (int) (word >>> TAG_SHIFT) & TAG_MASK;
    }

    /** The word of a run that begins or is left out: armed again by its own period, if there is a next one. */
    private static long nextPeriod(long seen, int running, long next) {
        return next == Periods.NONE ? pack(0, tag(seen), running) : pack(next, tag(seen) + 1, running | ARMED | PERIOD);
    }

    /** The word of a run whose following period was armed before and put off: it keeps its generation. */
    private static long samePeriod(long seen, long next) {
        return next == Periods.NONE ? pack(0, tag(seen), RUNNING) : pack(next, tag(seen), RUNNING | ARMED | PERIOD);
    }

    /** The firing that is delivered again, if it is what the word has pending: else a start has come instead. */
    private @Nullable Redelivery pending(Redelivery again, long seen) {
        return (seen & PERIOD) == 0 && generationOf(seen) == again.armed() ? again : null;
    }

    /** Right if {@code seen} is still the word afterwards; every caller confirms that, by a CAS or by reading again. */
    final long generationOf(long seen) {
        return generation(seen, generationBase);
    }

    /** Moves the base up if the tag is far ahead. False: look again, {@code seen} is old or the base just moved. */
    private boolean generationReady(long seen) {
        long base = generationBase;
        int lag = tag(seen) - (int) base & TAG_MASK;
        if (lag < HELP_LAG) {
            return true;
        }
        if (word == seen) {
            BASE.compareAndSet(this, base, base + lag);
        }
        return false;
    }
}
