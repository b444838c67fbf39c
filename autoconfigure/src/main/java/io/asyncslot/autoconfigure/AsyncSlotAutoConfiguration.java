package io.asyncslot.autoconfigure;

import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.autoconfigure.AsyncSlotProperties.Triggers.AbsentMap;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotInterceptor;
import io.asyncslot.spi.SlotListener;
import io.asyncslot.spi.Ticker;
import io.asyncslot.spring.AsyncSlotLifecycle;
import io.asyncslot.spring.BackendSelection;
import io.asyncslot.spring.SlotCallbackBeanPostProcessor;
import io.asyncslot.spring.SlotGuards;
import io.asyncslot.spring.SlotMapInjection;
import io.asyncslot.spring.SlotRegistrar;
import io.asyncslot.spring.SlotShutdown;
import io.asyncslot.spring.SlotTriggerBeanPostProcessor;
import io.asyncslot.spring.SpringSlotTransactions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.context.LifecycleProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of keyed slots: the {@link AsyncSlotRegistry} bean, the executor of the callbacks, the annotations,
 * and the lifecycle. Off with {@code asyncslot.enabled=false}.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration",
            "org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(AsyncSlotProperties.class)
@Import(AsyncSlotExecutorConfiguration.class)
public final class AsyncSlotAutoConfiguration {

    private static final Log LOG = LogFactory.getLog(AsyncSlotAutoConfiguration.class);

    /** Made by Spring. */
    AsyncSlotAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    BackendSelection asyncSlotBackendSelection(
            AsyncSlotProperties properties, ObjectProvider<SlotBackend> backends, ListableBeanFactory beans) {
        BackendSelection selection = BackendSelection.of(
                properties.backend(),
                () -> backends.orderedStream().map(SlotBackend::report).toList(),
                new MissingBackends(beans)::of);
        if (selection.requested().equals(BackendSelection.AUTO)) {
            String reasons = String.join(" ", selection.reasons());
            LOG.info("asyncslot.backend=auto chooses the " + selection.used() + " backend"
                    + (reasons.isEmpty() ? "" : ", because the kernel backend cannot be used: " + reasons));
        }
        return selection;
    }

    @Bean
    @ConditionalOnMissingBean
    AsyncSlotRegistry asyncSlotRegistry(
            AsyncSlotProperties properties,
            BackendSelection selection,
            @Qualifier(AsyncSlotExecutorConfiguration.BEAN_NAME) Executor executor,
            ObjectProvider<SlotBackend> backends,
            ObjectProvider<SlotListener> listeners,
            ObjectProvider<SlotInterceptor> interceptors,
            ObjectProvider<ArmingContext<?>> armingContexts,
            ObjectProvider<Ticker> ticker,
            ObjectProvider<AsyncSlotRegistryCustomizer> customizers,
            ListableBeanFactory beans) {
        AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(executor)
                .maxKeyLength(properties.maxKeyLength())
                .defaultBackend(selection.used())
                .missing(new MissingBackends(beans)::of)
                .transactions(SpringSlotTransactions.detect(AsyncSlotAutoConfiguration.class.getClassLoader()))
                .listener(new CompositeSlotListener(listeners.orderedStream().toList()));
        List<SlotBackend> present = new ArrayList<>(backends.orderedStream().toList());
        if (present.stream().noneMatch(backend -> backend.name().equals(JvmBackend.NAME))) {
            present.add(0, new JvmBackend(properties.jvm().options()));
        }
        present.forEach(builder::backend);
        interceptors.orderedStream().forEach(builder::interceptor);
        armingContexts.orderedStream().forEach(builder::armingContext);
        ticker.ifUnique(builder::ticker);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Bean
    @ConditionalOnMissingBean
    SlotRegistrar asyncSlotRegistrar(
            ObjectProvider<AsyncSlotRegistry> registry,
            ObjectProvider<AsyncSlotProperties> properties,
            ObjectProvider<SlotGuards> guards,
            ObjectProvider<SlotShutdown> shutdown,
            Environment environment) {
        return new SlotRegistrar(
                registry::getObject,
                () -> {
                    AsyncSlotProperties present = properties.getObject();
                    return new SlotRegistrar.Options(
                            new MapProperties(environment, present.maps().keySet()),
                            present.history().size());
                },
                guards::getIfAvailable,
                shutdown::getObject);
    }

    @Bean
    @ConditionalOnMissingBean
    SlotShutdown asyncSlotShutdown(AsyncSlotProperties properties, ObjectProvider<LifecycleProperties> lifecycle) {
        Duration phase = lifecycle.getIfAvailable(LifecycleProperties::new).getTimeoutPerShutdownPhase();
        return new SlotShutdown(below(phase, properties.shutdown().timeout()));
    }

    @Bean
    static SlotCallbackBeanPostProcessor asyncSlotCallbackPostProcessor(ObjectProvider<SlotRegistrar> registrar) {
        return new SlotCallbackBeanPostProcessor(registrar::getObject);
    }

    @Bean
    static SlotMapInjection asyncSlotMapInjection() {
        return new SlotMapInjection();
    }

    @Bean
    static SlotTriggerBeanPostProcessor asyncSlotTriggerPostProcessor(
            ObjectProvider<AsyncSlotRegistry> registry, Environment environment) {
        SlotTriggerBeanPostProcessor processor = new SlotTriggerBeanPostProcessor(registry::getObject);
        processor.setProxyTargetClass(environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true));
        return processor;
    }

    @Bean
    @ConditionalOnMissingBean
    AsyncSlotLifecycle asyncSlotLifecycle(
            AsyncSlotRegistry registry,
            SlotTriggerBeanPostProcessor triggers,
            AsyncSlotProperties properties,
            SlotShutdown shutdown) {
        return new AsyncSlotLifecycle(
                registry,
                () -> triggers.checkTriggers(properties.triggers().absentMap() == AbsentMap.IGNORE),
                shutdown,
                properties.autoStartup(),
                properties.keepAlive());
    }

    /** The drain time-out, or nine tenths of the phase's where that is too short for it. */
    private static Duration below(Duration phase, Duration wanted) {
        Duration most = phase.multipliedBy(9).dividedBy(10);
        if (wanted.compareTo(most) <= 0) {
            return wanted;
        }
        LOG.warn("asyncslot.shutdown.timeout (" + wanted + ") is shortened to " + most
                + " to stay below spring.lifecycle.timeout-per-shutdown-phase (" + phase + ")");
        return most;
    }

    @Bean
    static LazyInitializationExcludeFilter asyncSlotLazyInitializationExcludeFilter() {
        return (name, definition, type) ->
                SlotCallbackBeanPostProcessor.hasCallbacks(type) || type == AsyncSlotLifecycle.class;
    }
}
