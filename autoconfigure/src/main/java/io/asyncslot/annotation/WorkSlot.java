package io.asyncslot.annotation;

import io.asyncslot.Merge;
import io.asyncslot.WhenIdle;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Makes a method the callback of a work map, and describes the map: any number of submits of a key while one is
 * pending are one run, and the same key never runs twice at once.
 *
 * <pre>{@code
 * @WorkSlot(map = "reindex")
 * void reindex(Long productId) { ... }
 * }</pre>
 *
 * <p>What holds for the method, its parameters, placeholders and overrides is as with {@link TimerSlot}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective(SlotCallbackReflection.class)
public @interface WorkSlot {

    /**
     * The map's name.
     *
     * @return letters, digits, dot, dash and underscore, at most 100; unique in the application
     */
    String map();

    /**
     * The backend that holds the map's slots.
     *
     * @return a backend's name; empty for the one of {@code asyncslot.backend}
     */
    String backend() default "";

    /**
     * How many callbacks of this map may run at the same time.
     *
     * @return the limit, 0 for none but the executor's own
     */
    int concurrency() default 0;

    /**
     * How many slots the map may hold; a submit of a further key is rejected.
     *
     * @return the capacity, 0 for none but the heap's
     */
    int maxEntries() default 0;

    /**
     * What becomes of a slot of which nothing is pending and no callback runs: it is freed, or it stays until it is deleted.
     *
     * @return FREE or KEEP
     */
    WhenIdle whenIdle() default WhenIdle.FREE;

    /**
     * The least time between the beginnings of two runs of a key: the first submit runs immediately, and further ones are one run that
     * begins when the interval is over. A slot stays until then.
     *
     * @return a duration; empty for none
     */
    String minInterval() default "";

    /**
     * What becomes of a value that is accepted while another one is pending in the same slot. The callback's parameter after the
     * key is the value; with {@link Merge#COLLECT} a {@link java.util.List} of values. Of {@link Merge#FUNCTION} there is no need
     * to speak: {@link #mergeWith()} says so.
     *
     * @return the rule
     */
    Merge merge() default Merge.LAST;

    /**
     * The method that makes one value of two: the pending one, then the new one. A method of the same class, free of side effects:
     * it is called again when the pending value has changed meanwhile, on the thread that brings the new one. What it throws
     * reaches that thread, and nothing changes then.
     *
     * @return a method's name; empty for none
     */
    String mergeWith() default "";

    /**
     * How many values a slot may carry with {@link Merge#COLLECT}; a start or submit that brings one more is rejected.
     *
     * @return the bound, 0 for none but the heap's
     */
    int maxValues() default 0;

    /**
     * The Resilience4j retry that delivers a failed firing again: as a re-arm of the slot, with the instance's delays.
     *
     * @return the name of a configured instance; empty for none
     */
    String retry() default "";

    /**
     * The Resilience4j circuit breaker around the callback. What becomes of a firing while it is open is said by
     * {@code asyncslot.maps.<map>.resilience.when-open}: it waits unless said otherwise.
     *
     * @return the name of a configured instance; empty for none
     */
    String circuitBreaker() default "";

    /**
     * The Resilience4j bulkhead around the callback. A firing that finds it full is delivered again shortly.
     *
     * @return the name of a configured instance; empty for none
     */
    String bulkhead() default "";

    /**
     * The Resilience4j rate limiter around the callback. A firing for which there is no permission now is delivered again
     * when there is one.
     *
     * @return the name of a configured instance; empty for none
     */
    String rateLimiter() default "";

    /**
     * The Resilience4j time limiter of the callback, which is interrupted when its time is over, or only marked as failed
     * where the instance does not cancel.
     *
     * @return the name of a configured instance; empty for none
     */
    String timeLimiter() default "";

    /**
     * The method that is called for a firing that is given up: its callback failed and no attempt follows, or the open
     * circuit breaker is to use it. A method of the same class that takes the failure (a Throwable, or a subclass of which
     * it handles only that) and, if it wants them, the key and the {@link io.asyncslot.SlotFiring}. Of several methods of
     * this name the one for the most special type of failure is called. The firing then counts as completed, unless the
     * method throws.
     *
     * @return a method's name; empty for none
     */
    String fallback() default "";

    /**
     * The map's key type where the method has no key parameter.
     *
     * @return the key type; must be the parameter's type where there is one
     */
    Class<?> keyType() default Object.class;
}
