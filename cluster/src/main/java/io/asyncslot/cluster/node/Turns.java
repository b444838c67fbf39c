package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreSession;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Lets the begin or the end of a run wait for its turn at a row that others have had each time it looked, so that no number of
 * transactions that queue there can put it off. One of a node waits at a time, on a thread of its own: a transaction that stays open
 * takes one connection of this node, no worker and no permit of a map. Meanwhile the others go on looking. Thread-safe.
 */
final class Turns {

    /** Who has found a row locked so many times waits for its turn. */
    static final int LOOKS = 8;

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Database database;
    private final Executor threads;
    private final Semaphore places = new Semaphore(1);

    /**
     * Nobody waits.
     *
     * @param database where the rows are
     * @param threads runs something on a thread that may wait
     */
    Turns(Database database, Executor threads) {
        this.database = database;
        this.threads = threads;
    }

    /**
     * Has the one place taken by somebody who waits on a thread of its own. Not while the database is away: the single call that
     * then tries whether it is back must not wait for a row.
     *
     * @param waiting what to do there, with {@link #await}; does not throw
     * @return false where it does not come to that, for whatever reason: who asked goes on looking
     */
    boolean enter(Runnable waiting) {
        if (!database.isAnswering() || !places.tryAcquire()) {
            return false;
        }
        try {
            threads.execute(() -> {
                try {
                    waiting.run();
                } finally {
                    places.release();
                }
            });
            return true;
        } catch (Throwable e) { // there is no thread to be had
            places.release();
            return false;
        }
    }

    /**
     * Waits for the row of a slot and does something with it; for whoever has the place.
     *
     * @return what it answered; empty when the row was not to be had in time
     */
    <T> Optional<T> await(SlotId id, Function<StoreSession, T> work) {
        return database.own(session -> session.inTurn(id, LIMIT, () -> work.apply(session)));
    }
}
