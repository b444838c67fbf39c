package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.postgres.PostgresSession;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** When the circuit breaker opens and closes. */
@Timeout(60)
class DatabaseTests {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CircuitBreaker breaker = CircuitBreaker.of("test", Database.defaults(SystemTicker.instance()));
    private final Pool pool = new Pool();
    private final Database database = new Database(
            new JdbcStore(Connections.of(pool), new Tables(Tables.STANDARD_PREFIX), "database", PostgresSession::new),
            breaker,
            NodeThreads.REAL,
            SystemTicker.instance());

    @AfterEach
    void stop() {
        pool.gate.countDown();
        threads.shutdownNow();
    }

    /** A pool that tells of its last failure to connect when it has nothing to give, as HikariCP does. */
    private static final class Pool extends AbstractDataSource {

        /** Threads of this name wait for a connection in vain. */
        private static final String IN_VAIN = "in vain";

        final CountDownLatch waiting = new CountDownLatch(5);
        final CountDownLatch gate = new CountDownLatch(1);
        volatile boolean away;

        @Override
        public Connection getConnection() throws SQLException {
            if (away) {
                throw new SQLException("connection refused", "08001");
            }
            if (Thread.currentThread().getName().equals(IN_VAIN)) {
                waiting.countDown();
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new SQLTransientConnectionException("Connection is not available", "08001");
            }
            return (Connection) Proxy.newProxyInstance(
                    DatabaseTests.class.getClassLoader(),
                    new Class<?>[] {Connection.class},
                    (proxy, method, args) -> method.getName().equals("getAutoCommit") ? true : null);
        }

        @Override
        public Connection getConnection(String user, String password) throws SQLException {
            return getConnection();
        }
    }

    private Trouble trouble() {
        return assertThrows(DatabaseAwayException.class, () -> database.own(connection -> "answer"))
                .trouble();
    }

    @Test
    void threeCallsThatFindNoDatabase_openIt_andOneAnswerClosesIt() {
        pool.away = true;
        for (int i = 0; i < 3; i++) {
            assertThatExceptionOfType(DatabaseAwayException.class)
                    .isThrownBy(() -> database.own(connection -> true))
                    .withMessageContaining("refused");
        }
        assertThat(database.state()).isEqualTo("OPEN");
        pool.away = false;
        assertThatExceptionOfType(DatabaseAwayException.class)
                .isThrownBy(() -> database.own(connection -> true))
                .withMessageContaining("is not asked before the next attempt");
        breaker.transitionToHalfOpenState();
        assertThat(database.<String>own(connection -> "answer")).isEqualTo("answer");
        assertThat(database.state()).isEqualTo("CLOSED");
    }

    /** After a restart the pool lets some wait in vain that asked before it had connections again. */
    @Test
    void callsThatWaitInVainWhileOthersGetAnswers_doNotOpenIt() throws Exception {
        List<Future<Trouble>> inVain = IntStream.range(0, 5)
                .mapToObj(i -> threads.submit(() -> {
                    Thread.currentThread().setName(Pool.IN_VAIN);
                    return trouble();
                }))
                .toList();
        assertThat(pool.waiting.await(30, TimeUnit.SECONDS)).isTrue();
        breaker.transitionToOpenState();
        breaker.transitionToHalfOpenState();
        assertThat(database.<String>own(connection -> "answer")).isEqualTo("answer");
        pool.gate.countDown();
        for (Future<Trouble> one : inVain) {
            assertThat(one.get(30, TimeUnit.SECONDS)).isEqualTo(Trouble.LOST);
        }
        assertThat(database.state()).isEqualTo("CLOSED");
        assertThat(database.<String>own(connection -> "answer")).isEqualTo("answer");
    }

    /** A wall clock that is set back must not keep a node from a database that has been back for long. */
    @Test
    void openBreaker_waitsByAClockThatNobodySets() {
        long[] monotonic = {1_000_000_000L};
        Ticker ticker = new Ticker() {
            @Override
            public long monotonicNanos() {
                return monotonic[0];
            }

            @Override
            public long realtimeNanos() {
                return 0;
            }

            @Override
            public long boottimeNanos() {
                return monotonic[0];
            }
        };
        CircuitBreaker own = CircuitBreaker.of("own", Database.defaults(ticker));
        own.transitionToOpenState();
        assertThat(own.tryAcquirePermission()).isFalse();
        monotonic[0] += 501_000_000L;
        assertThat(own.tryAcquirePermission()).isTrue();
    }
}
