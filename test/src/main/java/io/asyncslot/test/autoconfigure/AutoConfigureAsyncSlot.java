package io.asyncslot.test.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.PropertyMapping;

/**
 * Gives a test of a part of an application, such as a {@code @WebMvcTest}, a working registry: bindings and triggers
 * act as in the whole application. Import the beans whose callbacks are to run. With
 * {@link io.asyncslot.test.AsyncSlotTest} as well, the test controls their time.
 *
 * <pre>{@code
 * @WebMvcTest(CartController.class)
 * @AutoConfigureAsyncSlot
 * @AsyncSlotTest
 * @Import(CartExpiry.class)
 * class CartControllerTests { ... }
 * }</pre>
 *
 * <p>In a test of the whole application, it has one effect: a trigger does nothing if its callback is left out, for
 * example by a {@code @MockitoBean}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureAsyncSlot {

    /**
     * Behaviour of a trigger whose map is missing, as in {@code asyncslot.triggers.absent-map}.
     *
     * @return {@code ignore}: it does nothing; or {@code fail}: the context does not start
     */
    @PropertyMapping("asyncslot.triggers.absent-map")
    String absentMap() default "ignore";
}
