package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Makes a run of a work slot pending after each successful call; further submits join a pending run.
 *
 * <pre>{@code
 * @SubmitSlot(map = "reindex", key = "#product.id")
 * public void saved(Product product) { ... }
 * }</pre>
 *
 * <p>The {@linkplain io.asyncslot.annotation package description} explains when it acts, what its expressions see, and how it
 * fails. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(SubmitSlot.List.class)
public @interface SubmitSlot {

    /**
     * The map to act on. The context does not start unless this is a work map.
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
     * The value to submit. The map's rule merges it with a pending value.
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

    /** Holds several {@link SubmitSlot}s of one method; written by the compiler. */
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
        SubmitSlot[] value();
    }
}
