package io.asyncslot.cluster.store;

import java.time.Duration;

/**
 * Stores the slots of one namespace, and makes work on them part of a transaction. With {@link StoreSession}, this is
 * what the cluster backend requires of a database. Thread-safe.
 */
public interface SlotStore {

    /** A deadline that never comes. Larger deadlines saturate at this value. */
    long NEVER = (1L << 52) - 1;

    /** No deadline, no node. */
    long NONE = -1;

    /**
     * A unit of work that is never part of the caller's transaction: each call is its own transaction. The caller
     * closes it.
     *
     * @return the session
     * @throws StoreException if there is none to be had
     */
    StoreSession own();

    /**
     * The caller's transaction, or a session as from {@link #own()} if there is no transaction. The caller closes the
     * session; that does not end the transaction.
     *
     * @return the session
     * @throws StoreException if there is none to be had
     */
    StoreSession joined();

    /**
     * A session for the heartbeats of a node. The node keeps it as long as it lives, and asks for another one if it
     * fails. The session should not depend on connections that the application leaves free: an application that uses up
     * its pool would look dead to the other nodes.
     *
     * @param patience how long a call may wait for an answer before it fails
     * @return the session, which the caller closes
     * @throws StoreException if there is none to be had
     */
    StoreSession heartbeat(Duration patience);

    /**
     * Tells whether operations of the calling thread are part of its transaction, if it has one.
     *
     * @return false if each operation is its own transaction, and inside a transaction of another database
     */
    boolean joinsTransactions();

    /**
     * Tells whether the calling thread is inside a transaction that {@link #joined()} joins.
     *
     * @return true inside such a transaction, even if it has already failed
     */
    boolean inTransaction();

    /**
     * Runs an action once the caller's work is committed: immediately outside a transaction, after the commit inside
     * one, and not at all if the transaction is rolled back.
     *
     * @param action the action; must not throw
     */
    void afterCommit(Runnable action);
}
