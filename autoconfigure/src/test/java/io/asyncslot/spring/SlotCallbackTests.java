package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.annotation.WorkSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.aopalliance.intercept.MethodInterceptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.aop.config.AopConfigUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.annotation.AnnotationMatchingPointcut;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Role;
import org.springframework.core.annotation.AliasFor;

/** How annotated methods become callbacks: parameters, key types, meta-annotations, visibility, proxies. */
@ExtendWith(OutputCaptureExtension.class)
class SlotCallbackTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class))
            .withUserConfiguration(Advice.class);

    private static final Queue<String> CALLS = new ConcurrentLinkedQueue<>();

    private static void fire(ApplicationContext context, String map, Object key, String... calls) {
        CALLS.clear();
        TimerSlots<Object> slots = timers(context, map);
        slots.start(key, Duration.ZERO);
        await().untilAsserted(() -> assertThat(CALLS).containsExactly(calls));
        await().until(() -> slots.stats().running() == 0);
        assertThat(slots.stats().failed()).isZero();
    }

    @SuppressWarnings("unchecked") // the tests give keys of the right type
    private static TimerSlots<Object> timers(ApplicationContext context, String map) {
        return (TimerSlots<Object>) map(context, map);
    }

    private static SlotMap<?> map(ApplicationContext context, String map) {
        return context.getBean(AsyncSlotRegistry.class).map(map).orElseThrow();
    }

    @Test
    void parameters_comeInAnyOrderAndMayBeLeftOut() {
        runner.withUserConfiguration(Parameters.class).run(context -> {
            fire(context, "key", "k", "key k");
            fire(context, "both", 5L, "both 5 5");
            fire(context, "swapped", 6, "swapped 6 6");
            fire(context, "firing", "k", "firing k");
            fire(context, "none", "k", "none");
            assertThat(map(context, "key").keyType()).isEqualTo(String.class);
            assertThat(map(context, "both").keyType()).as("boxed").isEqualTo(Long.class);
            assertThat(map(context, "swapped").keyType()).isEqualTo(Integer.class);
            assertThat(map(context, "firing").keyType()).isEqualTo(Object.class);
            assertThat(map(context, "none").keyType()).as("named").isEqualTo(String.class);
        });
    }

    @Test
    void keyType_ofAGenericSuperclass_isResolved() {
        runner.withBean(LongSweeper.class).withBean(OverridingSweeper.class).run(context -> {
            assertThat(map(context, "LongSweeper").keyType()).isEqualTo(Long.class);
            fire(context, "LongSweeper", 1L, "swept 1");
            assertThat(map(context, "overriding").keyType()).isEqualTo(Integer.class);
            fire(context, "overriding", 2, "overridden 2");
        });
    }

    @Test
    void metaAnnotationWithPlaceholders_binds() {
        runner.withUserConfiguration(Composed.class)
                .withPropertyValues("idle.delay=7m", "idle.map=idle")
                .run(context -> {
                    timers(context, "idle").start("k");
                    assertThat(timers(context, "idle").find("k").orElseThrow().timeLeft())
                            .isBetween(Duration.ofMinutes(6), Duration.ofMinutes(7));
                    assertThat(map(context, "also-work").type()).hasToString("WORK");
                });
    }

    @Test
    void exception_endsThatRunOnly_asItWasThrown() {
        runner.withUserConfiguration(Throwing.class).run(context -> {
            TimerSlots<Object> slots = timers(context, "throwing");
            slots.start("k", Duration.ZERO);
            await().until(() -> slots.stats().failed() == 1);
            await().untilAsserted(() -> assertThat(slots.find("k").orElseThrow().lastFiring())
                    .isNotNull()
                    .satisfies(firing -> assertThat(firing.failure()).isEqualTo("java.io.IOException: disk full")));
            slots.start("k", Duration.ZERO);
            await().until(() -> slots.stats().failed() == 2);
        });
    }

    @Test
    void classProxy_isCalledThrough_soThatAdviceApplies() {
        runner.withUserConfiguration(Advised.class).run(context -> {
            assertThat(AopUtils.isCglibProxy(context.getBean(Advised.class))).isTrue();
            fire(context, "public", "k", "advice", "public k field");
            fire(context, "package", "k", "advice", "package k field");
        });
    }

    @Test
    void privateAndFinalMethodsOfAProxiedBean_areCalledOnTheBeanItself(CapturedOutput output) {
        runner.withUserConfiguration(Hidden.class).run(context -> {
            assertThat(AopUtils.isCglibProxy(context.getBean(Hidden.class))).isTrue();
            fire(context, "private", "k", "private k field");
            fire(context, "final", "k", "final k field");
            fire(context, "private-advised", "k", "private-advised k field");
        });
        assertThat(output)
                .contains("@TimerSlot of map 'private-advised' on", "is called on the bean behind its proxy")
                .doesNotContain("@TimerSlot of map 'private' on");
    }

    @Test
    void interfaceProxy_isCalledThrough_whereAnInterfaceHasTheMethod() {
        runner.withPropertyValues("spring.aop.proxy-target-class=false")
                .withInitializer(context -> AopConfigUtils.registerAutoProxyCreatorIfNecessary(
                        (BeanDefinitionRegistry) context.getBeanFactory()))
                .withBean("sweeper", ProxiedSweeper.class)
                .run(context -> {
                    assertThat(AopUtils.isJdkDynamicProxy(context.getBean("sweeper")))
                            .isTrue();
                    fire(context, "declared", 3L, "advice", "declared 3");
                    fire(context, "undeclared", "k", "undeclared k");
                });
    }

    @Configuration(proxyBeanMethods = false)
    static class Parameters {

        @TimerSlot(map = "key")
        void key(String key) {
            CALLS.add("key " + key);
        }

        @TimerSlot(map = "both")
        void both(long key, SlotFiring firing) {
            CALLS.add("both " + key + " " + firing.key());
        }

        @TimerSlot(map = "swapped")
        void swapped(SlotFiring firing, Integer key) {
            CALLS.add("swapped " + key + " " + firing.key());
        }

        @TimerSlot(map = "firing")
        void firing(SlotFiring firing) {
            CALLS.add("firing " + firing.key());
        }

        @TimerSlot(map = "none", keyType = String.class)
        void none() {
            CALLS.add("none");
        }
    }

    abstract static class Sweeper<K extends Number> {

        @TimerSlot(map = "#{'LongSweeper'}")
        void swept(K key) {
            CALLS.add("swept " + key);
        }
    }

    static class LongSweeper extends Sweeper<Long> {}

    static class OverridingSweeper extends Sweeper<Integer> {

        @Override
        @TimerSlot(map = "overriding")
        void swept(Integer key) {
            CALLS.add("overridden " + key);
        }
    }

    @Retention(RetentionPolicy.RUNTIME)
    @TimerSlot(map = "${idle.map}")
    @interface IdleTimer {
        @AliasFor(annotation = TimerSlot.class, attribute = "delay")
        String after();
    }

    @Configuration(proxyBeanMethods = false)
    static class Composed {

        @IdleTimer(after = "${idle.delay}")
        @WorkSlot(map = "also-work")
        void idle(String id) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Throwing {

        @TimerSlot(map = "throwing", whenIdle = WhenIdle.KEEP)
        void fail(String id) throws IOException {
            throw new IOException("disk full");
        }
    }

    @Retention(RetentionPolicy.RUNTIME)
    @interface Noted {}

    /** Notes calls of annotated methods. */
    @Configuration(proxyBeanMethods = false)
    static class Advice {

        @Bean
        @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
        static DefaultPointcutAdvisor noting() {
            MethodInterceptor interceptor = invocation -> {
                CALLS.add("advice");
                return invocation.proceed();
            };
            return new DefaultPointcutAdvisor(AnnotationMatchingPointcut.forMethodAnnotation(Noted.class), interceptor);
        }
    }

    static class Advised {

        private final String field = "field";

        @Noted
        @TimerSlot(map = "public")
        public void open(String key) {
            CALLS.add("public " + key + " " + field);
        }

        @Noted
        @TimerSlot(map = "package")
        void packaged(String key) {
            CALLS.add("package " + key + " " + field);
        }
    }

    static class Hidden {

        private final String field = "field";

        @StartSlot(map = "private", key = "#key", delay = "1m")
        public void makesAProxy(String key) {}

        @Noted
        public void advised() {}

        @TimerSlot(map = "private")
        private void hidden(String key) {
            CALLS.add("private " + key + " " + field);
        }

        @TimerSlot(map = "final")
        public final void last(String key) {
            CALLS.add("final " + key + " " + field);
        }

        @Noted
        @TimerSlot(map = "private-advised")
        private void hiddenAdvised(String key) {
            CALLS.add("private-advised " + key + " " + field);
        }
    }

    interface Declared<K> {
        void declared(K key);
    }

    static class ProxiedSweeper implements Declared<Long> {

        @Override
        @Noted
        @TimerSlot(map = "declared")
        public void declared(Long key) {
            CALLS.add("declared " + key);
        }

        @TimerSlot(map = "undeclared")
        void undeclared(String key) {
            CALLS.add("undeclared " + key);
        }
    }
}
