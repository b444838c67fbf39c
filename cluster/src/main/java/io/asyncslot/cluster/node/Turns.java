package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreSession;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Lets the begin or the end of a run wait for its turn at a row that others have had each time it looked, so that no number of
 * transactions that queue there can put it off. One waits at a time: a transaction that stays open takes one connection of this
 * node, and no more; meanwhile the others go on looking. Thread-safe.
 */
final class Turns {

    /** Who has found a row locked so many times waits for its turn. */
    static final int LOOKS = 8;

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Database database;
    private final Semaphore places = new Semaphore(1);

    Turns(Database database) {
        this.database = database;
    }

    /** Takes the one place to wait; {@link #leave} must follow. */
    boolean enter() {
        return places.tryAcquire();
    }

    void leave() {
        places.release();
    }

    /**
     * Waits for the row of a slot and does something with it; for whoever has the place.
     *
     * @return what it answered; empty when the row was not to be had in time
     */
    <T> Optional<T> take(SlotId id, Function<StoreSession, T> work) {
        return database.own(session -> session.inTurn(id, LIMIT, () -> work.apply(session)));
    }
}
