package io.asyncslot.cluster.store;

import io.asyncslot.AsyncSlotException;

/**
 * The database refused a statement on the slots, and not because it is away: its tables are of another version, a right is
 * missing, or the caller's transaction had failed before. What the database said is the cause. Immutable.
 */
public final class StoreException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final Trouble trouble;
    private final boolean inDoubt;

    /**
     * Made by the store.
     *
     * @param doing what it was doing
     * @param cause what the database or its driver said
     * @param trouble what kind of failure it is
     * @param inDoubt whether it may have been carried out all the same: the answer is what was lost
     */
    public StoreException(String doing, Throwable cause, Trouble trouble, boolean inDoubt) {
        super("the database refused to " + doing + ": " + cause.getMessage());
        initCause(cause);
        this.trouble = trouble;
        this.inDoubt = inDoubt;
    }

    /**
     * Tells what kind of failure it is.
     *
     * @return the kind
     */
    public Trouble trouble() {
        return trouble;
    }

    /**
     * Tells whether the statement may have been carried out all the same.
     *
     * @return whether the answer is what was lost
     */
    public boolean isInDoubt() {
        return inDoubt;
    }
}
