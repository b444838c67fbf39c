package io.asyncslot.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ReactiveAdapter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.transaction.NoTransactionException;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Performs what a call triggers each time somebody has subscribed to what it returned and that has completed; in a reactive
 * transaction when that has been committed. Used only where Reactor is on the class path. Thread-safe.
 *
 * <p>What was produced is the value of a {@code Mono}, or null if it was empty; of a publisher of many values, the list of
 * them, which is collected only where an expression names it.
 */
final class SlotTriggerPublishers {

    private final SlotTriggerTiming timing;
    private final boolean transactions;

    SlotTriggerPublishers(SlotTriggerTiming timing, boolean transactions) {
        this.timing = timing;
        this.transactions = transactions;
    }

    /** Whether no object of a class is a publisher, as far as adapters are registered. */
    static boolean isPlain(Class<?> type) {
        return type != Optional.class
                && ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) == null;
    }

    /** What the caller gets in place of a publisher; null if it is none. */
    @Nullable
    Object follow(Object result, boolean collect, Function<@Nullable Object, List<SlotAction>> evaluation) {
        ReactiveAdapter adapter = ReactiveAdapterRegistry.getSharedInstance().getAdapter(null, result);
        if (adapter == null) {
            return null;
        }
        Publisher<Object> source = adapter.toPublisher(result);
        Publisher<Object> followed = adapter.isMultiValue()
                ? many(Flux.from(source), collect, evaluation)
                : one(Mono.from(source), evaluation);
        return adapter.fromPublisher(followed);
    }

    private Mono<Object> one(Mono<Object> source, Function<@Nullable Object, List<SlotAction>> evaluation) {
        return source.map(Optional::of)
                .defaultIfEmpty(Optional.empty())
                .flatMap(produced -> act(produced.orElse(null), evaluation).then(Mono.justOrEmpty(produced)));
    }

    private Flux<Object> many(
            Flux<Object> source, boolean collect, Function<@Nullable Object, List<SlotAction>> evaluation) {
        if (!collect) {
            return source.concatWith(act(null, evaluation).then(Mono.empty()));
        }
        return Flux.defer(() -> {
            List<Object> produced = new ArrayList<>();
            return source.doOnNext(produced::add)
                    .concatWith(Mono.defer(() -> act(List.copyOf(produced), evaluation))
                            .then(Mono.empty()));
        });
    }

    private Mono<Void> act(@Nullable Object produced, Function<@Nullable Object, List<SlotAction>> evaluation) {
        return Mono.defer(() -> {
            List<SlotAction> actions = evaluation.apply(produced);
            if (actions.isEmpty()) {
                return Mono.empty();
            }
            return transactions
                    ? Transactions.perform(actions, timing)
                    : Mono.fromRunnable(() -> timing.perform(actions));
        });
    }

    /** Used only where spring-tx is on the class path. */
    private static final class Transactions {

        static Mono<Void> perform(List<SlotAction> actions, SlotTriggerTiming timing) {
            return TransactionSynchronizationManager.forCurrentTransaction()
                    .filter(manager -> manager.isActualTransactionActive() && manager.isSynchronizationActive())
                    .map(Optional::of)
                    .onErrorResume(NoTransactionException.class, none -> Mono.empty())
                    .defaultIfEmpty(Optional.empty())
                    .flatMap(manager -> Mono.fromRunnable(() -> {
                        if (manager.isPresent()) {
                            actions.forEach(SlotAction::checkKey);
                            manager.get().registerSynchronization(new OnCommit(actions));
                        } else {
                            timing.perform(actions);
                        }
                    }));
        }
    }

    private record OnCommit(List<SlotAction> actions) implements TransactionSynchronization {

        @Override
        public Mono<Void> afterCompletion(int status) {
            return Mono.fromRunnable(() -> {
                if (status == STATUS_COMMITTED) {
                    actions.forEach(SlotAction::actAfterwards);
                }
            });
        }
    }
}
