package io.asyncslot.core;

import io.asyncslot.backend.Periods;
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
     * F  FREED      detached from its map, for ever. Set by free, and where idle slots are freed by the step that would
     *               else leave the slot idle: disarm, endFire, beginFire that leaves out the last period.
     * P  PERIOD     the pending run is the slot's own next period, not something a caller asked for: only such a run
     *               may be left out by a late policy. Set by beginFire / skip, cleared by arm and move.
     * C  RECLAIMED  the last reference is gone and no run goes on. Set once by tryReclaim; nothing changes after it.
     *
     * The deadline of a word that is not armed is 0, or WITHDRAWN: the run that goes on, or has ended since, was cancelled
     * and is not to be delivered again. That of a freed word is 0, or FREED_IDLE: the slot freed itself, being idle.
     *
     * Every transition is one CAS on this word, hence one modification order per incarnation, which is the order that
     * all observers agree on. An outcome is decided by the value the CAS replaced. An operation that joins a pending run
     * without a change makes its CAS all the same: so whatever an accepted operation's caller did before happens before
     * the run, whose own begin is a CAS that comes later in that order.
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
    private static final long FREED_IDLE = 1L << DEADLINE_SHIFT;

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
        /** Refused by a slot that carries as many values as its map admits; nothing changed. */
        FULL,
        /** Refused: the incarnation is freed. */
        FREED
    }

    /** What {@link #armIfIdle} did. */
    enum Submission {
        /** Was not armed; is now. */
        SUBMITTED,
        /** Is armed already; nothing changed. */
        COALESCED,
        /** Refused by a slot that carries as many values as its map admits; nothing changed. */
        FULL,
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
        /** A pending run was removed, and with it the slot. The caller then owns the map's reference. */
        CANCELLED_AND_FREED,
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
        IDLE(false, false),
        /** Was armed; that run never begins. */
        ARMED(true, false),
        /** Was running; the run goes on. */
        RUNNING(false, true),
        /** Was running and armed; the run goes on, the pending one never begins. */
        RUNNING_ARMED(true, true),
        /** Was freed before; nothing changed. */
        ALREADY(false, false);

        /** Whether a pending run was prevented. */
        final boolean armed;

        /** Whether a run goes on. */
        final boolean running;

        Freeing(boolean armed, boolean running) {
            this.armed = armed;
            this.running = running;
        }
    }

    /** What {@link #beginFire} did. */
    enum Beginning {
        /** The run has begun: the caller must run the callback and then call {@link #endFire}. */
        BEGUN,
        /** The run was left out by the late policy; the next period, if there is one, is armed. */
        SKIPPED,
        /** The run was left out, it was the last one, and the slot went with it. The caller then owns the map's reference. */
        SKIPPED_AND_FREED,
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

    /**
     * Whether a step that would leave the slot idle frees it instead.
     *
     * @return the same answer every time
     */
    abstract boolean freesIdle();

    /**
     * The points that a step goes by. Asked after the word was read that the step is to replace.
     *
     * @param ofMap those of the map
     * @return the same, or those that belong to this slot
     */
    Periods periods(Periods ofMap) {
        return ofMap;
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
                if (tryJoin(seen)) {
                    return Submission.COALESCED;
                }
            } else if (tryArm(seen, deadline)) {
                return Submission.SUBMITTED;
            }
        }
    }

    /**
     * Joins a run that is pending: it sees all that the caller did before.
     *
     * @return false when none is pending
     */
    final boolean join() {
        for (; ; ) {
            long seen = word;
            if ((seen & ARMED) == 0) {
                return false;
            }
            if (tryJoin(seen)) {
                return true;
            }
        }
    }

    /**
     * One attempt to join a pending run: stores the word as it is. A look would not do: the run may begin before what
     * the caller stored in front of it is seen by others. What begins the run reads this store, or a later one.
     *
     * @param seen a reading of the word, armed
     * @return false if the word has changed since: the caller reads it anew
     */
    final boolean tryJoin(long seen) {
        return WORD.compareAndSet(this, seen, seen);
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
     * One attempt to replace a pending deadline by an earlier one of the same kind; keeps the generation.
     *
     * @param seen a reading of the word, armed
     * @param deadline in microseconds
     * @return false if the word has changed since: the caller reads it anew
     */
    final boolean tryBringForward(long seen, long deadline) {
        return WORD.compareAndSet(this, seen, pack(deadline, tag(seen), seen & (RUNNING | ARMED | PERIOD)));
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
            if (WORD.compareAndSet(this, seen, running ? pack(0, tag(seen), RUNNING) | WITHDRAWN : idle(seen))) {
                if ((seen & ARMED) == 0) {
                    return Disarming.RUNNING;
                }
                if (running) {
                    return Disarming.CANCELLED_WHILE_RUNNING;
                }
                return freesIdle() ? Disarming.CANCELLED_AND_FREED : Disarming.CANCELLED;
            }
        }
    }

    /**
     * Removes a pending run, and frees the slot unless a run goes on, whatever becomes of idle slots else. Nothing changes where
     * nothing is pending: a run that goes on may still be delivered again.
     *
     * @param keep whether the slot is to stay all the same
     * @return what happened
     */
    final Disarming takePending(boolean keep) {
        for (; ; ) {
            long seen = word;
            if ((seen & FREED) != 0) {
                return Disarming.FREED;
            }
            boolean running = (seen & RUNNING) != 0;
            if ((seen & ARMED) == 0) {
                return running ? Disarming.RUNNING : Disarming.NOT_ARMED;
            }
            boolean frees = !running && !keep;
            long taken = pack(0, tag(seen), seen & RUNNING) | (frees ? FREED | FREED_IDLE : 0);
            if (WORD.compareAndSet(this, seen, taken)) {
                if (running) {
                    return Disarming.CANCELLED_WHILE_RUNNING;
                }
                return keep ? Disarming.CANCELLED : Disarming.CANCELLED_AND_FREED;
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
            if (armed && ((seen & PERIOD) == 0 || !periods(periods).waitsFor(deadline, deadline(seen)))) {
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
            if (freeFrom(seen)) {
                return freeing(seen);
            }
        }
    }

    /**
     * As {@link #free}, but one attempt, and only if the word has not changed.
     *
     * @param seen a reading of the word, not freed
     * @return whether it did: the caller then owns the map's reference
     */
    final boolean freeFrom(long seen) {
        return WORD.compareAndSet(this, seen, pack(0, tag(seen), (seen & RUNNING) | FREED));
    }

    /** What {@link #freeFrom} did, given the word that it found. */
    static Freeing freeing(long seen) {
        if ((seen & RUNNING) != 0) {
            return (seen & ARMED) != 0 ? Freeing.RUNNING_ARMED : Freeing.RUNNING;
        }
        return (seen & ARMED) != 0 ? Freeing.ARMED : Freeing.IDLE;
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
            long deadline = fired.dueAt(seen >>> DEADLINE_SHIFT);
            if (deadline > now) {
                return Beginning.NOT_DUE;
            }
            if ((seen & RUNNING) != 0) {
                throw new IllegalStateException("two runs of one slot at the same time: " + this);
            }
            if (!generationReady(seen)) {
                continue;
            }
            Periods own = periods(periods);
            fired.byPeriod = (seen & PERIOD) != 0;
            boolean leftOut = fired.byPeriod && own.leavesOut(deadline, now);
            Redelivery again = fired.again == null ? null : pending(fired.again, seen);
            fired.begins = !fired.byPeriod && again == null;
            long point = again == null ? deadline : again.point();
            long next = fired.next(own, point, now);
            if (leftOut) {
                boolean last = next == Periods.NONE;
                if (WORD.compareAndSet(this, seen, last ? idle(seen) : nextPeriod(seen, 0, next))) {
                    fired.rearmed = !last;
                    return last && freesIdle() ? Beginning.SKIPPED_AND_FREED : Beginning.SKIPPED;
                }
                continue;
            }
            fired.deadline = deadline;
            fired.generation = again == null ? generationOf(seen) : again.generation();
            fired.attempt = again == null ? 1 : again.attempt();
            fired.beginning(own, point);
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
            long next = fired.next(periods(periods), deadline, now);
            if (WORD.compareAndSet(this, seen, nextPeriod(seen, RUNNING, next))) {
                fired.rearmed = next != Periods.NONE;
                return true;
            }
        }
    }

    /** What the end of a run left. */
    enum Ending {
        /** The slot lives on. Whoever frees it from now on finds no run. */
        LIVES,
        /** The end freed the slot: the caller owns the map's reference. */
        FREED,
        /** It was freed during the run, and whoever did that has left the rest to the end. */
        FREED_BEFORE
    }

    /**
     * Ends a run. To be called once for each {@link Beginning#BEGUN}, by the thread that began it.
     *
     * @return what it left, by the very step that ended the run: a look at the word afterwards may meet a later free
     */
    final Ending endFire() {
        for (; ; ) {
            long seen = word;
            if ((seen & RUNNING) == 0) {
                throw new IllegalStateException("a run ended that had not begun: " + this);
            }
            boolean frees = (seen & (ARMED | FREED)) == 0 && freesIdle();
            if (WORD.compareAndSet(this, seen, frees ? idle(seen) : withoutRun(seen))) {
                return frees ? Ending.FREED : isFreed(seen) ? Ending.FREED_BEFORE : Ending.LIVES;
            }
        }
    }

    /**
     * Frees a slot that a former process left idle, if idle slots are freed. To be called before anybody else has it.
     *
     * @return whether it did: the caller then owns the map's reference
     */
    final boolean freeIdle() {
        long seen = word;
        return (seen & (ARMED | RUNNING | FREED)) == 0 && freesIdle() && WORD.compareAndSet(this, seen, idle(seen));
    }

    /**
     * Frees a slot of which nothing is pending and no callback runs, whatever becomes of idle slots else.
     *
     * @return whether it did: the caller then owns the map's reference
     */
    final boolean freeResting() {
        long seen = word;
        return (seen & (ARMED | RUNNING | FREED)) == 0
                && WORD.compareAndSet(this, seen, pack(0, tag(seen), FREED) | FREED_IDLE);
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
     * Tells whether the incarnation was freed because it was idle, not because somebody deleted it.
     *
     * @param word a reading that is freed
     * @return true when it freed itself
     */
    public static boolean isFreedIdle(long word) {
        return (word & FREED_IDLE) != 0;
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
     * The same word with another deadline, as {@link #move} makes it.
     *
     * @param word a reading that is armed
     * @param deadline microseconds of the map's clock
     * @return the word, moved
     */
    public static long movedTo(long word, long deadline) {
        return pack(deadline, tag(word), word & (RUNNING | ARMED));
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

    /**
     * Whether a transition can have made a word. One that was kept elsewhere and is not possible was damaged there.
     *
     * @param word any number
     * @return false if no slot ever has it
     */
    public static boolean isPossible(long word) {
        if ((word & FREED) != 0) {
            return (word & (ARMED | PERIOD)) == 0 && deadline(word) <= deadline(WITHDRAWN);
        }
        boolean rests = (word & (ARMED | PERIOD)) == 0 && deadline(word) <= deadline(WITHDRAWN);
        return (word & RECLAIMED) == 0 && ((word & ARMED) != 0 || rests);
    }

    private static long pack(long deadline, int tag, long flags) {
        return deadline << DEADLINE_SHIFT | (long) (tag & TAG_MASK) << TAG_SHIFT | flags;
    }

    private static int tag(long word) {
        return (int) (word >>> TAG_SHIFT) & TAG_MASK;
    }

    /** The word of a slot of which nothing is pending and no callback runs: it is freed, where idle slots are. */
    private long idle(long seen) {
        return pack(0, tag(seen), 0) | (freesIdle() ? FREED | FREED_IDLE : 0);
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
