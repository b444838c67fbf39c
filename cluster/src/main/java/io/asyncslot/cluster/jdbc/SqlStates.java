package io.asyncslot.cluster.jdbc;

import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.Trouble;
import java.sql.SQLException;

/** What the failures of JDBC mean: the one table of SQLSTATEs. */
final class SqlStates {

    private SqlStates() {}

    /**
     * The failure of a statement.
     *
     * @param doing what it was doing
     * @param failure what JDBC threw
     */
    static StoreException failed(String doing, SQLException failure) {
        return new StoreException(doing, failure, of(failure, false), isInDoubt(failure));
    }

    /** The failure of getting a connection. */
    static StoreException unconnected(SQLException failure) {
        return new StoreException("connect", failure, of(failure, true), false);
    }

    /**
     * What a failure means.
     *
     * @param failure what JDBC threw
     * @param connecting whether there was no connection yet
     */
    static Trouble of(SQLException failure, boolean connecting) {
        String state = failure.getSQLState() == null ? "" : failure.getSQLState();
        String group = state.length() < 2 ? "" : state.substring(0, 2);
        return switch (state) {
            case "57014", "55P03", "25P03", "25P04", "HYT00" ->
                Trouble.TIMEOUT; // statement, lock, idle and transaction time-outs
            case "57P01", "57P02", "57P03", "57P05", "40003" ->
                Trouble.LOST; // shuts down, crashed, starts, idle, unknown
            case "90007", "90067", "90098", "90121" -> Trouble.LOST; // H2: closed, broken, closed by others, shuts down
            case "25006", "90097" -> Trouble.READ_ONLY;
            case "40001", "40P01", "90131" -> Trouble.RETRY;
            case "25P02" -> Trouble.CONFLICT; // the transaction is aborted
            default ->
                switch (group) {
                    case "08", "58" -> Trouble.LOST;
                    case "53" -> Trouble.BUSY; // disk full, out of memory, too many connections
                    case "23" -> Trouble.CONFLICT;
                    case "" ->
                        connecting ? Trouble.BUSY : Trouble.LOST; // a pool's own time-out; a driver that says nothing
                    default -> connecting ? Trouble.LOST : Trouble.BUG; // who cannot log in has no database
                };
        };
    }

    /**
     * Whether the statement may have been carried out although it failed: its answer is what was lost.
     *
     * @param failure what JDBC threw while a statement was under way
     */
    static boolean isInDoubt(SQLException failure) {
        if (of(failure, false) != Trouble.LOST) {
            return false;
        }
        String state = failure.getSQLState();
        return state == null
                || switch (state) {
                    case "08001", "08003", "08004", "57P03", "90007" -> false; // it was never sent
                    default -> true;
                };
    }
}
