package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Starts a timer slot after each successful call: creates it when absent, re-arms it when armed.
 *
 * <pre>{@code
 * @StartSlot(map = "session", key = "#request.sessionId")
 * public void onRequest(Request request) { ... }
 * }</pre>
 *
 * <p>When it acts, what its expressions see and how it fails is told in the
 * {@linkplain io.asyncslot.annotation package description}. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(StartSlot.List.class)
public @interface StartSlot {

    /**
     * The map to act on. That it exists and is a timer map is checked when the context starts.
     *
     * @return the map's name; may hold placeholders
     */
    String map();

    /**
     * Which slot.
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
     * The value to start with. It is merged with a value that is pending by the rule of the map.
     *
     * @return a Spring expression that yields a value of the map's value type, such as {@code #event}; empty for none
     */
    String value() default "";

    /**
     * Whether to act at all.
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
