package io.asyncslot.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Makes a method the callback of a work map, and describes the map: any number of submits of a key while one is
 * pending are one run, and the same key never runs twice at once.
 *
 * <pre>{@code
 * @WorkSlot(map = "reindex")
 * void reindex(Long productId) { ... }
 * }</pre>
 *
 * <p>What holds for the method, its parameters, placeholders and overrides is as with {@link TimerSlot}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface WorkSlot {

    /**
     * The map's name.
     *
     * @return letters, digits, dot, dash and underscore, at most 100; unique in the application
     */
    String map();

    /**
     * The backend that holds the map's slots.
     *
     * @return a backend's name; empty for the one of {@code asyncslot.backend}
     */
    String backend() default "";

    /**
     * How many callbacks of this map may run at once.
     *
     * @return the limit, 0 for none but the executor's own
     */
    int concurrency() default 0;

    /**
     * How many slots the map may hold; a submit of a further key is rejected.
     *
     * @return the capacity, 0 for none but the heap's
     */
    int maxEntries() default 0;

    /**
     * The map's key type where the method has no key parameter.
     *
     * @return the key type; must be the parameter's type where there is one
     */
    Class<?> keyType() default Object.class;
}
