package io.asyncslot.autoconfigure;

import io.asyncslot.observation.PropagatedContext;
import io.asyncslot.spring.SlotConfigurationException;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configuration of the context in which callbacks run. It needs Micrometer's context propagation; without it, asking for
 * propagation ends the start.
 */
@AutoConfiguration(before = AsyncSlotAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(AsyncSlotContextPropagationProperties.class)
public final class AsyncSlotContextPropagationAutoConfiguration {

    private static final String ENABLED = "asyncslot.context-propagation.enabled";

    /** Made by Spring. */
    AsyncSlotContextPropagationAutoConfiguration() {}

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ContextSnapshot.class)
    @ConditionalOnBooleanProperty(name = ENABLED)
    static class PropagationConfiguration {

        @Bean
        PropagatedContext asyncSlotPropagatedContext() {
            return new PropagatedContext(ContextRegistry.getInstance());
        }

        @Bean
        PropagatedContext asyncSlotPropagatedLoggingContext() {
            return PropagatedContext.ofLogging();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingClass("io.micrometer.context.ContextSnapshot")
    @ConditionalOnBooleanProperty(name = ENABLED)
    static class MissingLibraryConfiguration {

        MissingLibraryConfiguration() {
            throw new SlotConfigurationException(
                    "'" + ENABLED + "=true' needs Micrometer's context propagation, which is not on the class path:"
                            + " callbacks would run without the context of whoever armed their slot.",
                    "Add the dependency io.micrometer:context-propagation, whose version Spring Boot manages.");
        }
    }
}
