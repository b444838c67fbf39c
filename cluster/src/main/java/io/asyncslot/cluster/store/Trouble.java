package io.asyncslot.cluster.store;

/**
 * The kinds of failure of the database, its driver or the pool. The kind decides the answer of an operation, whether it
 * is tried again, and whether the circuit breaker counts it.
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
 * <p>Inside the caller's transaction, nothing is tried again, rejected or kept: that transaction is over, as the
 * exception states.
 */
public enum Trouble {
    /** The connection broke, or none could be made. */
    LOST("the database cannot be reached"),
    /** The pool or the server has no connection or no room to spare: the statement was not sent. */
    BUSY("the database has no connection or no room to spare"),
    /** It takes no writes: it is a standby, or set to read-only. */
    READ_ONLY("the database takes no writes"),
    /** A limit on statements, locks or transactions ended it. */
    TIMEOUT("the database took too long"),
    /** A deadlock or a serialisation failure: the statement did nothing, and may succeed on the next try. */
    RETRY("transactions of others were always first"),
    /** The caller's transaction has failed already, or a constraint forbids it. */
    CONFLICT("the database refused it"),
    /** Anything else: tables of another version, missing rights, or a bug in AsyncSlot. */
    BUG("the database refused it");

    private final String sentence;

    Trouble(String sentence) {
        this.sentence = sentence;
    }

    /** The failure in words, for messages. */
    public String sentence() {
        return sentence;
    }

    /** The remedy, for messages. */
    public String remedy() {
        return switch (this) {
            case TIMEOUT ->
                "A limit on statements or locks was over: most often another transaction has the row of the slot."
                        + " Look in pg_stat_activity who waits for whom, and end that transaction earlier, or raise"
                        + " lock_timeout or statement_timeout of the connections; operations succeed again by themselves.";
            case LOST, BUSY, READ_ONLY, RETRY ->
                "Look whether PostgreSQL runs and takes writes, and whether the connection pool has room; operations"
                        + " succeed again by themselves.";
            case CONFLICT -> "Look for what failed first in the caller's transaction, and begin a new one.";
            case BUG ->
                "Look whether the tables are those of this version (asyncslot.cluster.initialize-schema=always creates"
                        + " them) and whether the user of the database may change them.";
        };
    }

    /** Whether the database is away, in one way or another, as opposed to a mistake. */
    public boolean isAway() {
        return this != CONFLICT && this != BUG;
    }
}
