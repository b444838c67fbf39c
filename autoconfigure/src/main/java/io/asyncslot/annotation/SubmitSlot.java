package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Makes a run of a work slot pending after each successful call; submits while one is pending are merged.
 *
 * <pre>{@code
 * @SubmitSlot(map = "reindex", key = "#product.id")
 * public void saved(Product product) { ... }
 * }</pre>
 *
 * <p>When it acts, what its expressions see and how it fails is told in the
 * {@linkplain io.asyncslot.annotation package description}. Repeatable; usable as a meta-annotation.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@Repeatable(SubmitSlot.List.class)
public @interface SubmitSlot {

    /**
     * The map to act on. That it exists and is a work map is checked when the context starts.
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
     * The value to submit with. It is merged with a value that is pending by the rule of the map.
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
