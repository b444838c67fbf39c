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
 * <p>When it acts, what its expressions see and how it fails is told in the
 * {@linkplain io.asyncslot.annotation package description}. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(CancelSlot.List.class)
public @interface CancelSlot {

    /**
     * The map to act on. That it exists and is a timer or work map is checked when the context starts.
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
     * Whether to act at all.
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
