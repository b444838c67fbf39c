package io.asyncslot.cluster.rows;

import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreSession;
import java.time.Duration;

/** A store that knows no transactions of its callers, and whose sessions are all alike. */
public abstract class UnjoinedStore implements SlotStore {

    /** For stores that have nothing to prepare. */
    protected UnjoinedStore() {}

    @Override
    public StoreSession joined() {
        return own();
    }

    @Override
    public StoreSession heartbeat(Duration patience) {
        return own();
    }

    @Override
    public boolean joinsTransactions() {
        return false;
    }

    @Override
    public boolean inTransaction() {
        return false;
    }

    @Override
    public void afterCommit(Runnable action) {
        action.run();
    }
}
