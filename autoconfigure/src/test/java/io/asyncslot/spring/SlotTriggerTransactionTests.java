package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.interceptor.TransactionAspectSupport;
import org.springframework.transaction.support.TransactionTemplate;

/** Triggers in transactions of a real database: after commit, and not at all on rollback. */
@ExtendWith(OutputCaptureExtension.class)
class SlotTriggerTransactionTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AopAutoConfiguration.class,
                    DataSourceAutoConfiguration.class,
                    DataSourceTransactionManagerAutoConfiguration.class,
                    TransactionAutoConfiguration.class,
                    JdbcTemplateAutoConfiguration.class))
            .withPropertyValues("spring.datasource.generate-unique-name=true")
            .withUserConfiguration(Callbacks.class, Orders.class);

    private record Fixture(
            Orders orders, TimerSlots<String> slots, TransactionTemplate transactions, JdbcTemplate database) {

        int rows() {
            return database.queryForList("select id from orders").size();
        }
    }

    private void run(BiConsumer<Fixture, Orders> test) {
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            JdbcTemplate database = context.getBean(JdbcTemplate.class);
            database.execute("create table orders (id varchar(100))");
            Fixture fixture = new Fixture(
                    context.getBean(Orders.class),
                    context.getBean(AsyncSlotRegistry.class).timers("unpaid", String.class),
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class)),
                    database);
            test.accept(fixture, fixture.orders());
        });
    }

    @Test
    void commit_ofTheMethodsOwnTransaction_arms() {
        run((f, orders) -> {
            orders.place("o1");
            assertThat(f.slots.find("o1")).isPresent();
            assertThat(f.rows()).isEqualTo(1);
        });
    }

    @Test
    void commit_ofAnOuterTransaction_armsThenAndNotBefore() {
        run((f, orders) -> {
            f.transactions.executeWithoutResult(status -> {
                orders.place("o1");
                assertThat(f.slots.find("o1")).as("before commit").isEmpty();
            });
            assertThat(f.slots.find("o1")).as("after commit").isPresent();
        });
    }

    @Test
    void rollback_byException_armsNothing() {
        run((f, orders) -> {
            assertThatIllegalStateException().isThrownBy(() -> orders.placeAndFail("o1"));
            assertThat(f.slots.find("o1")).isEmpty();
            assertThat(f.rows()).isZero();
        });
    }

    @Test
    void rollback_ofAMethodThatReturnsNormally_armsNothing() {
        run((f, orders) -> {
            orders.placeAndRollBack("o1");
            assertThat(f.slots.find("o1")).isEmpty();
            assertThat(f.rows()).isZero();
        });
    }

    @Test
    void rollback_ofAnOuterTransaction_keepsWhatWasArmed() {
        run((f, orders) -> {
            orders.place("o1");
            f.transactions.executeWithoutResult(status -> {
                orders.pay("o1");
                status.setRollbackOnly();
            });
            assertThat(f.slots.find("o1")).as("the deletion was rolled back").isPresent();
            orders.pay("o1");
            assertThat(f.slots.find("o1")).isEmpty();
        });
    }

    @Test
    void innerTransaction_commitsByItself() {
        run((f, orders) -> {
            f.transactions.executeWithoutResult(status -> {
                orders.placeApart("o1");
                assertThat(f.slots.find("o1")).as("inner commit").isPresent();
                status.setRollbackOnly();
            });
            assertThat(f.slots.find("o1")).isPresent();
        });
    }

    @Test
    void outsideOfTransactions_armsAtOnce() {
        run((f, orders) -> {
            orders.remind("o1");
            assertThat(f.slots.find("o1")).isPresent();
        });
    }

    @Test
    void badKey_rollsTheTransactionBack() {
        run((f, orders) -> {
            assertThatExceptionOfType(SlotTriggerException.class)
                    .isThrownBy(() -> orders.place(null))
                    .withMessageContaining("yields null");
            assertThatExceptionOfType(SlotTriggerException.class)
                    .isThrownBy(() -> orders.place("x".repeat(99) + "y".repeat(500)))
                    .withMessageContaining("at most 512 characters");
            assertThat(f.rows()).isZero();
            assertThat(f.slots.stats().started()).isZero();
        });
    }

    @Test
    void failureAfterCommit_isLoggedWithAllThatIsKnown(CapturedOutput output) {
        run((f, orders) -> {
            orders.armWithoutDelay("o1");
            assertThat(f.rows()).isEqualTo(1);
        });
        assertThat(output)
                .contains("The transaction is committed, but a trigger of it failed.")
                .contains("@StartSlot of map 'nodelay'")
                .contains("Orders.armWithoutDelay")
                .contains("with the value 'o1'");
    }

    @Test
    void closedMapAfterCommit_isLogged(CapturedOutput output) {
        run((f, orders) -> f.transactions.executeWithoutResult(status -> {
            orders.place("o1");
            try {
                f.slots.close(Duration.ofSeconds(1));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }));
        assertThat(output).contains("did not arm the slot of key 'o1': CLOSED");
    }

    @Configuration(proxyBeanMethods = false)
    static class Callbacks {

        @TimerSlot(map = "unpaid", delay = "15m")
        void cancelOrder(String id) {}

        @TimerSlot(map = "nodelay")
        void never(String id) {}
    }

    @Component
    static class Orders {

        private final JdbcTemplate database;

        Orders(JdbcTemplate database) {
            this.database = database;
        }

        @Transactional
        @StartSlot(map = "unpaid", key = "#id")
        public void place(@Nullable String id) {
            database.update(
                    "insert into orders values (?)", id == null ? "none" : id.substring(0, Math.min(99, id.length())));
        }

        @Transactional
        @StartSlot(map = "unpaid", key = "#id")
        public void placeAndFail(String id) {
            database.update("insert into orders values (?)", id);
            throw new IllegalStateException("out of stock");
        }

        @Transactional
        @StartSlot(map = "unpaid", key = "#id")
        public void placeAndRollBack(String id) {
            database.update("insert into orders values (?)", id);
            TransactionAspectSupport.currentTransactionStatus().setRollbackOnly();
        }

        @Transactional
        @DeleteSlot(map = "unpaid", key = "#id")
        public void pay(String id) {
            database.update("delete from orders where id = ?", id);
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        @StartSlot(map = "unpaid", key = "#id")
        public void placeApart(String id) {
            database.update("insert into orders values (?)", id);
        }

        @StartSlot(map = "unpaid", key = "#id")
        public void remind(String id) {}

        @Transactional
        @StartSlot(map = "nodelay", key = "#id")
        public void armWithoutDelay(String id) {
            database.update("insert into orders values (?)", id);
        }
    }
}
