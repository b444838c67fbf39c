package io.asyncslot.cluster.store;

import java.time.Duration;

/**
 * Where the slots of one namespace are, and how work on them is made part of a transaction. What a database has to offer to the
 * cluster backend, with {@link StoreSession}. Thread-safe.
 */
public interface SlotStore {

    /** A deadline that never comes; also what larger ones saturate at. */
    long NEVER = (1L << 52) - 1;

    /** No deadline, no node. */
    long NONE = -1;

    /**
     * A unit of work that is never part of the caller's transaction: each call is one of its own. Whoever asked closes it.
     *
     * @return the session
     * @throws StoreException if there is none to be had
     */
    StoreSession own();

    /**
     * The caller's transaction where there is one, or else a session as {@link #own()} gives. Whoever asked closes it; that does
     * not end the transaction.
     *
     * @return the session
     * @throws StoreException if there is none to be had
     */
    StoreSession joined();

    /**
     * A session for the heartbeats of a node, which keeps it as long as it lives and asks for another when it fails. It should
     * not depend on what the application leaves free: an application that uses up its pool would look dead to the others.
     *
     * @param patience how long a call may go without an answer before it fails
     * @return the session, to be closed by who asked
     * @throws StoreException if there is none to be had
     */
    StoreSession heartbeat(Duration patience);

    /**
     * Tells whether operations of the calling thread are part of its transaction, if it has one.
     *
     * @return false where each operation is a transaction of its own, and inside a transaction of another database
     */
    boolean joinsTransactions();

    /**
     * Tells whether the calling thread is inside a transaction that {@link #joined()} joins.
     *
     * @return true inside such a transaction, also when it has failed already
     */
    boolean inTransaction();

    /**
     * Runs an action once what the caller did is committed: at once outside a transaction, after the commit inside one, not at
     * all when it is rolled back.
     *
     * @param action what to do; does not throw
     */
    void afterCommit(Runnable action);
}
