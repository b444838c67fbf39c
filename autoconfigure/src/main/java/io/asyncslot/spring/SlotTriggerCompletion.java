package io.asyncslot.spring;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/**
 * Waits, without blocking, until what a method returned has succeeded: a {@link CompletionStage} has completed, a publisher
 * has completed for one of its subscribers. Anything else has succeeded when it is returned. Thread-safe.
 */
final class SlotTriggerCompletion {

    private final SlotTriggerTiming timing;

    /** Null where Reactor is not on the class path. */
    private final @Nullable SlotTriggerPublishers publishers;

    /** Whether objects of a class have succeeded when they are returned. */
    private final ClassValue<Boolean> plain = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return !CompletionStage.class.isAssignableFrom(type)
                    && (publishers == null || SlotTriggerPublishers.isPlain(type));
        }
    };

    SlotTriggerCompletion(SlotTriggerTiming timing, ClassLoader classLoader) {
        this.timing = timing;
        this.publishers = ClassUtils.isPresent("reactor.core.publisher.Flux", classLoader)
                ? new SlotTriggerPublishers(timing, SlotTriggerTiming.hasTransactions(classLoader))
                : null;
    }

    /**
     * Performs what a call triggers when it has succeeded.
     *
     * @param result what the method returned
     * @param declared the type that it says it returns
     * @param collect whether the evaluation needs what a publisher of many values has published
     * @param evaluation the actions, by what the call produced; may throw
     * @return what the caller gets: completes after the actions, and fails if they cannot be evaluated
     */
    @Nullable
    Object follow(
            @Nullable Object result,
            Class<?> declared,
            boolean collect,
            Function<@Nullable Object, List<SlotAction>> evaluation) {
        if (result == null || plain.get(result.getClass())) {
            perform(evaluation.apply(result), timing::perform);
            return result;
        }
        if (result instanceof CompletionStage<?> stage) {
            return follow(stage, declared, evaluation);
        }
        if (publishers != null) {
            Object followed = publishers.follow(result, collect, evaluation);
            if (followed != null) {
                return followed;
            }
        }
        perform(evaluation.apply(result), timing::perform);
        return result;
    }

    private static void perform(List<SlotAction> actions, Consumer<List<SlotAction>> when) {
        if (!actions.isEmpty()) {
            when.accept(actions);
        }
    }

    private Object follow(
            CompletionStage<?> stage, Class<?> declared, Function<@Nullable Object, List<SlotAction>> evaluation) {
        if (stage instanceof CompletableFuture<?> done && done.isDone()) {
            if (!done.isCompletedExceptionally()) {
                perform(evaluation.apply(done.getNow(null)), timing::perform);
            }
            return stage;
        }
        Consumer<List<SlotAction>> when = timing.elsewhere();
        CompletionStage<?> followed = stage.thenApply(produced -> {
            perform(evaluation.apply(produced), when);
            return produced;
        });
        if (stage instanceof CompletableFuture<?> source && followed instanceof CompletableFuture<?> handedOut) {
            CompletableFuture<?> unused = handedOut.whenComplete((produced, failure) -> {
                if (handedOut.isCancelled()) {
                    source.cancel(true); // as if the caller had the method's own future
                }
            });
        }
        return declared.isInstance(followed) ? followed : stage;
    }
}
