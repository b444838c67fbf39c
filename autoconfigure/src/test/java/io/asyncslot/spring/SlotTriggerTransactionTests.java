package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotSchedule;
import io.asyncslot.TimerSlots;
import io.asyncslot.TransactionalSlots;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.ObjectProvider;
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
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
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
    void triggerInsideAnotherAfterCommit_acts() {
        run((f, orders) -> {
            f.transactions.executeWithoutResult(status -> {
                afterCommit(() -> orders.remind("o1"));
                afterCompletion(() -> orders.remind("o2"));
            });
            assertThat(f.slots.find("o1")).as("in afterCommit").isPresent();
            assertThat(f.slots.find("o2")).as("in afterCompletion").isPresent();
        });
    }

    @Test
    void anotherAfterCommitThatThrows_doesNotKeepTheTriggerFromActing() {
        run((f, orders) -> {
            assertThatIllegalStateException()
                    .isThrownBy(() -> f.transactions.executeWithoutResult(status -> {
                        afterCommit(() -> {
                            throw new IllegalStateException("a listener fails");
                        });
                        orders.place("o1");
                    }));
            assertThat(f.rows()).isEqualTo(1);
            assertThat(f.slots.find("o1")).isPresent();
        });
    }

    @Test
    void savepointRolledBack_takesItsTriggersWithIt_andNoOthers() {
        run((f, orders) -> {
            orders.place("o0");
            f.transactions.executeWithoutResult(status -> {
                orders.place("o1");
                assertThatIllegalStateException().isThrownBy(() -> orders.placeNestedAndFail("o2"));
                assertThatIllegalStateException().isThrownBy(() -> orders.payNestedAndFail("o0"));
                orders.placeNested("o3");
                orders.place("o4");
            });
            assertThat(f.slots.find("o1")).as("before the savepoint").isPresent();
            assertThat(f.slots.find("o2"))
                    .as("in the savepoint that was rolled back")
                    .isEmpty();
            assertThat(f.slots.find("o0")).as("its deletion was rolled back").isPresent();
            assertThat(f.slots.find("o3"))
                    .as("in a savepoint that was released")
                    .isPresent();
            assertThat(f.slots.find("o4")).as("after the savepoints").isPresent();
        });
    }

    @Test
    void savepointByHand_rolledBack_takesItsTriggersWithIt() {
        run((f, orders) -> {
            f.transactions.executeWithoutResult(status -> {
                orders.place("o1");
                Object savepoint = status.createSavepoint();
                orders.place("o2");
                status.rollbackToSavepoint(savepoint);
                orders.place("o3");
            });
            assertThat(f.slots.find("o1")).isPresent();
            assertThat(f.slots.find("o2")).isEmpty();
            assertThat(f.slots.find("o3")).isPresent();
        });
    }

    @Test
    void futureOfATransaction_actsWhenBothHaveSucceeded() {
        run((f, orders) -> {
            CompletableFuture<String> early = new CompletableFuture<>();
            CompletableFuture<String> late = new CompletableFuture<>();
            CompletableFuture<String> lost = new CompletableFuture<>();
            f.transactions.executeWithoutResult(status -> {
                orders.placeLater(early);
                orders.placeLater(late);
                Thread other = new Thread(() -> early.complete("early"));
                other.start();
                try {
                    other.join();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                assertThat(f.slots.find("early")).as("before the commit").isEmpty();
            });
            assertThat(f.slots.find("early")).as("after the commit").isPresent();
            late.complete("late");
            assertThat(f.slots.find("late")).isPresent();
            f.transactions.executeWithoutResult(status -> {
                orders.placeLater(lost);
                status.setRollbackOnly();
            });
            lost.complete("lost");
            assertThat(f.slots.find("lost")).as("rolled back").isEmpty();
        });
    }

    @Test
    void transactionalView_actsWithTheCommit() {
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            TimerSlots<String> slots = registry.timers("unpaid", String.class);
            TransactionalSlots.Timers<String> view = registry.transactional().timers("unpaid", String.class);
            TransactionTemplate transactions =
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            assertThat(view.start("o1")).isEqualTo(TransactionalSlots.Effect.AT_ONCE);
            assertThat(slots.find("o1")).isPresent();
            transactions.executeWithoutResult(status -> {
                assertThat(view.start("o2", Duration.ofHours(1))).isEqualTo(TransactionalSlots.Effect.AT_COMMIT);
                assertThat(view.delete("o1")).isEqualTo(TransactionalSlots.Effect.AT_COMMIT);
                assertThat(slots.find("o2")).isEmpty();
                assertThat(slots.find("o1")).isPresent();
            });
            assertThat(slots.find("o2")).isPresent();
            assertThat(slots.find("o1")).isEmpty();
            transactions.executeWithoutResult(status -> {
                view.start("o3");
                view.delete("o2");
                assertThatIllegalArgumentException().isThrownBy(() -> view.start("o4", Duration.ofSeconds(-1)));
                assertThatIllegalArgumentException().isThrownBy(() -> view.start("x".repeat(600)));
                status.setRollbackOnly();
            });
            assertThat(slots.find("o3")).isEmpty();
            assertThat(slots.find("o2")).isPresent();
        });
    }

    /** A schedule for a key, in each of the ways a transaction can end. */
    @Test
    void transactionalView_startsAScheduleForAKeyWithTheCommit() {
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            TimerSlots<String> slots = registry.timers("report", String.class);
            TransactionalSlots.Timers<String> view = registry.transactional().timers("report", String.class);
            TransactionTemplate transactions =
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            SlotSchedule hourly = SlotSchedule.every(Duration.ofHours(1));
            SlotSchedule daily = SlotSchedule.every(Duration.ofDays(1));

            assertThat(view.start("none", hourly)).isEqualTo(TransactionalSlots.Effect.AT_ONCE);
            assertThat(scheduleOf(slots, "none")).isEqualTo(hourly);
            transactions.executeWithoutResult(status -> {
                assertThat(view.start("none", daily)).isEqualTo(TransactionalSlots.Effect.AT_COMMIT);
                assertThat(view.start("kept", hourly)).isEqualTo(TransactionalSlots.Effect.AT_COMMIT);
                Object savepoint = status.createSavepoint();
                view.start("kept", daily);
                view.start("back", hourly);
                status.rollbackToSavepoint(savepoint);
                view.start("later", daily);
                assertThat(scheduleOf(slots, "none")).as("before the commit").isEqualTo(hourly);
                assertThat(slots.find("kept")).isEmpty();
            });
            assertThat(scheduleOf(slots, "none")).isEqualTo(daily);
            assertThat(scheduleOf(slots, "kept")).isEqualTo(hourly);
            assertThat(slots.find("back")).isEmpty();
            assertThat(scheduleOf(slots, "later")).isEqualTo(daily);

            transactions.executeWithoutResult(status -> {
                view.start("kept", daily);
                view.start("lost", daily);
                status.setRollbackOnly();
            });
            assertThat(scheduleOf(slots, "kept")).isEqualTo(hourly);
            assertThat(slots.find("lost")).isEmpty();
        });
    }

    /** What can be known before the commit is told before the commit; the rest is logged. */
    @Test
    void transactionalView_refusesAScheduleWhileTheCallerHears() {
        try (LoggedMessages logged = new LoggedMessages(TransactionalSlots.class.getName())) {
            runner.run(context -> {
                AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                TransactionalSlots.Timers<String> view =
                        registry.transactional().timers("report", String.class);
                TransactionalSlots.Timers<String> plain =
                        registry.transactional().timers("unpaid", String.class);
                SlotSchedule ended = after -> null;
                new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
                        .executeWithoutResult(status -> {
                            assertThatIllegalArgumentException()
                                    .isThrownBy(() -> view.start("key", (SlotSchedule) null))
                                    .withMessage("'schedule' must not be null");
                            assertThatIllegalStateException()
                                    .isThrownBy(() -> plain.start("key", ended))
                                    .withMessage(
                                            "map 'unpaid' takes no schedule for a key: set 'keySchedules' where the map is"
                                                    + " described");
                            view.start("key", ended);
                        });
                assertThat(registry.timers("report", String.class).find("key")).isEmpty();
                assertThatIllegalStateException().isThrownBy(() -> view.start("key", ended));
            });
            assertThat(logged.messages())
                    .containsExactly("the transaction is committed, but what was to follow on map 'report' failed");
        }
    }

    private static @Nullable SlotSchedule scheduleOf(TimerSlots<String> slots, String key) {
        return slots.find(key).orElseThrow().schedule();
    }

    private static void afterCommit(Runnable action) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                action.run();
            }
        });
    }

    private static void afterCompletion(Runnable action) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCompletion(int status) {
                action.run();
            }
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
            orders.armBrittle(new Brittle("o1"));
            assertThat(f.rows()).isEqualTo(1);
        });
        assertThat(output)
                .contains("The transaction is committed, but a trigger of it failed.")
                .contains("@StartSlot of map 'brittle'")
                .contains("Orders.armBrittle")
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

    /** A key that can be no key any more from some moment on. */
    static final class Brittle {

        private final String id;
        private boolean broken;

        Brittle(String id) {
            this.id = id;
        }

        void breakDown() {
            broken = true;
        }

        @Override
        public int hashCode() {
            if (broken) {
                throw new IllegalStateException("detached");
            }
            return id.hashCode();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Brittle brittle && brittle.id.equals(id);
        }

        @Override
        public String toString() {
            return id;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Callbacks {

        @TimerSlot(map = "unpaid", delay = "15m")
        void cancelOrder(String id) {}

        @TimerSlot(map = "report", keySchedules = true)
        void report(String id) {}

        @TimerSlot(map = "brittle", delay = "15m")
        void never(Brittle id) {}
    }

    @Component
    static class Orders {

        private final JdbcTemplate database;

        private final ObjectProvider<Orders> self;

        Orders(JdbcTemplate database, ObjectProvider<Orders> self) {
            this.self = self;
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

        @Transactional(propagation = Propagation.NESTED)
        @StartSlot(map = "unpaid", key = "#id")
        public void placeNested(String id) {
            database.update("insert into orders values (?)", id);
        }

        @Transactional(propagation = Propagation.NESTED)
        public void placeNestedAndFail(String id) {
            self.getObject().place(id);
            throw new IllegalStateException("out of stock");
        }

        @Transactional(propagation = Propagation.NESTED)
        public void payNestedAndFail(String id) {
            self.getObject().pay(id);
            throw new IllegalStateException("no money");
        }

        @StartSlot(map = "unpaid", key = "#result")
        public CompletableFuture<String> placeLater(CompletableFuture<String> work) {
            return work;
        }

        @StartSlot(map = "unpaid", key = "#id")
        public void remind(String id) {}

        @Transactional
        @StartSlot(map = "brittle", key = "#id")
        public void armBrittle(Brittle id) {
            database.update("insert into orders values (?)", id.toString());
            afterCommit(id::breakDown);
        }
    }
}
