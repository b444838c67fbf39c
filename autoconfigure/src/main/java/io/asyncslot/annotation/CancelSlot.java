package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Removes the pending run of a slot after each successful call, and with it the slot unless its callback runs or the map keeps
 * idle slots. Never waits.
 *
 * <pre>{@code
 * @CancelSlot(map = "session", key = "#id")
 * public void pin(String id) { ... }
 * }</pre>
 *
 * <p>The {@linkplain io.asyncslot.annotation package description} explains when it acts, what its expressions see, and how it
 * fails. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(CancelSlot.List.class)
public @interface CancelSlot {

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

    /** Holds several {@link CancelSlot}s of one method; written by the compiler. */
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
        CancelSlot[] value();
    }
}
