package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.ClusterFiring;
import io.asyncslot.cluster.ClusterTimerSlots;
import io.asyncslot.cluster.TestDatabase;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The backend in a Spring Boot application, and what becomes of operations in its transactions. */
class ClusterTransactionTests {

    private static HikariDataSource pool;

    @BeforeAll
    static void start() {
        pool = TestDatabase.emptyPool(20);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
            .withBean(DataSource.class, () -> pool, definition -> definition.setDestroyMethodName(""))
            .withUserConfiguration(Carts.class)
            .withPropertyValues(
                    "asyncslot.backend=cluster",
                    "spring.application.name=the carts",
                    "asyncslot.cluster.heartbeat-interval=200ms");

    record Note(String reason, int items) {}

    @Configuration(proxyBeanMethods = false)
    static class Carts {

        final BlockingQueue<String> expired = new LinkedBlockingQueue<>();
        final BlockingQueue<Optional<Note>> notes = new LinkedBlockingQueue<>();

        @TimerSlot(map = "cart", delay = "1h")
        void expired(String cart, SlotFiring firing) {
            notes.add(ClusterFiring.of(firing).payload(Note.class));
            expired.add(cart);
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
    void cancelAndDelete_rolledBack_leaveTheSlot() {
        runner.run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            Carts seen = context.getBean(Carts.class);
            carts.start("kept", Duration.ofMillis(400));
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
        runner.run(context -> {
            TimerSlots<String> carts = context.getBean(AsyncSlotRegistry.class).timers("cart", String.class);
            TransactionTemplate transactions = context.getBean(TransactionTemplate.class);
            Carts seen = context.getBean(Carts.class);
            carts.start("locked", Duration.ofMillis(200));
            transactions.executeWithoutResult(status -> {
                carts.cancel("locked");
                carts.start("locked", Duration.ofMillis(1));
                elsewhere(() -> carts.start("free", Duration.ofMillis(300)));
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

    @Test
    void payload_asJson_reachesTheCallback_andTooLargeIsRefused() {
        runner.withPropertyValues("asyncslot.cluster.max-payload=64").run(context -> {
            ClusterTimerSlots<String> carts =
                    ClusterTimerSlots.of(context.getBean(AsyncSlotRegistry.class), "cart", String.class);
            carts.start("with", Duration.ofMillis(100), new Note("left", 3));
            assertThat(carts.payload("with", Note.class)).contains(new Note("left", 3));
            assertThat(context.getBean(Carts.class).notes.poll(20, TimeUnit.SECONDS))
                    .contains(new Note("left", 3));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> carts.start("big", Duration.ZERO, new byte[65]))
                    .withMessageContaining("at most 64 bytes long but has 65");
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
        runner.withPropertyValues("asyncslot.cluster.schema-mode=validate", "asyncslot.cluster.table-prefix=missing_")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining(BackendUnavailableException.class.getName())
                        .hasStackTraceContaining("relation \"missing_slot\" does not exist"));
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
