package io.asyncslot.annotation;

import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.SlotClock;
import io.asyncslot.WhenIdle;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Makes a method the callback of a timer map, and describes the map.
 *
 * <pre>{@code
 * @TimerSlot(map = "session", delay = "30m")
 * void expired(String sessionId, SlotFiring firing) { ... }
 * }</pre>
 *
 * <p>The method takes the key and a {@link io.asyncslot.SlotFiring}, in any order and either left out. The type of the
 * key parameter, generics resolved and primitives boxed, is the map's key type; without such a parameter it is
 * {@link #keyType()}. The result of the method is ignored; an exception ends that run only. A public, protected or package-private
 * method is called through the bean's proxy, so that {@code @Transactional} and other advice applies. A private method, or one that
 * a proxy cannot hold, is called on the bean itself, without advice. The bean must be a singleton. A map has exactly one callback.
 *
 * <p>Every attribute but {@link #map()}, {@link #keyType()} and {@link #fallback()} can be overridden for the map by
 * {@code asyncslot.maps.<map>.*}; a property {@code every} or {@code cron} replaces both attributes. The
 * String attributes may hold {@code ${...}} placeholders. Durations are written as in Spring Boot: {@code 30m},
 * {@code 500ms}, {@code PT30S}; a bare number counts milliseconds.
 *
 * <p>Usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective(SlotCallbackReflection.class)
public @interface TimerSlot {

    /**
     * The map's name.
     *
     * @return letters, digits, dot, dash and underscore, at most 100; unique in the application
     */
    String map();

    /**
     * The delay of a start without a delay; on a periodic map, the delay of the first period.
     *
     * @return a duration, not negative; empty if every start names its delay
     */
    String delay() default "";

    /**
     * Makes the map periodic: each started slot fires at this fixed rate until it is cancelled or deleted.
     *
     * @return a duration, at least one microsecond; empty for none; excludes {@link #cron()}
     */
    String every() default "";

    /**
     * Makes the map periodic by a cron expression of six fields, as {@link org.springframework.scheduling.support.CronExpression}
     * reads it: each started slot fires at its points. The expression {@code -} disables the map, as with Spring's scheduled
     * methods: its slots can be started, and never fire.
     *
     * @return the expression; empty for none; excludes {@link #every()}
     */
    String cron() default "";

    /**
     * The time zone of {@link #cron()}.
     *
     * @return a zone id such as {@code Europe/Berlin}; empty for the system's zone
     */
    String zone() default "";

    /**
     * What happens to points of {@link #cron()} when the clocks of the zone are set forward or back.
     *
     * @return the policy
     */
    DstPolicy dst() default DstPolicy.ONCE;

    /**
     * The clock of the map's deadlines; a cron map is always on {@link SlotClock#REALTIME}.
     *
     * @return the clock
     */
    SlotClock clock() default SlotClock.MONOTONIC;

    /**
     * What happens to periods that could not run when they were due.
     *
     * @return the policy
     */
    LatePolicy late() default LatePolicy.ONCE;

    /**
     * The backend that measures the map's time.
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
     * How many slots the map may hold; a start of a further key is rejected.
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
     * How long starts and touches can postpone a firing: the first start with nothing pending fixes a latest deadline, and no start
     * or touch moves beyond it.
     *
     * @return a duration, not shorter than {@link #delay()}; empty for no bound
     */
    String maxWait() default "";

    /**
     * How many values make a slot due immediately with {@link Merge#COLLECT}.
     *
     * @return the number, 0 for none
     */
    int flushAt() default 0;

    /**
     * Whether a start may bring a schedule for its key, such as a cron expression in the time zone of a tenant:
     * {@link io.asyncslot.TimerSlots#start(Object, io.asyncslot.SlotSchedule)}. The map is then on {@link SlotClock#REALTIME}.
     *
     * @return true if a key may have a schedule
     */
    boolean keySchedules() default false;

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
