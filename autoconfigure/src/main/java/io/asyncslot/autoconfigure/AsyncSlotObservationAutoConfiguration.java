package io.asyncslot.autoconfigure;

import io.asyncslot.ArmingContext;
import io.asyncslot.observation.ObservedRuns;
import io.asyncslot.observation.SlotObservationConvention;
import io.asyncslot.observation.SlotTracingObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Auto-configuration of observations and traces of callbacks, where there is an observation registry. */
@AutoConfiguration(
        before = AsyncSlotAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
            "org.springframework.boot.micrometer.tracing.autoconfigure.NoopTracerAutoConfiguration",
            "org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration"
        })
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean(ObservationRegistry.class)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(AsyncSlotObservationProperties.class)
public final class AsyncSlotObservationAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotObservationAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBooleanProperty(name = "asyncslot.observation.enabled", matchIfMissing = true)
    ObservedRuns asyncSlotObservedRuns(
            ObservationRegistry registry,
            ObjectProvider<SlotObservationConvention> convention,
            AsyncSlotObservationProperties properties) {
        return new ObservedRuns(registry, convention.getIfUnique(), properties.includeKey());
    }

    /** Traces, where there is a tracer. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(Tracer.class)
    @ConditionalOnBean(Tracer.class)
    @ConditionalOnBooleanProperty(name = "asyncslot.observation.enabled", matchIfMissing = true)
    static class TracingConfiguration {

        @Bean
        @ConditionalOnMissingBean
        SlotTracingObservationHandler asyncSlotTracingObservationHandler(
                Tracer tracer, AsyncSlotObservationProperties properties) {
            return new SlotTracingObservationHandler(tracer, properties.continuity());
        }

        @Bean
        AsyncSlotRegistryCustomizer asyncSlotArmingTraceCustomizer(SlotTracingObservationHandler handler) {
            return builder -> {
                ArmingContext<?> trace = handler.armingTrace();
                if (trace != null) {
                    builder.armingContext(trace);
                }
            };
        }
    }
}
