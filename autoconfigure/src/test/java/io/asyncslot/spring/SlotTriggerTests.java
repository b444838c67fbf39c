package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerSlots;
import io.asyncslot.annotation.CancelSlot;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.SubmitSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.TouchSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.aop.support.AopUtils;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.AliasFor;
import org.springframework.stereotype.Component;

/** What the trigger annotations do in a context: keys, conditions, delays, order, proxies, failures. */
class SlotTriggerTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class))
            .withBean("tariff", Tariff.class)
            .withUserConfiguration(Callbacks.class, Shop.class);

    private void run(Consumer<Fixture> test) {
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            test.accept(new Fixture(context));
        });
    }

    // ---- what each does -------------------------------------------------------------------------------------------

    @Test
    void startSlot_armsByTheMapsDelay() {
        run(f -> {
            f.shop.open(new Cart("c1"));
            f.checkArmed("cart", "c1", Duration.ofMinutes(30));
        });
    }

    @Test
    void touchSlot_movesAndNeverCreates() {
        run(f -> {
            f.shop.look("c1", "1h");
            assertThat(f.find("cart", "c1")).isEmpty();
            f.shop.open(new Cart("c1"));
            long generation = f.find("cart", "c1").orElseThrow().generation();
            f.shop.look("c1", "1h");
            f.checkArmed("cart", "c1", Duration.ofHours(1));
            assertThat(f.find("cart", "c1").orElseThrow().generation()).isEqualTo(generation);
        });
    }

    @Test
    void cancelSlot_frees_asDeleteSlotDoes() {
        run(f -> {
            f.shop.open(new Cart("c1"));
            f.shop.pin("c1");
            assertThat(f.find("cart", "c1")).isEmpty();
            f.shop.open(new Cart("c1"));
            assertThat(f.find("cart", "c1").orElseThrow().runState()).isEqualTo(RunState.ARMED);
            f.shop.drop("c1");
            assertThat(f.find("cart", "c1")).isEmpty();
        });
    }

    @Test
    void submitSlot_runsTheWork() {
        run(f -> {
            f.shop.saved(7);
            await().until(() -> f.callbacks.indexed.contains(7L));
        });
    }

    @Test
    void methodThatThrows_triggersNothing() {
        run(f -> {
            assertThatIllegalStateException().isThrownBy(() -> f.shop.fail("c1"));
            assertThat(f.find("cart", "c1")).isEmpty();
        });
    }

    @Test
    void repeatedAndMixedTriggers_actInTheirOrder() {
        run(f -> {
            f.shop.open(new Cart("old"));
            f.shop.move("old", "new");
            assertThat(f.find("cart", "old")).isEmpty();
            f.checkArmed("cart", "new", Duration.ofMinutes(30));
            f.checkArmed("cart", "new-too", Duration.ofSeconds(90));
            long generation = f.find("cart", "new").orElseThrow().generation();
            f.shop.renew("new");
            assertThat(f.find("cart", "new").orElseThrow().generation())
                    .as("deleted first, then started as a new incarnation")
                    .isEqualTo(generation + 1);
            assertThat(f.find("cart", "new").orElseThrow().history())
                    .extracting(event -> event.kind().name())
                    .containsExactly("STARTED");
        });
    }

    @Test
    void metaAnnotation_withAlias_isATrigger() {
        run(f -> {
            f.shop.composed("c1");
            f.checkArmed("cart", "c1", Duration.ofMinutes(2));
        });
    }

    // ---- expressions ----------------------------------------------------------------------------------------------

    @Test
    void expressions_seeParametersResultRootAndBeans() {
        run(f -> {
            f.shop.byIndex("a", "b");
            f.shop.byResult("r");
            f.shop.byOptionalResult("o");
            f.shop.byRoot("x");
            f.shop.byBean("gold");
            assertThat(f.find("cart", "a+b")).isPresent();
            assertThat(f.find("cart", "made-r")).isPresent();
            assertThat(f.find("cart", "made-o")).isPresent();
            assertThat(f.find("cart", "byRoot:shop:Shop:1")).isPresent();
            f.checkArmed("cart", "gold", Duration.ofMinutes(7));
        });
    }

    @Test
    void condition_decides() {
        run(f -> {
            f.shop.onlyBig("small", 5);
            f.shop.onlyBig("big", 50);
            assertThat(f.find("cart", "small")).isEmpty();
            assertThat(f.find("cart", "big")).isPresent();
        });
    }

    @Test
    void placeholders_areResolvedInMapKeyAndDelay() {
        runner.withPropertyValues("shop.map=cart", "shop.prefix=vip-", "shop.delay=45s")
                .run(context -> {
                    Fixture f = new Fixture(context);
                    f.shop.placeholders("c");
                    f.checkArmed("cart", "vip-c", Duration.ofSeconds(45));
                });
    }

    @Test
    void keys_areConvertedWherePlain() {
        run(f -> {
            f.shop.startLong(5);
            f.shop.startLongText("6");
            f.shop.open(new Cart("c"));
            assertThat(f.registry.timers("order", Long.class).find(5L)).isPresent();
            assertThat(f.registry.timers("order", Long.class).find(6L)).isPresent();
            f.shop.startNumberAsText(42L);
            assertThat(f.find("cart", "42")).isPresent();
        });
    }

    // ---- failures: told, and nothing is armed -----------------------------------------------------------------------

    @Test
    void keyThatIsNull_isToldAndArmsNothing() {
        run(f -> checkRefused(
                f,
                () -> f.shop.open(new Cart(null)),
                "@StartSlot of map 'cart'",
                "Shop.open",
                "key = \"#cart.id\" yields null",
                "must not be null"));
    }

    @Test
    void keyThatFails_isToldAndArmsNothing() {
        run(f -> checkRefused(f, () -> f.shop.open(null), "Shop.open", "key = \"#cart.id\" fails"));
    }

    @Test
    void keyOfAWrongType_isToldAndArmsNothing() {
        run(f -> {
            checkRefused(f, () -> f.shop.startObject(1.5), "'1.5' of type java.lang.Double", "of type java.lang.Long");
            checkRefused(f, () -> f.shop.startObject("x"), "'x' of type java.lang.String", "of type java.lang.Long");
            checkRefused(f, () -> f.shop.startObject(new BigInteger("9".repeat(30))), "BigInteger");
            checkRefused(f, () -> f.shop.startObject(new Cart("5")), "Cart");
        });
    }

    @Test
    void keyThatIsTooLong_isToldAndArmsNothing() {
        run(f -> {
            checkRefused(f, () -> f.shop.open(new Cart("x".repeat(600))), "at most 512 characters");
            checkRefused(f, () -> f.shop.move("a", "x".repeat(510)), "at most 512 characters", "'-too'");
        });
    }

    @Test
    void oneBadKeyOfTwo_armsNeither() {
        run(f -> {
            checkRefused(f, () -> f.shop.two("good", null), "key = \"#second\" yields null");
            assertThat(f.find("cart", "good")).isEmpty();
        });
    }

    @Test
    void delayThatIsNone_isToldAndArmsNothing() {
        run(f -> {
            f.shop.open(new Cart("c"));
            checkRefusedKeeping(
                    f, () -> f.shop.look("c", "soon"), "delay = \"#delay\"", "'soon'", "a duration such as");
            checkRefusedKeeping(f, () -> f.shop.look("c", "-5s"), "not negative");
        });
    }

    @Test
    void conditionThatIsNoBoolean_isTold() {
        run(f -> checkRefused(f, () -> f.shop.odd("c"), "condition = \"#id\" yields 'c'", "it must yield a boolean"));
    }

    private static void checkRefused(Fixture f, Runnable call, String... told) {
        checkRefusedKeeping(f, call, told);
        assertThat(f.registry.maps()).allMatch(map -> map.stats().slots() == 0, "nothing is armed");
    }

    private static void checkRefusedKeeping(Fixture f, Runnable call, String... told) {
        long started = started(f);
        assertThatExceptionOfType(SlotTriggerException.class)
                .isThrownBy(call::run)
                .withMessageContainingAll(told);
        assertThat(started(f)).isEqualTo(started);
    }

    private static long started(Fixture f) {
        return f.registry.maps().stream()
                .mapToLong(map -> map.stats().started() + map.stats().moved())
                .sum();
    }

    // ---- proxies --------------------------------------------------------------------------------------------------

    @Test
    void interfaceProxy_triggers_alsoWhenTheInterfaceIsAnnotated() {
        runner.withPropertyValues("spring.aop.proxy-target-class=false")
                .withBean("desk", Desk.class, FrontDesk::new)
                .run(context -> {
                    Fixture f = new Fixture(context);
                    Desk desk = context.getBean(Desk.class);
                    assertThat(AopUtils.isJdkDynamicProxy(desk)).isTrue();
                    desk.enter("c1");
                    desk.leave("c2");
                    assertThat(f.find("cart", "c1")).isPresent();
                    assertThat(f.find("cart", "c2")).isPresent();
                });
    }

    @Test
    void genericMethod_triggersThroughItsBridge() {
        runner.withUserConfiguration(LongHandler.class).run(context -> {
            Fixture f = new Fixture(context);
            Handler<Long> handler = context.getBean(LongHandler.class);
            handler.handle(9L);
            assertThat(f.registry.timers("order", Long.class).find(9L)).isPresent();
        });
    }

    @Test
    void prototypeBean_triggers() {
        runner.withBean("many", Many.class, Many::new, definition -> definition.setScope("prototype"))
                .run(context -> {
                    context.getBean(Many.class).enter("m1");
                    context.getBean(Many.class).enter("m2");
                    assertThat(new Fixture(context)
                                    .registry
                                    .map("cart")
                                    .orElseThrow()
                                    .stats()
                                    .slots())
                            .isEqualTo(2);
                });
    }

    @Test
    void closedMap_isLeftAlone_alsoWhenTheContextIsStartedAgain() {
        run(f -> {
            try {
                f.registry.map("cart").orElseThrow().close(Duration.ofSeconds(1));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            f.shop.open(new Cart("c1"));
            assertThat(f.registry.map("cart")).isEmpty();
            f.context.stop();
            f.context.start();
            assertThat(f.registry.isRunning()).isTrue();
        });
    }

    // ---- the application --------------------------------------------------------------------------------------------

    private record Fixture(
            ConfigurableApplicationContext context, AsyncSlotRegistry registry, Shop shop, Callbacks callbacks) {

        Fixture(AssertableApplicationContext context) {
            this(
                    context.getSourceApplicationContext(),
                    context.getBean(AsyncSlotRegistry.class),
                    context.getBean(Shop.class),
                    context.getBean(Callbacks.class));
        }

        Optional<SlotSnapshot> find(String map, String key) {
            TimerSlots<String> slots = registry.timers(map, String.class);
            return slots.find(key);
        }

        void checkArmed(String map, String key, Duration delay) {
            SlotSnapshot slot = find(map, key).orElseThrow();
            assertThat(slot.runState()).isEqualTo(RunState.ARMED);
            assertThat(slot.timeLeft()).isBetween(delay.minusSeconds(20), delay);
        }
    }

    record Cart(@Nullable String id) {}

    static class Tariff {

        public Duration of(String name) {
            return Duration.ofMinutes(name.equals("gold") ? 7 : 1);
        }
    }

    @Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
    @Retention(RetentionPolicy.RUNTIME)
    @StartSlot(map = "cart", key = "#id")
    @interface KeepCart {
        @AliasFor(annotation = StartSlot.class, attribute = "delay")
        String forAWhile();
    }

    @Component
    static class Callbacks {

        final Queue<Long> indexed = new ConcurrentLinkedQueue<>();

        @TimerSlot(map = "cart", delay = "30m")
        void cartExpired(String id) {}

        @TimerSlot(map = "order", delay = "1h")
        void orderUnpaid(long id) {}

        @WorkSlot(map = "reindex")
        void reindex(Long product) {
            indexed.add(product);
        }
    }

    @Component("shop")
    static class Shop {

        @StartSlot(map = "cart", key = "#cart.id")
        public void open(@Nullable Cart cart) {}

        @TouchSlot(map = "cart", key = "#id", delay = "#delay")
        public void look(String id, String delay) {}

        @CancelSlot(map = "cart", key = "#id")
        public void pin(String id) {}

        @DeleteSlot(map = "cart", key = "#id")
        void drop(String id) {} // package-private: a proxy of the same package holds it

        @SubmitSlot(map = "reindex", key = "#product")
        public void saved(int product) {}

        @StartSlot(map = "cart", key = "#id")
        public void fail(String id) {
            throw new IllegalStateException("no " + id);
        }

        @StartSlot(map = "cart", key = "#to")
        @StartSlot(map = "cart", key = "#to + '-too'", delay = "90s")
        @DeleteSlot(map = "cart", key = "#from")
        public void move(String from, String to) {}

        @StartSlot(map = "cart", key = "#id")
        @DeleteSlot(map = "cart", key = "#id")
        public void renew(String id) {}

        @KeepCart(forAWhile = "2m")
        public void composed(String id) {}

        @StartSlot(map = "cart", key = "#p0 + '+' + #a1")
        public void byIndex(String first, String second) {}

        @StartSlot(map = "cart", key = "#result")
        public String byResult(String id) {
            return "made-" + id;
        }

        @StartSlot(map = "cart", key = "#result.id")
        public Optional<Cart> byOptionalResult(String id) {
            return Optional.of(new Cart("made-" + id));
        }

        @StartSlot(
                map = "cart",
                key = "#root.method.name + ':' + #root.target.name() + ':' + #root.targetClass.simpleName + ':'"
                        + " + #root.args.length")
        public void byRoot(String id) {}

        public String name() {
            return "shop";
        }

        @StartSlot(map = "cart", key = "#tariff", delay = "@tariff.of(#tariff)")
        public void byBean(String tariff) {}

        @StartSlot(map = "cart", key = "#id", condition = "#amount > 10")
        public void onlyBig(String id, int amount) {}

        @StartSlot(map = "${shop.map:cart}", key = "'${shop.prefix:}' + #id", delay = "${shop.delay:}")
        public void placeholders(String id) {}

        @StartSlot(map = "order", key = "#id")
        public void startLong(int id) {}

        @StartSlot(map = "order", key = "#id")
        public void startLongText(String id) {}

        @StartSlot(map = "order", key = "#id")
        public void startObject(Object id) {}

        @StartSlot(map = "cart", key = "#id")
        public void startNumberAsText(Long id) {}

        @StartSlot(map = "cart", key = "#first")
        @StartSlot(map = "cart", key = "#second")
        public void two(String first, @Nullable String second) {}

        @StartSlot(map = "cart", key = "#id", condition = "#id")
        public void odd(String id) {}
    }

    interface Desk {

        @StartSlot(map = "cart", key = "#id")
        void enter(String id);

        void leave(String id);
    }

    static class FrontDesk implements Desk {

        @Override
        public void enter(String id) {}

        @Override
        @StartSlot(map = "cart", key = "#id")
        public void leave(String id) {}
    }

    abstract static class Handler<K> {
        public abstract void handle(K key);
    }

    @Component
    static class LongHandler extends Handler<Long> {

        @Override
        @StartSlot(map = "order", key = "#key")
        public void handle(Long key) {}
    }

    static class Many {

        @StartSlot(map = "cart", key = "#id")
        public void enter(String id) {}
    }
}
