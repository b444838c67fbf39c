package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.spring.AsyncSlotLifecycle;
import io.asyncslot.spring.BackendSelection;
import io.asyncslot.spring.SlotRegistrar;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;

/** The application's own beans win, one by one; and who uses no slots does not pay for them. */
class BackOffTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    AsyncSlotAutoConfiguration.class,
                    AsyncSlotMetricsAutoConfiguration.class,
                    LifecycleAutoConfiguration.class,
                    TaskExecutionAutoConfiguration.class));

    /** Whatever can be replaced in the main configuration: a bean that is added there is tested here. */
    static Stream<Method> replaceable() {
        return Stream.of(AsyncSlotAutoConfiguration.class, AsyncSlotMetricsAutoConfiguration.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(ConditionalOnMissingBean.class));
    }

    @ParameterizedTest
    @MethodSource("replaceable")
    void beanOfTheUser_wins(Method method) {
        Class<?> type = method.getReturnType();
        runner.run(context -> {
            Object own = context.getBean(type); // as good as any
            runner.withInitializer(other -> {
                        RootBeanDefinition definition = new RootBeanDefinition(type);
                        definition.setInstanceSupplier(() -> own);
                        definition.setDestroyMethodName(null);
                        ((org.springframework.beans.factory.support.BeanDefinitionRegistry) other.getBeanFactory())
                                .registerBeanDefinition("own", definition);
                    })
                    .run(other -> {
                        assertThat(other).hasNotFailed().hasSingleBean(type).doesNotHaveBean(method.getName());
                        assertThat(other.getBean(type)).isSameAs(own);
                    });
        });
    }

    @Test
    void replaceable_areTheBeansThatMatter() {
        assertThat(replaceable().map(Method::getReturnType).collect(Collectors.<Class<?>>toSet()))
                .contains(
                        AsyncSlotRegistry.class, BackendSelection.class, SlotRegistrar.class, AsyncSlotLifecycle.class);
    }

    /** A bean of the same name, in an application that allows overriding. */
    @Test
    void beanOfTheSameName_replacesOurs() {
        AsyncSlotRegistry own = new io.asyncslot.registry.AsyncSlotRegistryBuilder(Runnable::run).build();
        runner.withAllowBeanDefinitionOverriding(true)
                .withBean("asyncSlotRegistry", AsyncSlotRegistry.class, () -> own)
                .run(context -> assertThat(context.getBean("asyncSlotRegistry")).isSameAs(own));
    }

    @Test
    void unused_makesNoThread() {
        Set<Thread> before = threads();
        runner.run(context -> {
            AsyncSlotRegistry registry = context.getBean(AsyncSlotRegistry.class);
            assertThat(registry.isRunning()).isTrue();
            assertThat(before).containsAll(threads()); // those of former tests may be gone meanwhile

            registry.register(TimerMapSpec.named("first", String.class)
                            .callback((key, firing) -> {})
                            .build())
                    .start("a", Duration.ofHours(1));
            await().untilAsserted(() -> assertThat(threads())
                    .filteredOn(thread -> !before.contains(thread))
                    .extracting(Thread::getName)
                    .contains("asyncslot-timer"));
        });
        await().untilAsserted(() -> assertThat(before).containsAll(threads()));
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("asyncslot"))
                .collect(Collectors.toSet());
    }

    @Test
    void conditions_areWrittenOnClassesAndMethodsOfBeans() {
        List<Method> unconditional = Arrays.stream(AsyncSlotAutoConfiguration.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Bean.class))
                .filter(method -> !method.isAnnotationPresent(ConditionalOnMissingBean.class))
                .toList();
        assertThat(unconditional)
                .as("only what Spring collects by type may be without a condition")
                .allMatch(method -> java.lang.reflect.Modifier.isStatic(method.getModifiers()));
    }
}
