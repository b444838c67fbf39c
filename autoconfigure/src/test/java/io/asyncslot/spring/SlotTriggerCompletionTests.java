package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import kotlin.Metadata;
import kotlin.coroutines.Continuation;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.reactive.AbstractReactiveTransactionManager;
import org.springframework.transaction.reactive.GenericReactiveTransaction;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Triggers of methods whose work completes later: they act when it has succeeded, for each subscription. */
class SlotTriggerCompletionTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class))
            .withUserConfiguration(Transactions.class, Callbacks.class, Orders.class);

    private void run(BiConsumer<Orders, TimerSlots<String>> test) {
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            test.accept(
                    context.getBean(Orders.class),
                    context.getBean(AsyncSlotRegistry.class).timers("unpaid", String.class));
        });
    }

    @Test
    void future_thatCompletes_actsThenAndNotBefore() {
        run((orders, slots) -> {
            CompletableFuture<String> work = new CompletableFuture<>();
            CompletableFuture<String> answer = orders.future(work);
            assertThat(slots.find("o1")).as("handed out").isEmpty();
            work.complete("o1");
            assertThat(answer.join()).isEqualTo("o1");
            assertThat(slots.find("o1")).as("completed").isPresent();
        });
    }

    @Test
    void future_thatIsComplete_actsAtOnce() {
        run((orders, slots) -> {
            orders.future(CompletableFuture.completedFuture("o1"));
            assertThat(slots.find("o1")).isPresent();
        });
    }

    @Test
    void future_thatFails_actsNever() {
        run((orders, slots) -> {
            CompletableFuture<String> work = new CompletableFuture<>();
            CompletableFuture<String> answer = orders.future(work);
            work.completeExceptionally(new IllegalStateException("no stock"));
            assertThatExceptionOfType(CompletionException.class).isThrownBy(answer::join);
            orders.future(CompletableFuture.failedFuture(new IllegalStateException("no stock")));
            assertThat(slots.stats().slots()).isZero();
        });
    }

    @Test
    void future_cancelledByTheCaller_cancelsTheWork() {
        run((orders, slots) -> {
            CompletableFuture<String> work = new CompletableFuture<>();
            orders.future(work).cancel(true);
            assertThat(work).isCancelled();
            assertThat(slots.stats().slots()).isZero();
        });
    }

    @Test
    void stage_withAKeyThatIsNone_failsWhatWasHandedOut() {
        run((orders, slots) -> {
            CompletableFuture<String> work = new CompletableFuture<>();
            CompletionStage<String> answer = orders.stage(work);
            work.complete(null);
            assertThat(answer.toCompletableFuture())
                    .isCompletedExceptionally()
                    .failsWithin(java.time.Duration.ZERO)
                    .withThrowableThat()
                    .withMessageContaining("yields null");
        });
    }

    @Test
    void mono_actsForEachSubscription() {
        run((orders, slots) -> {
            Mono<String> answer = orders.mono(Mono.just("o1"));
            assertThat(slots.find("o1")).as("nobody subscribed").isEmpty();
            assertThat(answer.block()).isEqualTo("o1");
            assertThat(slots.find("o1")).isPresent();
            long first = slots.find("o1").orElseThrow().generation();
            answer.block();
            assertThat(slots.find("o1").orElseThrow().generation()).isGreaterThan(first);
        });
    }

    @Test
    void mono_thatFailsOrIsCancelled_actsNever() {
        run((orders, slots) -> {
            Mono<String> failing = orders.mono(Mono.error(new IllegalStateException("no stock")));
            assertThatIllegalStateException().isThrownBy(failing::block);
            orders.mono(Mono.never()).subscribe().dispose();
            assertThat(slots.stats().slots()).isZero();
        });
    }

    @Test
    void mono_thatIsEmpty_actsWithoutAResult() {
        run((orders, slots) -> {
            orders.nothing(Mono.empty(), "o1").block();
            assertThat(slots.find("o1")).isPresent();
        });
    }

    @Test
    void flux_actsWhenAllOfItIsThere() {
        run((orders, slots) -> {
            Sinks.Many<String> work = Sinks.many().unicast().onBackpressureBuffer();
            List<String> seen = new java.util.ArrayList<>();
            orders.flux(work.asFlux()).subscribe(seen::add);
            work.tryEmitNext("o1");
            work.tryEmitNext("o2");
            assertThat(seen).containsExactly("o1", "o2");
            assertThat(slots.stats().slots()).as("before its end").isZero();
            work.tryEmitComplete();
            assertThat(slots.find("o1,o2")).isPresent();
        });
    }

    @Test
    void reactiveTransaction_committed_actsAfterwards() {
        run((orders, slots) -> {
            List<Boolean> armedInside = new java.util.ArrayList<>();
            orders.outer(orders.inTransaction("o1")
                            .doOnNext(done -> armedInside.add(slots.find("o1").isPresent())))
                    .block();
            assertThat(armedInside).containsExactly(false);
            assertThat(slots.find("o1")).isPresent();
        });
    }

    @Test
    void reactiveTransaction_rolledBack_actsNever() {
        run((orders, slots) -> {
            Mono<String> failing = orders.outer(
                    orders.inTransaction("o1").flatMap(done -> Mono.error(new IllegalStateException("rolled back"))));
            assertThatIllegalStateException().isThrownBy(failing::block);
            assertThat(slots.stats().slots()).isZero();
        });
    }

    @Test
    void reactiveTransaction_triggerInItsOwnMethod_actsAfterItsCommit() {
        run((orders, slots) -> {
            orders.inTransaction("o1").block();
            assertThat(slots.find("o1")).isPresent();
        });
    }

    @Test
    void suspendFunction_isReadWithItsOwnParameters() throws Exception {
        SlotTriggerReader reader = new SlotTriggerReader(text -> text);
        var method = Suspending.class.getMethod("place", String.class, Continuation.class);
        if (org.springframework.core.KotlinDetector.isKotlinReflectPresent()) {
            assertThat(reader.read(method, Suspending.class)).hasSize(1);
        } else {
            assertThatExceptionOfType(SlotConfigurationException.class)
                    .isThrownBy(() -> reader.read(method, Suspending.class))
                    .withMessageContaining("suspend function");
        }
    }

    @Test
    void suspendFunction_isNoCallback() throws Exception {
        var method = Suspending.class.getMethod("place", String.class, Continuation.class);
        assertThatExceptionOfType(SlotConfigurationException.class)
                .isThrownBy(() -> SlotCallbackMethod.of(method, Suspending.class, Object.class, "@TimerSlot here"))
                .withMessageContaining("@TimerSlot here is a suspend function")
                .satisfies(failure -> assertThat(failure.remedy()).contains("runBlocking"));
    }

    @Test
    void callOfASuspendFunction_hasItsArguments_withoutTheContinuation() throws Exception {
        var method = Suspending.class.getMethod("place", String.class, Continuation.class);
        SlotTriggerCall call =
                new SlotTriggerCall(method, new Object[] {"o1", "continuation"}, new Suspending(), Suspending.class);
        assertThat(call.getArgs()).containsExactly("o1");
        assertThat(new MethodBasedEvaluationContext(call, method, call.passed(), new DefaultParameterNameDiscoverer())
                        .lookupVariable("a0"))
                .isEqualTo("o1");
    }

    /** What Kotlin makes of {@code suspend fun place(id: String): String}. */
    @Metadata
    static class Suspending {

        @StartSlot(map = "unpaid", key = "#a0")
        public @Nullable Object place(String id, Continuation<? super String> continuation) {
            return id;
        }
    }

    @Component
    static class Callbacks {
        @TimerSlot(map = "unpaid", delay = "1h")
        void unpaid(String id) {}
    }

    @Component
    static class Orders {

        @StartSlot(map = "unpaid", key = "#result")
        public CompletableFuture<String> future(CompletableFuture<String> work) {
            return work;
        }

        @StartSlot(map = "unpaid", key = "#result")
        public CompletionStage<String> stage(CompletionStage<String> work) {
            return work;
        }

        @StartSlot(map = "unpaid", key = "#result")
        public Mono<String> mono(Mono<String> work) {
            return work;
        }

        @StartSlot(map = "unpaid", key = "#id", condition = "#result == null")
        public Mono<Void> nothing(Mono<Void> work, String id) {
            return work;
        }

        @StartSlot(map = "unpaid", key = "T(String).join(',', #result)")
        public Flux<String> flux(Flux<String> work) {
            return work;
        }

        @Transactional
        @StartSlot(map = "unpaid", key = "#result")
        public Mono<String> inTransaction(String id) {
            return Mono.just(id);
        }

        @Transactional(propagation = Propagation.REQUIRED)
        public Mono<String> outer(Mono<String> inner) {
            return inner;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Transactions {

        @Bean
        NoDatabase transactionManager() {
            return new NoDatabase();
        }
    }

    /** Transactions of nothing: all that synchronizations need. */
    @SuppressWarnings("serial")
    static class NoDatabase extends AbstractReactiveTransactionManager {

        @Override
        protected Object doGetTransaction(TransactionSynchronizationManager manager) {
            return manager.hasResource(this) ? "existing" : "new";
        }

        @Override
        protected boolean isExistingTransaction(Object transaction) {
            return transaction.equals("existing");
        }

        @Override
        protected Mono<Void> doBegin(
                TransactionSynchronizationManager manager, Object transaction, TransactionDefinition definition) {
            return Mono.fromRunnable(() -> manager.bindResource(this, "bound"));
        }

        @Override
        protected Mono<Void> doCommit(TransactionSynchronizationManager manager, GenericReactiveTransaction status) {
            return Mono.empty();
        }

        @Override
        protected Mono<Void> doRollback(TransactionSynchronizationManager manager, GenericReactiveTransaction status) {
            return Mono.empty();
        }

        @Override
        protected Mono<Void> doSetRollbackOnly(
                TransactionSynchronizationManager manager, GenericReactiveTransaction status) {
            return Mono.empty();
        }

        @Override
        protected Mono<Void> doCleanupAfterCompletion(TransactionSynchronizationManager manager, Object transaction) {
            return Mono.fromRunnable(() -> manager.unbindResource(this));
        }
    }
}
