package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Starts a timer slot after each successful call: creates it if it is absent, and moves its deadline if it is armed.
 *
 * <pre>{@code
 * @StartSlot(map = "session", key = "#request.sessionId")
 * public void onRequest(Request request) { ... }
 * }</pre>
 *
 * <p>The {@linkplain io.asyncslot.annotation package description} explains when it acts, what its expressions see, and how it
 * fails. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(StartSlot.List.class)
public @interface StartSlot {

    /**
     * The map to act on. The context does not start unless this is a timer map.
     *
     * @return the map's name; may hold placeholders
     */
    String map();

    /**
     * The key of the slot.
     *
     * @return a Spring expression that yields a key of the map, such as {@code #request.sessionId}
     */
    String key();

    /**
     * How long from now the slot fires.
     *
     * @return a duration ({@code 30m}, {@code PT30S}, a bare number counts milliseconds) or, if it contains {@code #},
     *     {@code @} or {@code (}, a Spring expression that yields a {@link java.time.Duration} or such a text; empty
     *     for the delay, period or schedule of the map
     */
    String delay() default "";

    /**
     * The value to start with. The map's rule merges it with a pending value.
     *
     * @return a Spring expression that yields a value of the map's value type, such as {@code #event}; empty for none
     */
    String value() default "";

    /**
     * Decides whether the trigger acts at all.
     *
     * @return a Spring expression that yields a boolean; empty for always
     */
    String condition() default "";

    /** Holds several {@link StartSlot}s of one method; written by the compiler. */
    @Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
    @Retention(RetentionPolicy.RUNTIME)
    @Documented
    @Reflective
    @interface List {

        /**
         * The annotations.
         *
         * @return in the order of declaration
         */
        StartSlot[] value();
    }
}
