package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.Merge;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotMap;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.annotation.DeleteSlot;
import io.asyncslot.annotation.StartSlot;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.tools.ToolProvider;
import org.aopalliance.intercept.MethodInterceptor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.util.Assert;

/** Triggers on the methods of a repository: an interface whose bean is a proxy around a class that does not know it. */
class RepositoryTriggerTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AopAutoConfiguration.class))
            .withBean(Payment.class)
            .withBean("orders", OrdersFactory.class);

    @Test
    void methodsThatTheRepositoryRedeclares_andThoseOfItsOwn_trigger() {
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            Orders orders = context.getBean(Orders.class);
            orders.save(new Order("o1"));
            assertThat(registry.timers("payment", String.class).find("o1")).isPresent();
            orders.findByReference("o2");
            assertThat(registry.timers("payment", String.class).find("o2")).isPresent();
            orders.deleteById("o1");
            assertThat(registry.timers("payment", String.class).find("o1")).isEmpty();
            assertThat(orders.findById("o1")).isEmpty();
            Crud<Order, String> plain = orders;
            plain.save(new Order("o3"));
            assertThat(registry.timers("payment", String.class).find("o3"))
                    .as("through the interface that declared the method first")
                    .isPresent();
        });
    }

    /** Queries are methods that the common class does not have, and a base interface may be that of several repositories. */
    @Test
    void triggers_areNamedByTheRepository_whoeverImplementsThem() {
        runner.run(context -> {
            Orders orders = context.getBean(Orders.class);
            orders.findByReference("o1");
            assertThat(cause(context, "o1")).isEqualTo("@StartSlot RepositoryTriggerTests.Orders.findByReference");
            orders.save(new Order("o2"));
            assertThat(cause(context, "o2")).isEqualTo("@StartSlot RepositoryTriggerTests.Orders.save");
            orders.touch("o2");
            assertThat(cause(context, "o2")).isEqualTo("@StartSlot RepositoryTriggerTests.Orders.touch");
            assertThatThrownBy(() -> orders.findByReference(null))
                    .hasStackTraceContaining(
                            "@StartSlot of map 'payment' on " + Orders.class.getName() + ".findByReference");
        });
    }

    /** On whose account the last transition of a slot was. */
    private static @Nullable String cause(ApplicationContext context, String key) {
        List<SlotEvent> history = context.getBean(AsyncSlotRegistry.class)
                .timers("payment", String.class)
                .find(key)
                .orElseThrow()
                .history();
        return Objects.requireNonNull(history.get(history.size() - 1).cause()).name();
    }

    /** No interface has parameter names without that option, and Spring Data's repositories are interfaces. */
    @Test
    void interfaceWithoutParameterNames_isToldByItsOwnName(@TempDir Path directory) throws Exception {
        Path source = Files.writeString(directory.resolve("Nameless.java"), """
                public interface Nameless {
                    @io.asyncslot.annotation.StartSlot(map = "payment", key = "#entity.hashCode()")
                    Object save(Object entity);
                }
                """);
        int errors = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-g",
                        "-proc:none",
                        "-cp",
                        System.getProperty("java.class.path"),
                        source.toString());
        assertThat(errors).isZero();
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {directory.toUri().toURL()}, getClass().getClassLoader())) {
            Class<?> nameless = loader.loadClass("Nameless");
            Object repository =
                    Proxy.newProxyInstance(loader, new Class<?>[] {nameless}, (proxy, method, arguments) -> null);
            runner.withInitializer(context -> ((GenericApplicationContext) context)
                            .registerBean("nameless", Object.class, () -> repository))
                    .run(context -> assertThat(context)
                            .getFailure()
                            .hasStackTraceContaining("@StartSlot of map 'payment' on Nameless.save has key ="
                                    + " \"#entity.hashCode()\": '#entity.hashCode()' names '#entity', but a call of the"
                                    + " method has the variables [a0, p0, result, root, this]; Nameless is compiled without"
                                    + " -parameters, so that its parameters have no names: compile it with this option, or"
                                    + " write '#a0' for the first one."));
        }
    }

    /** The proxy of the repository has the fragment's method, and so has the fragment's own bean: both pass a proxy. */
    @Test
    void triggerOnAFragment_actsOncePerCall() {
        runner.withBean(Audit.class)
                .withBean("fragment", ArchiveImpl.class)
                .withBean("archived", ArchivedFactory.class)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    Archived archived = context.getBean(Archived.class);
                    archived.archive("o1", 1_000, "one");
                    archived.archive("o1", 1_000, "two");
                    assertThat(pending(context, "o1")).containsExactly("one", "two");
                    Archive fragment = context.getBean("fragment", Archive.class);
                    fragment.archive("o1", 1_000, "three");
                    assertThat(pending(context, "o1")).as("called by itself").containsExactly("three");
                    assertThatThrownBy(() -> archived.archive("refused", 0, "four"))
                            .isInstanceOf(IllegalArgumentException.class);
                    assertThat(pending(context, "refused")).isEmpty();
                    fragment.archive("o1", 1_000, "five");
                    assertThat(pending(context, "o1"))
                            .as("after a call that failed")
                            .containsExactly("five");
                });
    }

    /** Only a call that is passed on is the same one: not one with other arguments, nor one to the same bean. */
    @Test
    void callWithinACall_actsByItself() {
        runner.withBean(Audit.class).withBean("chained", Chained.class).run(context -> {
            Chained chained = context.getBean(Chained.class);
            Objects.requireNonNull((Chained) AopProxyUtils.getSingletonTarget(chained)).self = chained;
            chained.archive("o1", 2, "same");
            assertThat(pending(context, "o1")).containsExactly("same", "same", "same");
        });
    }

    @SuppressWarnings("unchecked")
    private static List<String> pending(ApplicationContext context, String key) {
        SlotMap<String> map = (SlotMap<String>)
                context.getBean(AsyncSlotRegistry.class).map("audit").orElseThrow();
        return ((ValueTimerSlots<String, String>) map).takeAll(key);
    }

    /** Advice beside the target would know the class only, and leave the interface's triggers silent. */
    @Test
    void triggersOfBaseClassAndOfInterface_bothAct() {
        runner.withBean("traced", Object.class, () -> repository(new TracingRepository(), Orders.class))
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
                    Orders orders = (Orders) context.getBean("traced");
                    orders.save(new Order("o1"));
                    assertThat(registry.timers("payment", String.class).find("o1"))
                            .as("by the interface")
                            .isPresent();
                    orders.findById("o2");
                    assertThat(registry.timers("payment", String.class).find("o2"))
                            .as("by the class")
                            .isPresent();
                    assertThat(registry.timers("payment", String.class).stats().started())
                            .isEqualTo(2);
                });
    }

    @Test
    void triggersOfBaseClassAndOfInterface_onOneMethod_areRefused() {
        runner.withBean("saving", Object.class, () -> repository(new SavingRepository(), Orders.class))
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("@StartSlot of map 'payment'")
                        .hasStackTraceContaining("SavingRepository.save and @StartSlot of map 'payment'")
                        .hasStackTraceContaining("Orders.save would act on the same calls"));
    }

    @Test
    void triggerOfTheSecondInterface_acts() {
        Object both = Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Plain.class, Annotated.class},
                (proxy, method, arguments) -> null);
        runner.withBean("both", Object.class, () -> both).run(context -> {
            assertThat(context).hasNotFailed();
            ((Plain) context.getBean("both")).place("o1");
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .timers("payment", String.class)
                            .find("o1"))
                    .isPresent();
        });
    }

    @Test
    void triggersOfTwoInterfaces_onOneMethod_areRefused() {
        Object both = Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Annotated.class, Ending.class},
                (proxy, method, arguments) -> null);
        runner.withBean("both", Object.class, () -> both)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("Annotated.place and @DeleteSlot of map 'payment'"));
    }

    /** Clients made from an interface alone. */
    @Test
    void proxyWithoutATarget_triggers() {
        Object client = ProxyFactory.getProxy(Annotated.class, (MethodInterceptor) invocation -> null);
        runner.withBean("client", Object.class, () -> client).run(context -> {
            assertThat(context).hasNotFailed();
            ((Annotated) context.getBean("client")).place("o1");
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .timers("payment", String.class)
                            .find("o1"))
                    .isPresent();
        });
    }

    interface Plain {
        void place(String order);
    }

    interface Annotated {
        @StartSlot(map = "payment", key = "#order")
        void place(String order);
    }

    interface Ending {
        @DeleteSlot(map = "payment", key = "#order")
        void place(String order);
    }

    static class TracingRepository extends SimpleRepository {
        @Override
        @StartSlot(map = "payment", key = "#id")
        public Optional<Order> findById(String id) {
            return super.findById(id);
        }
    }

    static class SavingRepository extends SimpleRepository {
        @Override
        @StartSlot(map = "payment", key = "#entity.id")
        public <S extends Order> S save(S entity) {
            return super.save(entity);
        }
    }

    static class Audit {
        @TimerSlot(map = "audit", delay = "1h", merge = Merge.COLLECT)
        void write(String order, List<String> notes) {}
    }

    interface Archive {
        @StartSlot(map = "audit", key = "#order", value = "#note")
        void archive(String order, int number, String note);
    }

    interface Archived extends Crud<Order, String>, Archive {}

    static class ArchiveImpl implements Archive {
        @Override
        public void archive(String order, int number, String note) {
            Assert.isTrue(number > 0, "no number");
        }
    }

    /** Calls itself through its proxy. */
    static class Chained implements Archive {

        @Nullable
        Archive self;

        @Override
        public void archive(String order, int number, String note) {
            if (number > 0) {
                Objects.requireNonNull(self).archive(order, number - 1, note);
            }
        }
    }

    /** Makes the proxy as Spring Data does: methods of fragments are called on the fragments' beans. */
    static class ArchivedFactory implements FactoryBean<Archived> {

        private final Archive fragment;

        ArchivedFactory(@Qualifier("fragment") Archive fragment) {
            this.fragment = fragment;
        }

        @Override
        public Archived getObject() {
            ProxyFactory factory = new ProxyFactory();
            factory.setTarget(new SimpleRepository());
            factory.setInterfaces(Archived.class);
            factory.addAdvice((MethodInterceptor) invocation -> {
                if (invocation.getMethod().getDeclaringClass() == Archive.class) {
                    return AopUtils.invokeJoinpointUsingReflection(
                            fragment, invocation.getMethod(), invocation.getArguments());
                }
                return invocation.proceed();
            });
            return (Archived) factory.getProxy(getClass().getClassLoader());
        }

        @Override
        public Class<?> getObjectType() {
            return Archived.class;
        }
    }

    record Order(String id) {}

    static class Payment {
        @TimerSlot(map = "payment", delay = "30m")
        void unpaid(String order) {}
    }

    interface Crud<T, K> {
        <S extends T> S save(S entity);

        Optional<T> findById(K id);

        void deleteById(K id);
    }

    interface Touching<K> {
        @StartSlot(map = "payment", key = "#id")
        void touch(K id);
    }

    interface Orders extends Crud<Order, String>, Touching<String> {

        @Override
        @StartSlot(map = "payment", key = "#order.id")
        <S extends Order> S save(S order);

        @StartSlot(map = "payment", key = "#reference")
        Optional<Order> findByReference(@Nullable String reference);

        @Override
        @DeleteSlot(map = "payment", key = "#id")
        void deleteById(String id);
    }

    /** What all repositories are made of; it implements none of the application's interfaces. */
    static class SimpleRepository implements Crud<Order, String> {

        private final Map<String, Order> orders = new ConcurrentHashMap<>();

        @Override
        public <S extends Order> S save(S entity) {
            orders.put(entity.id(), entity);
            return entity;
        }

        @Override
        public Optional<Order> findById(String id) {
            return Optional.ofNullable(orders.get(id));
        }

        @Override
        public void deleteById(String id) {
            orders.remove(id);
        }
    }

    /** Makes the proxy as Spring Data does: queries are answered by advice, the rest by the target. */
    private static Object repository(SimpleRepository target, Class<?> type) {
        ProxyFactory factory = new ProxyFactory();
        factory.setTarget(target);
        factory.setInterfaces(type);
        factory.addAdvice((MethodInterceptor) invocation -> {
            if (invocation.getMethod().getName().startsWith("findBy")
                    && invocation.getMethod().getDeclaringClass() == Orders.class) {
                return Optional.empty();
            }
            if (invocation.getMethod().getDeclaringClass() == Touching.class) {
                return null;
            }
            Method method = SimpleRepository.class.getMethod(
                    invocation.getMethod().getName(),
                    invocation.getMethod().getName().equals("save") ? Order.class : String.class);
            return method.invoke(invocation.getThis(), invocation.getArguments());
        });
        return factory.getProxy(RepositoryTriggerTests.class.getClassLoader());
    }

    static class OrdersFactory implements FactoryBean<Orders> {

        @Override
        public Orders getObject() {
            return (Orders) repository(new SimpleRepository(), Orders.class);
        }

        @Override
        public Class<?> getObjectType() {
            return Orders.class;
        }
    }
}
