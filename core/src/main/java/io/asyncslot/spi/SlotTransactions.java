package io.asyncslot.spi;

/** Tells about the transaction of the calling thread, for {@link io.asyncslot.TransactionalSlots}. Thread-safe. */
public interface SlotTransactions {

    /** No transactions: everything takes effect immediately. */
    SlotTransactions NONE = new SlotTransactions() {
        @Override
        public boolean isActive() {
            return false;
        }

        @Override
        public void onCommit(Runnable action) {
            throw new IllegalStateException("there are no transactions here");
        }
    };

    /**
     * Whether the calling thread is in a transaction that can still be waited for.
     *
     * @return true if {@link #onCommit} may be called
     */
    boolean isActive();

    /**
     * Runs an action once the transaction of the calling thread has been committed, but not if that transaction, or a savepoint
     * around this call, is rolled back.
     *
     * @param action what to do; throws nothing
     */
    void onCommit(Runnable action);
}
