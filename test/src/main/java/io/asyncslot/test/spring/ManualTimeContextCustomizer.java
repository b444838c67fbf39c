package io.asyncslot.test.spring;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.test.ManualTicker;
import io.asyncslot.test.ManualTime;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.springframework.beans.factory.support.BeanDefinitionBuilder;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.MergedContextConfiguration;
import org.springframework.test.context.support.TestPropertySourceUtils;

/**
 * Puts the test's clocks, an engine without a thread and an executor without threads where the starter looks for those of
 * the application. One is like another, so that tests share contexts.
 */
record ManualTimeContextCustomizer() implements ContextCustomizer {

    /** The starter's name of the executor that runs callbacks. */
    private static final String EXECUTOR = "asyncSlotTaskExecutor";

    @Override
    public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration configuration) {
        TestPropertySourceUtils.addInlinedPropertiesToEnvironment(context, "asyncslot.backend=jvm");
        ManualTicker ticker = new ManualTicker(ManualTime.DEFAULT_WALL_CLOCK);
        JvmBackend engine = JvmBackend.manual();
        add(context, "asyncSlotManualTicker", ManualTicker.class, () -> ticker);
        add(context, "asyncSlotManualBackend", JvmBackend.class, () -> engine);
        add(context, EXECUTOR, Executor.class, () -> Runnable::run);
        add(
                context,
                "asyncSlotManualTime",
                ManualTime.class,
                () -> ManualTime.of(ticker, engine, context.getBean(AsyncSlotRegistry.class)));
    }

    private static <T> void add(
            ConfigurableApplicationContext context, String name, Class<T> type, Supplier<T> supplier) {
        RootBeanDefinition definition = (RootBeanDefinition) BeanDefinitionBuilder.rootBeanDefinition(type, supplier)
                .setLazyInit(true)
                .getBeanDefinition();
        definition.setDestroyMethodName(""); // the registry's own bean closes them
        definition.setDefaultCandidate(!name.equals(EXECUTOR)); // as the starter's own: no executor of the application
        ((BeanDefinitionRegistry) context.getBeanFactory()).registerBeanDefinition(name, definition);
    }
}
