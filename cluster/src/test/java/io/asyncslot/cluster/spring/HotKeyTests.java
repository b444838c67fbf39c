package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CloseOutcome;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.cluster.ClusterBackend;
import io.asyncslot.cluster.ClusterOptions;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.TestNode;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A key that many transactions change, one after another: each waits for its turn at the row, and so does the firing. */
@Timeout(120)
class HotKeyTests {

    private static final int USERS = 6;

    /** How long a transaction has the row: so the next one gets it while nobody else is quick enough. */
    private static final long HELD_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** A node holds what is due so soon, and a transaction can still have the row before that. */
    private static final Duration SOON = Duration.ofSeconds(3);

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private final HikariDataSource pool = TestDatabase.pool(USERS + 8);
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final ExecutorService users = Executors.newCachedThreadPool();
    private final TransactionTemplate transactions = new TransactionTemplate(new JdbcTransactionManager(pool));
    private final AsyncSlotRegistry registry = registry(pool);

    private AsyncSlotRegistry registry(HikariDataSource on) {
        AsyncSlotRegistry made = new AsyncSlotRegistryBuilder(executor)
                .backend(new ClusterBackend(
                        new SpringConnections(on),
                        TestNode.options(
                                "hot-" + NAMESPACES.incrementAndGet(),
                                "node",
                                Duration.ofMinutes(1),
                                100,
                                ClusterOptions.WhenAway.REFUSE)))
                .build();
        made.start();
        return made;
    }

    @AfterEach
    void close() {
        users.shutdownNow();
        registry.close();
        executor.shutdownNow();
        pool.close();
    }

    /** Transactions of so many users, one after another on the same row, until they are told to end. */
    private final class Load implements AutoCloseable {

        private final List<Future<?>> running = new ArrayList<>();
        private final AtomicInteger committed = new AtomicInteger();
        private volatile boolean over;

        Load(Runnable inside) {
            for (int i = 0; i < USERS; i++) {
                running.add(users.submit(() -> {
                    while (!over) {
                        transactions.executeWithoutResult(status -> {
                            inside.run();
                            LockSupport.parkNanos(HELD_NANOS);
                        });
                        committed.incrementAndGet();
                    }
                }));
            }
        }

        @Override
        public void close() {
            over = true;
            for (Future<?> each : running) {
                assertThat(each).succeedsWithin(Duration.ofMinutes(1));
            }
        }
    }

    @Test
    void keyThatTransactionsQueueFor_fires_andIsHandedEachValueOnce() throws Exception {
        LinkedBlockingQueue<Integer> handed = new LinkedBlockingQueue<>();
        AtomicInteger runs = new AtomicInteger();
        registry.register(WorkMapSpec.named("audit", String.class)
                .values(SlotValues.collect(Integer.class))
                .callback((key, firing) -> {
                    runs.incrementAndGet();
                    ((List<?>) firing.value()).forEach(value -> handed.add((Integer) value));
                })
                .build());
        ValueWorkSlots<String, Integer> audit = registry.works("audit", String.class, Integer.class);
        AtomicInteger accepted = new AtomicInteger();
        try (Load load = new Load(() -> assertThat(audit.submit("tenant", accepted.incrementAndGet()))
                .isIn(SubmitOutcome.SUBMITTED, SubmitOutcome.COALESCED))) {
            for (int i = 1; i <= 3; i++) { // again and again: the end of each run gets its turn, too
                int least = i;
                await().atMost(PATIENCE).until(() -> runs.get() >= least);
            }
            assertThat(load.committed.get()).as("transactions meanwhile").isGreaterThan(USERS);
        }
        await().atMost(PATIENCE).until(() -> handed.size() == accepted.get());
        assertThat(handed).doesNotHaveDuplicates();
    }

    @Test
    void endOfARun_getsItsTurn() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        registry.register(TimerMapSpec.named("session", String.class)
                .values(SlotValues.last(Integer.class))
                .callback((key, firing) -> {
                    inside.countDown();
                    goOn.await();
                })
                .build());
        ValueTimerSlots<String, Integer> sessions = registry.timers("session", String.class, Integer.class);
        sessions.start("a", Duration.ZERO, 0);
        assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
        AtomicInteger number = new AtomicInteger();
        try (Load load = new Load(() -> assertThat(sessions.start("a", Duration.ofHours(1), number.incrementAndGet()))
                .isIn(StartOutcome.STARTED, StartOutcome.REARMED))) {
            await().atMost(PATIENCE).until(() -> load.committed.get() > USERS);
            goOn.countDown();
            assertThat(sessions.awaitRun("a", PATIENCE)).isEqualTo(AwaitOutcome.ENDED);
            int then = load.committed.get();
            await("the load goes on").atMost(PATIENCE).until(() -> load.committed.get() > then + USERS);
        }
        assertThat(sessions.take("a")).isPresent();
    }

    /** A firing waits for a transaction that stays open; nobody else's does, not even where the map has a single permit. */
    @Test
    void transactionThatStaysOpen_holdsUpItsOwnKeysOnly() throws Exception {
        LinkedBlockingQueue<String> fired = new LinkedBlockingQueue<>();
        TimerSlots<String> carts = registry.register(TimerMapSpec.named("cart", String.class)
                .concurrency(1)
                .callback((key, firing) -> fired.add(key))
                .build());
        CountDownLatch open = new CountDownLatch(1);
        CountDownLatch commit = new CountDownLatch(1);
        List<String> keys = List.of("one", "two", "three");
        keys.forEach(key -> carts.start(key, SOON));
        Future<?> user = users.submit(() -> transactions.executeWithoutResult(status -> {
            keys.forEach(
                    key -> assertThat(carts.touch(key, Duration.ofMillis(1))).isEqualTo(TouchOutcome.MOVED));
            open.countDown();
            try {
                commit.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        assertThat(open.await(30, TimeUnit.SECONDS)).isTrue();
        await().atMost(PATIENCE).until(() -> TestDatabase.waitingForLocks(pool) == 1); // looked at often before
        assertThat(fired).isEmpty();
        carts.start("other", Duration.ZERO);
        assertThat(fired.poll(30, TimeUnit.SECONDS)).isEqualTo("other");
        commit.countDown();
        user.get(30, TimeUnit.SECONDS);
        await().atMost(PATIENCE).until(() -> fired.size() == 3);
        assertThat(fired).containsExactlyInAnyOrderElementsOf(keys);
    }

    /** The map is closed while its key waits: the limit on locks ends the attempt to let go of the row, so the close does not wait. */
    @Test
    void keyThatWaitsForItsTurn_doesNotFireOnceItsMapIsClosed() throws Exception {
        try (HikariDataSource limited = limited()) {
            AsyncSlotRegistry impatient = registry(limited);
            LinkedBlockingQueue<String> fired = new LinkedBlockingQueue<>();
            TimerSlots<String> carts = impatient.register(TimerMapSpec.named("cart", String.class)
                    .callback((key, firing) -> fired.add(key))
                    .build());
            carts.start("a", SOON);
            new TransactionTemplate(new JdbcTransactionManager(limited)).executeWithoutResult(status -> {
                assertThat(carts.touch("a", Duration.ofMillis(1))).isEqualTo(TouchOutcome.MOVED);
                await().atMost(PATIENCE).until(() -> TestDatabase.waitingForLocks(pool) == 1);
                assertThat(elsewhere(() -> carts.close(PATIENCE))).isEqualTo(CloseOutcome.CLOSED);
                assertThat(fired).isEmpty();
            });
            assertThat(fired.poll(1, TimeUnit.SECONDS)).isNull();
            impatient.close();
        }
    }

    private HikariDataSource limited() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(pool.getDataSource());
        config.setConnectionInitSql("set lock_timeout = '200ms'");
        return new HikariDataSource(config);
    }

    /** Where connections have a limit on locks, the caller is told which it was and what to do. */
    @Test
    void operationThatWaitsTooLong_saysWhy_andLosesNothing() throws Exception {
        try (HikariDataSource limited = limited()) {
            AsyncSlotRegistry impatient = registry(limited);
            TransactionTemplate theirs = new TransactionTemplate(new JdbcTransactionManager(limited));
            impatient.register(TimerMapSpec.named("cart", String.class)
                    .delay(Duration.ofHours(1))
                    .values(SlotValues.last(Integer.class))
                    .callback((key, firing) -> {})
                    .build());
            ValueTimerSlots<String, Integer> carts = impatient.timers("cart", String.class, Integer.class);
            carts.start("a", Duration.ofHours(1), 1);
            theirs.executeWithoutResult(status -> {
                carts.start("a", Duration.ofHours(1), 2);
                assertThat(elsewhere(() -> carts.start("a", Duration.ofHours(1), 3)))
                        .isEqualTo(StartOutcome.REJECTED);
                BackendUnavailableException failure = elsewhere(
                        () -> catchThrowableOfType(BackendUnavailableException.class, () -> carts.touch("a")));
                assertThat(failure).hasMessageContaining("the database took too long");
                assertThat(failure.remedy())
                        .contains("another transaction has the row of the slot", "pg_stat_activity", "lock_timeout");
            });
            assertThat(carts.take("a")).contains(2);
            impatient.close();
        }
    }

    private <T> T elsewhere(Callable<T> action) {
        try {
            return users.submit(action).get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
