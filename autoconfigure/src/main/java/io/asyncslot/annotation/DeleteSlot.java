package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Cancels and frees a slot after each successful call. Never waits; safe while the callback runs.
 *
 * <pre>{@code
 * @DeleteSlot(map = "session", key = "#id")
 * public void logout(String id) { ... }
 * }</pre>
 *
 * <p>The {@linkplain io.asyncslot.annotation package description} explains when it acts, what its expressions see, and how it
 * fails. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(DeleteSlot.List.class)
public @interface DeleteSlot {

    /**
     * The map to act on. The context does not start unless the map exists.
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
     * Decides whether the trigger acts at all.
     *
     * @return a Spring expression that yields a boolean; empty for always
     */
    String condition() default "";

    /** Holds several {@link DeleteSlot}s of one method; written by the compiler. */
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
        DeleteSlot[] value();
    }
}
