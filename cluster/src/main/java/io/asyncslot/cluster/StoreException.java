package io.asyncslot.cluster;

import io.asyncslot.AsyncSlotException;
import java.sql.SQLException;

/**
 * The database refused a statement on the slots, and not because it is away: its tables are of another version, a right is
 * missing, or the caller's transaction had failed before. What the database said is the cause. Immutable.
 */
public final class StoreException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    /**
     * Made by the store.
     *
     * @param doing what it was doing
     * @param cause what the database or its driver said
     */
    StoreException(String doing, SQLException cause) {
        super("the database refused to " + doing + ": " + cause.getMessage());
        initCause(cause);
    }

    /** What kind of failure it is. */
    Trouble trouble() {
        return getCause() instanceof SQLException e ? Trouble.of(e, false) : Trouble.BUG;
    }

    /** Whether the statement may have been carried out all the same. */
    boolean isInDoubt() {
        return getCause() instanceof SQLException e && Trouble.isInDoubt(e);
    }
}
