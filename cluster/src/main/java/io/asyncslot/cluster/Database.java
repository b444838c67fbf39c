package io.asyncslot.cluster;

import io.asyncslot.BackendUnavailableException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The way to the database, behind a circuit breaker: while it is away nobody waits for a connection in vain.
 * Thread-safe.
 */
final class Database {

    /** The name of the circuit breaker. */
    static final String BREAKER = "asyncslot-cluster";

    private static final int ATTEMPTS = 4;

    /** Deadlock and serialisation failure: the statement did nothing and may be tried again. */
    private static final Set<String> AGAIN = Set.of("40P01", "40001");

    private final Connections connections;
    private final CircuitBreaker breaker;

    /** Why it was away the last time; for reports. Written by whoever finds out. */
    private volatile @Nullable String lastFailure;

    /** Something to be done on a connection. */
    @FunctionalInterface
    interface Work<T> {
        /** Does it. */
        T on(Connection connection);
    }

    Database(Connections connections, @Nullable CircuitBreaker breaker) {
        this.connections = connections;
        this.breaker = breaker == null ? CircuitBreaker.of(BREAKER, defaults()) : breaker;
    }

    /** How the circuit breaker is set where the application says nothing. */
    static CircuitBreakerConfig defaults() {
        return CircuitBreakerConfig.custom()
                .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(10)
                .minimumNumberOfCalls(3)
                .failureRateThreshold(50)
                .slowCallDurationThreshold(Duration.ofSeconds(3))
                .slowCallRateThreshold(80)
                .waitDurationInOpenState(Duration.ofMillis(500))
                .permittedNumberOfCallsInHalfOpenState(2)
                .writableStackTraceEnabled(false)
                .ignoreException(e -> !(e instanceof BackendUnavailableException))
                .build();
    }

    /**
     * Does something in the caller's transaction, where there is one.
     *
     * @throws BackendUnavailableException if the database cannot be reached
     */
    <T> T joined(Work<T> work) {
        return connections.inTransaction() ? guarded(() -> joinedOnce(work)) : own(work);
    }

    private <T> T joinedOnce(Work<T> work) throws SQLException {
        Connection connection = connections.joined();
        try {
            return work.on(connection);
        } finally {
            connections.release(connection);
        }
    }

    /**
     * Does something in a transaction of its own.
     *
     * @throws BackendUnavailableException if the database cannot be reached
     */
    <T> T own(Work<T> work) {
        for (int attempt = 1; ; attempt++) {
            try {
                return guarded(() -> {
                    try (Connection connection = connections.own()) {
                        return work.on(connection);
                    }
                });
            } catch (StoreException e) {
                if (attempt == ATTEMPTS || !AGAIN.contains(e.sqlState())) {
                    throw e;
                }
            }
        }
    }

    void afterCommit(Runnable action) {
        connections.afterCommit(action);
    }

    Connections connections() {
        return connections;
    }

    boolean isAway() {
        return breaker.getState() == CircuitBreaker.State.OPEN;
    }

    /** The circuit breaker's state, for reports. */
    String state() {
        return breaker.getState().name();
    }

    @Nullable
    String lastFailure() {
        return lastFailure;
    }

    private interface Call<T> {
        T call() throws SQLException;
    }

    private <T> T guarded(Call<T> call) {
        try {
            return breaker.executeCallable(() -> {
                try {
                    return call.call();
                } catch (StoreException e) {
                    if (isAway(e.sqlState())) {
                        throw away(e.getCause() == null ? e : e.getCause());
                    }
                    throw e;
                } catch (SQLException e) {
                    throw away(e); // there was no connection to be had
                }
            });
        } catch (CallNotPermittedException e) {
            throw unavailable(
                    "it was away a moment ago (" + lastFailure + ") and is left alone until it is tried again");
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private BackendUnavailableException away(Throwable cause) {
        lastFailure = cause.getMessage();
        BackendUnavailableException failure = unavailable(String.valueOf(cause.getMessage()));
        failure.initCause(cause);
        return failure;
    }

    private static BackendUnavailableException unavailable(String reason) {
        return new BackendUnavailableException(
                ClusterBackend.NAME,
                "the database cannot be reached: " + reason,
                "Look whether PostgreSQL runs and the connection pool has room; operations succeed again by themselves.");
    }

    /** Connection exceptions, a server that shuts down or starts up or has no room, and drivers that say nothing. */
    private static boolean isAway(String state) {
        return state.isEmpty() || state.startsWith("08") || state.startsWith("57P") || state.startsWith("53");
    }
}
