package io.asyncslot.cluster;

import io.asyncslot.AsyncSlotException;
import java.sql.SQLException;

/** A statement on the slots failed. */
final class StoreException extends AsyncSlotException {

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

    /**
     * The SQL state that tells why.
     *
     * @return the state; empty when the driver gave none
     */
    String sqlState() {
        String state = getCause() instanceof SQLException e ? e.getSQLState() : null;
        return state == null ? "" : state;
    }
}
