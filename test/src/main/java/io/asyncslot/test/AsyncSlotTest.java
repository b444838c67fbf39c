package io.asyncslot.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test whose slots have manual time: nothing fires until the test calls {@link ManualTime#advance}, which fires
 * everything due on the test's own thread before it returns.
 *
 * <p>By itself, it gives test methods and constructors a {@link ManualTime} and an
 * {@link io.asyncslot.AsyncSlotRegistry} as parameters, new for each test. On a Spring test, such as a
 * {@code @SpringBootTest}, the application context gets manual time instead of its own: backend {@code jvm}, callbacks
 * on the thread that advances time, and a {@link ManualTime} bean. Tests may share a context: so every slot is deleted
 * before each test, while counters and clocks keep their values.
 *
 * <pre>{@code
 * @SpringBootTest
 * @AsyncSlotTest
 * class CartTests {
 *
 *     @Test
 *     void expires(ManualTime time) {
 *         ...
 *         time.advance(Duration.ofMinutes(30));
 *         assertThat(carts.find(id).state()).isEqualTo(EXPIRED);
 *     }
 * }
 * }</pre>
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(AsyncSlotExtension.class)
public @interface AsyncSlotTest {}
