package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Moves the pending deadline of a timer slot after each successful call. It never creates a slot, and never arms one that is not armed.
 *
 * <pre>{@code
 * @TouchSlot(map = "session", key = "#id")
 * public Session read(String id) { ... }
 * }</pre>
 *
 * <p>The {@linkplain io.asyncslot.annotation package description} explains when it acts, what its expressions see, and how it
 * fails. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(TouchSlot.List.class)
public @interface TouchSlot {

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
     * @return a duration or a Spring expression, as in {@link StartSlot#delay()}; empty for the delay, period or
     *     schedule of the map
     */
    String delay() default "";

    /**
     * Decides whether the trigger acts at all.
     *
     * @return a Spring expression that yields a boolean; empty for always
     */
    String condition() default "";

    /** Holds several {@link TouchSlot}s of one method; written by the compiler. */
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
        TouchSlot[] value();
    }
}
