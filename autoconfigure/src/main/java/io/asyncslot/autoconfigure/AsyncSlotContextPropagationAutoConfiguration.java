package io.asyncslot.autoconfigure;

import io.asyncslot.observation.PropagatedContext;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the context in which callbacks run, where Micrometer's context propagation is present. */
@AutoConfiguration(before = AsyncSlotAutoConfiguration.class)
@ConditionalOnClass(ContextSnapshot.class)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(AsyncSlotContextPropagationProperties.class)
public final class AsyncSlotContextPropagationAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotContextPropagationAutoConfiguration() {}

    @Bean
    @ConditionalOnBooleanProperty(name = "asyncslot.context-propagation.enabled")
    PropagatedContext asyncSlotPropagatedContext() {
        return new PropagatedContext(ContextRegistry.getInstance());
    }

    @Bean
    @ConditionalOnBooleanProperty(name = "asyncslot.context-propagation.enabled")
    PropagatedContext asyncSlotPropagatedLoggingContext() {
        return PropagatedContext.ofLogging();
    }
}
