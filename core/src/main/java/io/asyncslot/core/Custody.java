package io.asyncslot.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Who will look at a slot next, and when: the fields that a {@link Timekeeper} keeps inside the slot itself, so that
 * a re-arm needs no node of its own. Thread-safe as said per field.
 */
public abstract class Custody extends StateWord {

    /*
     * One custodian
     *
     * At any moment a slot is in nobody's hands (lookAt == NOBODY), in the hands of the timekeeper's thread (lookAt is
     * a promise: it looks at the slot no later than then), or of the worker that has been asked to run it (lookAt ==
     * WORKER, from the hand-over until the run has ended, but for QUEUED while it is in the executor's hands). Only the
     * custodian begins runs; that is why runs of one incarnation never overlap. Custody passes: nobody -> timekeeper or
     * worker, and out of QUEUED, by CAS; timekeeper -> worker, worker -> timekeeper (RETURNED: callbacks are stopped) and
     * any other -> nobody by the custodian's store.
     *
     * Nothing is forgotten, because both sides store first and then look (both volatile):
     *   operation   stores the state word, then reads lookAt   -> not later than the promise? then nobody need be told
     *   custodian   stores lookAt,         then reads the word -> armed earlier than promised? then it looks again
     *
     * The inbox flag says that a command for the slot is in an intake: set by CAS before the push, cleared by the
     * drain before it reads the word. So a slot is in an intake at most once, and what was stored before a failed CAS on
     * the flag is seen by the drain that clears it. Whoever frees a slot that is in nobody's hands may take the command
     * out instead: what it asks for, a look at a slot that is armed, has no object any more.
     */

    /** Value of {@link #lookAt()}: in nobody's hands. */
    public static final long NOBODY = Long.MAX_VALUE;

    /** Value of {@link #lookAt()}: a worker has it, and looks at the state word when it is done. */
    public static final long WORKER = Long.MIN_VALUE;

    /** Value of {@link #lookAt()}: an executor has it; whoever takes it out of this state is its custodian. */
    public static final long QUEUED = Long.MIN_VALUE + 1;

    /** Value of {@link #lookAt()}: on its way from a worker that is not to run it back to the timekeeper. */
    public static final long RETURNED = Long.MIN_VALUE + 2;

    private static final VarHandle LOOK_AT;
    private static final VarHandle INBOX;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            LOOK_AT = lookup.findVarHandle(Custody.class, "lookAt", long.class);
            INBOX = lookup.findVarHandle(Custody.class, "inbox", char.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The custodian's promise, microseconds. Stored by the custodian, taken by CAS; volatile; read by everyone. */
    private volatile long lookAt;

    /**
     * Not 0 while a command for this slot is in an intake: 1, then its cell there. Taken by CAS by any thread, then
     * stored by the owner of the claim only, cleared by whoever takes the command out; volatile.
     */
    private volatile char inbox;

    /**
     * Where the timekeeper's structure holds it, -1 nowhere. Timekeeper's thread only; plain. In a map with a mirror it is
     * the place of the copy: written once, before publication, read by anyone.
     */
    private int position = -1;

    /**
     * Born armed.
     *
     * @param commanded whether its first command is about to be pushed: then it has the command's reference besides
     *     the map's, and the inbox flag is set
     */
    Custody(long deadline, long generation, boolean commanded) {
        super(deadline, generation, commanded ? 2 : 1);
        LOOK_AT.set(this, NOBODY);
        INBOX.set(this, (char) (commanded ? 1 : 0));
    }

    /** Made from what a former process left: in nobody's hands, with its first command about to be pushed. */
    Custody(RecoveredSlot<?> slot, int references) {
        super(slot, references);
        LOOK_AT.set(this, NOBODY);
        INBOX.set(this, (char) 1);
        position = slot.place();
    }

    /**
     * The promise of the present custodian.
     *
     * @return microseconds of the map's clock, {@link #NOBODY}, {@link #WORKER}, {@link #QUEUED} or {@link #RETURNED}
     */
    public final long lookAt() {
        return lookAt;
    }

    /**
     * Gives or renews a promise; for the custodian only.
     *
     * @param micros the promise, {@link #NOBODY} or {@link #WORKER}
     */
    public final void promise(long micros) {
        lookAt = micros;
    }

    /**
     * Gives or renews a promise; for the custodian only, who has to issue a full fence before it looks at the state word
     * again.
     *
     * @param micros the promise
     */
    public final void promiseBeforeFence(long micros) {
        LOOK_AT.setOpaque(this, micros);
    }

    /**
     * Takes a slot that is in nobody's hands.
     *
     * @param micros the promise, or {@link #WORKER}
     * @return whether the caller is the custodian now
     */
    public final boolean take(long micros) {
        return LOOK_AT.compareAndSet(this, NOBODY, micros);
    }

    /** Takes a slot out of an executor's hands: {@link #QUEUED} until now, and the caller's to pass on from now on. */
    final boolean takeQueued(long custody) {
        return LOOK_AT.compareAndSet(this, QUEUED, custody);
    }

    /**
     * Tells whether a worker has a slot, or an executor has it for one.
     *
     * @param lookAt a reading of {@link #lookAt()}
     * @return whether it is {@link #WORKER} or {@link #QUEUED}
     */
    public static boolean isWorkers(long lookAt) {
        return lookAt <= QUEUED;
    }

    /**
     * Claims the right to push a command for this slot. To be called with a reference in hand, which the command then
     * owns.
     *
     * @return false when a command is in an intake already
     */
    public final boolean enterInbox() {
        return inbox == 0 && INBOX.compareAndSet(this, (char) 0, (char) 1);
    }

    /**
     * Tells whether a command for this slot is in an intake, or about to be.
     *
     * @return whether somebody has the claim
     */
    public final boolean isCommanded() {
        return inbox != 0;
    }

    /** Ends the claim; for the drain, before it reads the state word. */
    public final void leaveInbox() {
        inbox = 0;
    }

    /** Ends the claim; for whoever has freed the slot and taken the command out: it reads nothing afterwards. */
    public final void withdrawn() {
        INBOX.setRelease(this, (char) 0);
    }

    /**
     * Notes where in an intake the slot is; for the owner of the inbox claim.
     *
     * @param number of the cell, more than 1 and less than 65,536
     */
    public final void cell(int number) {
        INBOX.setOpaque(this, (char) number);
    }

    /**
     * Where in an intake the slot is. A hint: it may be taken out meanwhile.
     *
     * @return the number of the cell; 0 or 1 for none
     */
    public final int cell() {
        return (char) INBOX.getOpaque(this);
    }

    /**
     * Where the timekeeper's structure holds the slot; for the timekeeper's thread only.
     *
     * @return an index, -1 for nowhere
     */
    public final int position() {
        return position;
    }

    /**
     * Notes where the timekeeper's structure holds the slot; for the timekeeper's thread only.
     *
     * @param index an index, -1 for nowhere
     */
    public final void position(int index) {
        this.position = index;
    }
}
