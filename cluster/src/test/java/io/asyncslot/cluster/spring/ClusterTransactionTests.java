package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TransactionalSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The backend in a Spring Boot application, and what becomes of operations in its transactions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterTransactionTests {

    /** A node holds what is due so soon, and a transaction can still have the row before that. */
    private static final Duration SOON = Duration.ofSeconds(3);

    /** The application's database. Opened before the first test, closed after the last. */
    HikariDataSource pool;

    @BeforeAll
    void start() {
        pool = database(20);
    }

    @AfterAll
    void stop() {
        pool.close();
    }

    /** An empty database. */
    HikariDataSource database(int connections) {
        return TestDatabase.emptyPool(connections);
    }

    /** What is missing of empty tables. */
    String missing() {
        return "no table missing_slot, no table missing_value, no sequence missing_sequence";
    }

    /** Ends a connection, as the database sees it. */
    void kill(JdbcTemplate jdbc) {
        Integer backend = jdbc.queryForObject("select pg_backend_pid()", Integer.class);
        elsewhere(() -> jdbc.queryForObject("select pg_terminate_backend(?)", Boolean.class, backend));
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
            .withBean(DataSource.class, () -> pool, definition -> definition.setDestroyMethodName(""))
            .withUserConfiguration(Carts.class)
            .withPropertyValues(
                    "asyncslot.backend=cluster",
                    "spring.application.name=the carts",
                    "asyncslot.cluster.initialize-schema=always",
                    "asyncslot.cluster.heartbeat-interval=200ms");

    record Note(String reason, int items) {}

    @Configuration(proxyBeanMethods = false)
    static class Carts {

        final BlockingQueue<String> expired = new LinkedBlockingQueue<>();
        final BlockingQueue<Note> notes = new LinkedBlockingQueue<>();

        @TimerSlot(map = "cart", delay = "1h")
        void expired(String cart, SlotFiring firing) {
            expired.add(cart);
        }

        @TimerSlot(map = "noted", delay = "1h")
        void noted(String cart, Note note) {
            notes.add(note);
        }

        @Bean
        TransactionTemplate transactions(DataSource dataSource) {
            return new TransactionTemplate(new JdbcTransactionManager(dataSource));
        }

        @Bean
        Visitor visitor() {
            return new Visitor();
        }
    }

    static class Visitor {
        @StartSlot(map = "cart", key = "#cart", delay = "0s")
        public void visit(String cart) {}

        @StartSlot(map = "cart", key = "#cart")
        public void later(String cart) {}

        @DeleteSlot(map = "cart", key = "#from")
        @StartSlot(map = "cart", key = "#to")
        public void move(String from, String to) {}
    }

    @Test
    void start_committed_fires_andRolledBack_isGone() {
        runner.run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            Carts seen = context.getBean(Carts.class);
            transactions.executeWithoutResult(status -> {
                assertThat(carts.start("rolled back", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
                assertThat(carts.find("rolled back")).as("inside").isPresent();
                status.setRollbackOnly();
            });
            assertThat(carts.find("rolled back")).isEmpty();
            transactions.executeWithoutResult(status -> {
                assertThat(carts.start("committed", Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
                assertThat(elsewhere(() -> carts.find("committed").isPresent()))
                        .as("seen from outside before the commit")
                        .isFalse();
                assertThat(seen.expired).isEmpty();
            });
            assertThat(seen.expired.poll(20, TimeUnit.SECONDS)).isEqualTo("committed");
            assertThat(carts.stats().started())
                    .as("what was rolled back is not counted")
                    .isOne();
        });
    }

    @Test
    void transactionalView_actsWithTheCommit_ofWhicheverDataSource() {
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            TimerSlots<String> carts = registry.timers("cart", String.class);
            TransactionalSlots.Timers<String> view = registry.transactional().timers("cart", String.class);
            assertThat(view.start("kept")).isEqualTo(TransactionalSlots.Effect.AT_ONCE);
            try (HikariDataSource other = database(2)) {
                for (TransactionTemplate transactions : List.of(
                        context.getBean(TransactionTemplate.class),
                        new TransactionTemplate(new JdbcTransactionManager(other)))) {
                    transactions.executeWithoutResult(status -> {
                        assertThat(view.start("no")).isEqualTo(TransactionalSlots.Effect.AT_COMMIT);
                        assertThat(view.delete("kept")).isEqualTo(TransactionalSlots.Effect.AT_COMMIT);
                        status.setRollbackOnly();
                    });
                    assertThat(carts.find("no")).isEmpty();
                    assertThat(carts.find("kept")).isPresent();
                    transactions.executeWithoutResult(status -> {
                        view.start("yes");
                        assertThat(elsewhere(() -> carts.find("yes").isPresent()))
                                .as("seen from outside before the commit")
                                .isFalse();
                    });
                    assertThat(carts.find("yes")).isPresent();
                    carts.delete("yes");
                }
            }
        });
    }

    /** What a callback asked for in its transaction is gone with that: a guard asks once more, and the value is merged then. */
    @Test
    void retry_rolledBack_andAskedForAgain_mergesTheValueOfTheRun() {
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            BlockingQueue<String> handed = new LinkedBlockingQueue<>();
            registry.register(TimerMapSpec.named("merged", String.class)
                    .values(SlotValues.merging(String.class, String::concat))
                    .callback((key, firing) -> {
                        if (!"one ".equals(firing.value())) {
                            handed.add(String.valueOf(firing.value()));
                            return;
                        }
                        registry.timers("merged", String.class, String.class).start(key, Duration.ZERO, "two ");
                        transactions.executeWithoutResult(status -> {
                            firing.retry(Duration.ZERO);
                            status.setRollbackOnly();
                        });
                        firing.retry(Duration.ZERO);
                        firing.retry(Duration.ZERO);
                    })
                    .build());
            registry.timers("merged", String.class, String.class).start("key", Duration.ZERO, "one ");
            assertThat(handed.poll(20, TimeUnit.SECONDS)).isEqualTo("one two ");
        });
    }

    @Test
    void cancelAndDelete_rolledBack_leaveTheSlot() {
        runner.withPropertyValues("asyncslot.cluster.horizon=10s").run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            Carts seen = context.getBean(Carts.class);
            carts.start("kept", SOON);
            transactions.executeWithoutResult(status -> {
                assertThat(carts.cancel("kept")).isEqualTo(CancelOutcome.CANCELLED);
                carts.delete("kept");
                status.setRollbackOnly();
            });
            assertThat(seen.expired.poll(20, TimeUnit.SECONDS)).isEqualTo("kept");
        });
    }

    @Test
    void transactionThatStaysOpen_onASlotThatIsDue_holdsUpThatSlotOnly() {
        runner.withPropertyValues("asyncslot.cluster.horizon=10s").run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            Carts seen = context.getBean(Carts.class);
            carts.start("locked", SOON);
            transactions.executeWithoutResult(status -> {
                assertThat(carts.cancel("locked")).isEqualTo(CancelOutcome.CANCELLED);
                carts.start("locked", Duration.ofMillis(1));
                elsewhere(() -> carts.start("free", SOON.plusMillis(300)));
                try {
                    assertThat(seen.expired.poll(20, TimeUnit.SECONDS)).isEqualTo("free");
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(seen.expired.poll(20, TimeUnit.SECONDS)).isEqualTo("locked");
        });
    }

    @Test
    void trigger_rolledBack_armsNothing() {
        runner.run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            Visitor visitor = context.getBean(Visitor.class);
            transactions.executeWithoutResult(status -> {
                visitor.visit("no");
                status.setRollbackOnly();
            });
            transactions.executeWithoutResult(status -> visitor.visit("yes"));
            assertThat(context.getBean(Carts.class).expired.poll(20, TimeUnit.SECONDS))
                    .isEqualTo("yes");
            assertThat(carts.find("no")).isEmpty();
        });
    }

    /** Its key is checked without asking the database. */
    @Test
    void trigger_sendsNoStatementBesideTheOperations() {
        CountingDataSource counting = new CountingDataSource(pool);
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
                .withBean(DataSource.class, () -> counting)
                .withUserConfiguration(Carts.class)
                .withPropertyValues(
                        "asyncslot.backend=cluster",
                        "spring.application.name=counted",
                        "asyncslot.cluster.initialize-schema=always")
                .run(context -> {
                    TimerSlots<String> carts =
                            context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
                    TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
                    Visitor visitor = context.getBean(Visitor.class);
                    Runnable operation = () -> carts.start("operation", Duration.ofHours(1));
                    Runnable trigger = () -> visitor.later("trigger");
                    Runnable two = () -> visitor.move("trigger", "trigger too");
                    List<String> ofOne = counting.statements(operation);
                    assertThat(ofOne).isNotEmpty();
                    assertThat(counting.statements(trigger)).as("alone").isEqualTo(ofOne);
                    assertThat(counting.statements(() -> transactions.executeWithoutResult(status -> trigger.run())))
                            .as("in a transaction")
                            .isEqualTo(counting.statements(
                                    () -> transactions.executeWithoutResult(status -> operation.run())));
                    assertThat(counting.statements(two))
                            .as("two, of which both or none act")
                            .isEqualTo(counting.statements(() -> {
                                carts.delete("operation");
                                carts.start("operation too", Duration.ofHours(1));
                            }));
                });
    }

    @Test
    void transactionOfAnotherDataSource_isNotJoined() {
        runner.run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            Visitor visitor = context.getBean(Visitor.class);
            try (HikariDataSource other = database(2)) {
                TransactionTemplate elsewhere = new TransactionTemplate(new JdbcTransactionManager(other));
                elsewhere.executeWithoutResult(status -> {
                    assertThat(carts.joinsTransactions()).isFalse();
                    visitor.visit("rolled back elsewhere");
                    status.setRollbackOnly();
                });
                elsewhere.executeWithoutResult(status -> visitor.visit("committed elsewhere"));
            }
            assertThat(carts.joinsTransactions()).isTrue();
            Carts seen = context.getBean(Carts.class);
            assertThat(seen.expired.poll(20, TimeUnit.SECONDS)).isEqualTo("committed elsewhere");
            assertThat(carts.find("rolled back elsewhere")).isEmpty();
            TransactionTemplate own = context.getBean(TransactionTemplate.class);
            own.executeWithoutResult(
                    status -> assertThat(carts.joinsTransactions()).isTrue());
        });
    }

    /** It belongs to the transaction, which is over: it is neither kept nor in doubt. */
    @Test
    void startInATransactionThatHasLostItsConnection_throws_andIsNotKept() {
        runner.withPropertyValues("asyncslot.cluster.when-away=keep").run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            JdbcTemplate jdbc = new JdbcTemplate(pool);
            assertThatThrownBy(() -> transactions.executeWithoutResult(status -> {
                        kill(jdbc);
                        assertThatThrownBy(() -> carts.start("lost", Duration.ZERO))
                                .isInstanceOf(BackendUnavailableException.class);
                        assertThatThrownBy(() -> carts.start("lost too", Duration.ZERO))
                                .isInstanceOf(BackendUnavailableException.class);
                    }))
                    .isInstanceOf(RuntimeException.class);
            Thread.sleep(1_500);
            assertThat(carts.stats().fallbacks()).as("starts that were kept").isZero();
            assertThat(carts.find("lost")).isEmpty();
            assertThat(carts.find("lost too")).isEmpty();
            assertThat(context.getBean(Carts.class).expired).isEmpty();
        });
    }

    @Test
    void value_asJson_reachesTheCallback_andOneTooLongIsRejected() {
        runner.withPropertyValues("asyncslot.cluster.max-value-bytes=64").run(context -> {
            ValueTimerSlots<String, Note> carts =
                    context.getBean(AsyncSlotRegistry.class).timers("noted", String.class, Note.class);
            carts.start("with", Duration.ofHours(1), new Note("left", 3));
            assertThat(carts.find("with").orElseThrow().value()).isEqualTo(new Note("left", 3));
            carts.touch("with", Duration.ofMillis(300));
            assertThat(context.getBean(Carts.class).notes.poll(20, TimeUnit.SECONDS))
                    .isEqualTo(new Note("left", 3));
            assertThat(carts.start("big", Duration.ZERO, new Note("x".repeat(64), 1)))
                    .isEqualTo(StartOutcome.REJECTED);
            assertThat(carts.find("big")).isEmpty();
            assertThat(carts.stats().rejected()).isOne();
        });
    }

    @Test
    void report_isShown_andTablesAreThere() {
        runner.run(context -> {
            BackendReport report = context.getBean(AsyncSlotRegistry.class).backends().stream()
                    .filter(each -> each.name().equals("cluster"))
                    .findFirst()
                    .orElseThrow();
            assertThat(report.available()).isTrue();
            assertThat(report.details()).containsEntry("namespace", "the-carts").containsEntry("database", "CLOSED");
        });
    }

    @Test
    void noMapOnTheBackend_databaseIsNotTouched() {
        runner.withPropertyValues("asyncslot.backend=jvm", "asyncslot.cluster.table-prefix=untouched_")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    try (var connection = pool.getConnection();
                            var tables = connection.getMetaData().getTables(null, null, "untouched_%", null)) {
                        assertThat(tables.next()).isFalse();
                    }
                });
    }

    @Test
    void tablesMissing_validate_failsWithTheRemedy() {
        runner.withPropertyValues(
                        "asyncslot.cluster.initialize-schema=never", "asyncslot.cluster.table-prefix=missing_")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining(BackendUnavailableException.class.getName())
                        .hasStackTraceContaining(missing()));
    }

    @Test
    void propertyOutOfRange_failsNamingValueAndRule() {
        runner.withPropertyValues("asyncslot.cluster.sweep-interval=5s")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("'sweepInterval' is PT5S: it must be PT0.01S to PT1S"));
    }

    private static <T> T elsewhere(java.util.concurrent.Callable<T> action) {
        try {
            java.util.concurrent.FutureTask<T> task = new java.util.concurrent.FutureTask<>(action);
            new Thread(task).start();
            return task.get(20, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
