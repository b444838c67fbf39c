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
 * {@link #keyType()}. What the method returns is ignored; what it throws ends that run only. It may be private; a
 * public, protected or package-private method is called through the bean's proxy, so that {@code @Transactional} and
 * the like apply, while a private method, or one that a proxy cannot hold, is called on the bean itself without them.
 * The bean must be a singleton. A map has exactly one callback.
 *
 * <p>Every attribute but {@link #map()}, {@link #keyType()} and {@link #fallback()} can be overridden for the map by
 * {@code asyncslot.maps.<map>.*}; there {@code delay}, {@code every} and {@code cron} replace what is written here. The
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
     * The delay of a start that names none; on a periodic map, that of the first period.
     *
     * @return a duration, not negative; empty when every start names its delay
     */
    String delay() default "";

    /**
     * Makes the map periodic: each started slot fires at this fixed rate until it is cancelled or deleted.
     *
     * @return a duration, at least one microsecond; empty for none; excludes {@link #cron()}
     */
    String every() default "";

    /**
     * Makes the map periodic by a cron expression of six fields, as
     * {@link org.springframework.scheduling.support.CronExpression} reads it, per started slot. The expression {@code -}
     * disables the map, as it does for Spring's scheduled methods: its slots can be started, and are never due.
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
     * What becomes of points of {@link #cron()} when the clocks of the zone are set forward or back.
     *
     * @return the policy
     */
    DstPolicy dst() default DstPolicy.ONCE;

    /**
     * The clock of the map's deadlines; a cron map is on {@link SlotClock#REALTIME} in any case.
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
     * @return the limit, 0 for none but the executor's own
     */
    int concurrency() default 0;

    /**
     * How many slots the map may hold; a start of a further key is rejected.
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
     * How long starts and touches can postpone a firing: the first start with nothing pending fixes a latest deadline, beyond which
     * none moves it.
     *
     * @return a duration, not shorter than {@link #delay()}; empty for no such bound
     */
    String maxWait() default "";

    /**
     * How many values make a slot due immediately with {@link Merge#COLLECT}.
     *
     * @return the number, 0 for none
     */
    int flushAt() default 0;

    /**
     * Whether {@link io.asyncslot.TimerSlots#start(Object, io.asyncslot.SlotSchedule)} may be used: a start may bring its own
     * schedule, such as a cron expression in the time zone of a tenant. The map is on {@link SlotClock#REALTIME} then.
     *
     * @return true if a key may have a schedule
     */
    boolean keySchedules() default false;

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
