package io.asyncslot.cluster;

import java.sql.SQLException;

/**
 * What it means that the database, its driver or the pool refused something: the one table of SQLSTATEs. What an operation
 * answers, whether it is tried again and whether the circuit breaker hears of it follow from here.
 *
 * <table>
 * <caption>What follows</caption>
 * <tr><th></th><th>own transaction</th><th>start, submit</th><th>other operations</th><th>nodes: sweep, begin, end</th></tr>
 * <tr><td>{@link #LOST}</td><td>once; the breaker counts it</td><td>in doubt when a statement was under way, else rejected
 * or kept</td><td>{@code BackendUnavailableException}</td><td>again, until answered</td></tr>
 * <tr><td>{@link #BUSY}, {@link #READ_ONLY}, {@link #TIMEOUT}</td><td>once</td><td>rejected or kept</td><td>{@code
 * BackendUnavailableException}</td><td>again, until answered</td></tr>
 * <tr><td>{@link #RETRY}</td><td>some times</td><td>then as above</td><td>as above</td><td>again</td></tr>
 * <tr><td>{@link #CONFLICT}, {@link #BUG}</td><td>once</td><td>{@link StoreException}</td><td>{@link StoreException}</td>
 * <td>again, each slot by itself; told once</td></tr>
 * </table>
 *
 * <p>Inside the caller's transaction nothing is tried again, rejected or kept: that transaction is over, and the exception
 * says so.
 */
enum Trouble {
    /** The connection broke, or none could be made. */
    LOST("the database cannot be reached"),
    /** The pool or the server has none to give, or no room: it was not asked. */
    BUSY("the database has no connection or no room to spare"),
    /** It takes no writes: a standby, or set so. */
    READ_ONLY("the database takes no writes"),
    /** A limit on statements, locks or transactions ended it. */
    TIMEOUT("the database took too long"),
    /** A deadlock or a serialisation failure: it did nothing, and may succeed at once. */
    RETRY("transactions of others were always first"),
    /** The caller's transaction has failed already, or a constraint forbids it. */
    CONFLICT("the database refused it"),
    /** Anything else: tables of another version, missing rights, a mistake of ours. */
    BUG("the database refused it");

    private final String sentence;

    Trouble(String sentence) {
        this.sentence = sentence;
    }

    /** What it is, for messages. */
    String sentence() {
        return sentence;
    }

    /** Whether this is the database being away, in one way or another, and not a mistake. */
    boolean isAway() {
        return this != CONFLICT && this != BUG;
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
            case "57014", "55P03", "25P03", "25P04" -> TIMEOUT; // statement, lock, idle and transaction time-outs
            case "57P01", "57P02", "57P03", "57P05", "40003" -> LOST; // shuts down, crashed, starts, idle, unknown
            case "25006" -> READ_ONLY;
            case "40001", "40P01" -> RETRY;
            case "25P02" -> CONFLICT; // the transaction is aborted
            default ->
                switch (group) {
                    case "08", "58" -> LOST;
                    case "53" -> BUSY; // disk full, out of memory, too many connections
                    case "23" -> CONFLICT;
                    case "" -> connecting ? BUSY : LOST; // a pool's own time-out; a driver that says nothing
                    default -> connecting ? LOST : BUG; // who cannot log in has no database
                };
        };
    }

    /**
     * Whether the statement may have been carried out although it failed: its answer is what was lost.
     *
     * @param failure what JDBC threw while a statement was under way
     */
    static boolean isInDoubt(SQLException failure) {
        if (of(failure, false) != LOST) {
            return false;
        }
        String state = failure.getSQLState();
        return state == null
                || switch (state) {
                    case "08001", "08003", "08004", "57P03" -> false; // it was never sent
                    default -> true;
                };
    }
}
