package io.asyncslot.cluster.store;

import io.asyncslot.AsyncSlotException;

/**
 * The database refused a statement on the slots, although it can be reached: its tables are of another version, a right
 * is missing, or the caller's transaction had already failed. The cause is the exception from the database. Immutable.
 */
public final class StoreException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final Trouble trouble;
    private final boolean inDoubt;

    /**
     * Made by the store.
     *
     * @param doing what the store was doing
     * @param cause the exception from the database or its driver
     * @param trouble the kind of failure
     * @param inDoubt whether the statement may have been carried out nevertheless, because only its answer was lost
     */
    public StoreException(String doing, Throwable cause, Trouble trouble, boolean inDoubt) {
        super("the database refused to " + doing + ": " + cause.getMessage(), trouble.remedy());
        initCause(cause);
        this.trouble = trouble;
        this.inDoubt = inDoubt;
    }

    /**
     * Tells the kind of failure.
     *
     * @return the kind
     */
    public Trouble trouble() {
        return trouble;
    }

    /**
     * Tells whether the statement may have been carried out nevertheless.
     *
     * @return true if only its answer was lost
     */
    public boolean isInDoubt() {
        return inDoubt;
    }
}
