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
 * Makes a method the callback of a work map, and describes the map: any number of submits of a key while one is pending lead to one
 * run, and the same key never runs twice at the same time.
 *
 * <pre>{@code
 * @WorkSlot(map = "reindex")
 * void reindex(Long productId) { ... }
 * }</pre>
 *
 * <p>Method, parameters, placeholders and overrides follow the rules of {@link TimerSlot}.
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
     * @return the limit; 0 for the executor's limit only
     */
    int concurrency() default 0;

    /**
     * How many slots the map may hold; a submit of a further key is rejected.
     *
     * @return the capacity; 0 for the limit of the heap only
     */
    int maxEntries() default 0;

    /**
     * What happens to an idle slot, of which nothing is pending and no callback runs: it is freed, or stays until it is deleted.
     *
     * @return FREE or KEEP
     */
    WhenIdle whenIdle() default WhenIdle.FREE;

    /**
     * The least time between the beginnings of two runs of a key: the first submit runs immediately, and further ones share one
     * run, which begins when the interval is over. The slot stays until then.
     *
     * @return a duration; empty for none
     */
    String minInterval() default "";

    /**
     * How a new value is merged with one that is pending in the same slot. The callback's parameter after the key receives the
     * value; with {@link Merge#COLLECT} it is a {@link java.util.List} of values. {@link #mergeWith()} implies
     * {@link Merge#FUNCTION}.
     *
     * @return the rule
     */
    Merge merge() default Merge.LAST;

    /**
     * The method that makes one value from two: the pending one, then the new one. It is a method of the same class, free of side
     * effects: the thread that brings the new value calls it, and calls it again if the pending value has changed meanwhile. An
     * exception reaches that thread, and nothing changes.
     *
     * @return a method's name; empty for none
     */
    String mergeWith() default "";

    /**
     * How many values a slot may collect; a start or submit beyond that is rejected.
     *
     * @return the bound; 0 for the limit of the heap only
     */
    int maxValues() default 0;

    /**
     * The Resilience4j retry that delivers a failed firing again: as a re-arm of the slot, with the instance's delays.
     *
     * @return the name of a configured instance; empty for none
     */
    String retry() default "";

    /**
     * The Resilience4j circuit breaker around the callback. While it is open, a firing waits;
     * {@code asyncslot.maps.<map>.resilience.when-open} can change that.
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
     * The Resilience4j rate limiter around the callback. A firing without a permission is delivered again when there is one.
     *
     * @return the name of a configured instance; empty for none
     */
    String rateLimiter() default "";

    /**
     * The Resilience4j time limiter of the callback: it interrupts a callback whose time is over, or only marks it as failed if the
     * instance does not cancel.
     *
     * @return the name of a configured instance; empty for none
     */
    String timeLimiter() default "";

    /**
     * The method that is called for a firing that is given up: its callback failed and no attempt follows, or the open circuit
     * breaker uses it. It is a method of the same class that takes the failure and, optionally, the key and the
     * {@link io.asyncslot.SlotFiring}. The type of the failure, a Throwable or a subclass, limits which failures it handles; of
     * several methods of this name, the most specific one is called. The firing then counts as completed, unless the method throws.
     *
     * @return a method's name; empty for none
     */
    String fallback() default "";

    /**
     * The map's key type, if the method has no key parameter.
     *
     * @return the key type; if there is a parameter, it must have that type
     */
    Class<?> keyType() default Object.class;
}
