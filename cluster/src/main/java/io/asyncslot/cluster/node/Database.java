package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way to the database, behind a circuit breaker: while it is away nobody waits for a connection in vain.
 * Thread-safe.
 */
final class Database {

    /** The name of the circuit breaker. */
    static final String BREAKER = "asyncslot-cluster";

    /** How often something is tried that others were quicker at. */
    private static final int ATTEMPTS = 12;

    private static final int MOST_PAUSE_MILLIS = 50;

    private final SlotStore store;
    private final CircuitBreaker breaker;
    private final NodeThreads threads;
    private final Ticker ticker;
    private final Outage outage;

    /** When it answered the last time, monotonic. Written by whoever gets an answer; read by whoever gets none. */
    private volatile long answeredNanos;

    /** Why it was away the last time; for reports. Written by whoever finds out. */
    private volatile @Nullable String lastFailure;

    /** Something to be done in a session. */
    @FunctionalInterface
    interface Work<T> {
        /** Does it. */
        T on(StoreSession session);
    }

    Database(SlotStore store, @Nullable CircuitBreaker breaker, NodeThreads threads, Ticker ticker) {
        this.store = store;
        this.threads = threads;
        this.ticker = ticker;
        this.outage = new Outage(ticker);
        this.answeredNanos = ticker.monotonicNanos();
        this.breaker = breaker == null ? CircuitBreaker.of(BREAKER, defaults(ticker)) : breaker;
    }

    /**
     * How the circuit breaker is set where the application says nothing.
     *
     * @param ticker whose monotonic clock measures how long it is open: a step of the wall clock must not keep it so
     */
    static CircuitBreakerConfig defaults(Ticker ticker) {
        return CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(10)
                .minimumNumberOfCalls(3)
                .failureRateThreshold(50)
                .waitDurationInOpenState(Duration.ofMillis(500))
                .permittedNumberOfCallsInHalfOpenState(1) // who gets an answer has shown that it is back
                .writableStackTraceEnabled(false)
                .clock(new SteadyClock(ticker))
                .build();
    }

    /**
     * Does something in the caller's transaction, where there is one on this database.
     *
     * @throws BackendUnavailableException if the database is away
     */
    <T> T joined(Work<T> work) {
        return store.inTransaction() ? guarded(true, work) : own(work);
    }

    /**
     * Does something in a transaction of its own.
     *
     * @throws BackendUnavailableException if the database is away
     */
    <T> T own(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return guarded(false, work);
            } catch (StoreException e) {
                if (e.trouble() != Trouble.RETRY) {
                    throw e;
                }
                if (attempt == ATTEMPTS) {
                    throw away(Trouble.RETRY, e, false);
                }
                threads.pauseUpTo(Duration.ofMillis(Math.min(MOST_PAUSE_MILLIS, 1 << attempt)));
            }
        }
    }

    void afterCommit(Runnable action) {
        store.afterCommit(action);
    }

    SlotStore store() {
        return store;
    }

    /** The circuit breaker's state, for reports. */
    String state() {
        return breaker.getState().name();
    }

    /** Whether calls go there freely: not while it is away, nor while one call tries whether it is back. */
    boolean isAnswering() {
        CircuitBreaker.State state = breaker.getState();
        return state != CircuitBreaker.State.OPEN
                && state != CircuitBreaker.State.FORCED_OPEN
                && state != CircuitBreaker.State.HALF_OPEN;
    }

    @Nullable
    String lastFailure() {
        return lastFailure;
    }

    /**
     * The breaker hears of lost connections only: a pool that is used up, or a row that is locked, is no reason to stop
     * asking. Nor is a call that was lost or waited in vain while others got answers: the database is back since, or its
     * pool is short of connections.
     */
    private <T> T guarded(boolean joined, Work<T> work) {
        if (!breaker.tryAcquirePermission()) {
            throw new DatabaseAwayException(
                    Trouble.LOST,
                    "it was away a moment ago (" + lastFailure + ") and is not asked before the next attempt",
                    false);
        }
        boolean told = false;
        long asked = ticker.monotonicNanos();
        try {
            T result = connected(joined, work);
            answeredNanos = ticker.monotonicNanos();
            told = true;
            breaker.onSuccess(0, TimeUnit.NANOSECONDS); // how long others' locks are waited for says nothing
            outage.answered();
            return result;
        } catch (DatabaseAwayException e) {
            if (e.trouble() == Trouble.LOST && answeredNanos - asked < 0) {
                told = true;
                breaker.onError(0, TimeUnit.NANOSECONDS, e);
            }
            throw e;
        } finally {
            if (!told) {
                breaker.releasePermission();
            }
        }
    }

    private <T> T connected(boolean joined, Work<T> work) {
        StoreSession session;
        try {
            session = joined ? store.joined() : store.own();
        } catch (StoreException e) {
            throw away(e.trouble(), e, false);
        }
        try {
            return work.on(session);
        } catch (StoreException e) {
            if (e.trouble().isAway() && (joined || e.trouble() != Trouble.RETRY)) {
                // A transaction of the caller that has lost its connection is rolled back: nothing is in doubt.
                throw away(e.trouble(), e, !joined && e.isInDoubt());
            }
            throw e;
        } finally {
            release(session);
        }
    }

    /** What was done is done, also where giving back what it was done on fails. */
    private void release(StoreSession session) {
        try {
            session.close();
        } catch (RuntimeException e) {
            lastFailure = e.getMessage();
        }
    }

    private DatabaseAwayException away(Trouble trouble, Exception failure, boolean inDoubt) {
        Throwable cause =
                failure instanceof StoreException && failure.getCause() != null ? failure.getCause() : failure;
        String detail = String.valueOf(cause.getMessage());
        lastFailure = detail;
        if (trouble == Trouble.LOST || trouble == Trouble.BUSY || trouble == Trouble.READ_ONLY) {
            outage.failed(trouble, detail);
        }
        DatabaseAwayException away = new DatabaseAwayException(trouble, detail, inDoubt);
        away.initCause(cause);
        return away;
    }
}
