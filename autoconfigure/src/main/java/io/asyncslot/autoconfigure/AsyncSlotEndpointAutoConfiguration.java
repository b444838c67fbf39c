package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.actuate.AsyncSlotsEndpoint;
import io.asyncslot.actuate.AsyncSlotsEndpointWebExtension;
import io.asyncslot.spring.BackendSelection;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the Actuator endpoint {@code asyncslots}, where Actuator is on the class path. */
@AutoConfiguration(after = AsyncSlotAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean({AsyncSlotRegistry.class, BackendSelection.class})
@EnableConfigurationProperties(AsyncSlotsEndpointProperties.class)
public final class AsyncSlotEndpointAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotEndpointAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint
    AsyncSlotsEndpoint asyncSlotsEndpoint(
            AsyncSlotRegistry registry,
            BackendSelection selection,
            ObjectProvider<SanitizingFunction> sanitizingFunctions,
            ApplicationEventPublisher audit) {
        return new AsyncSlotsEndpoint(
                registry, selection, sanitizingFunctions.orderedStream().toList(), audit);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(AsyncSlotsEndpoint.class)
    @ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
    AsyncSlotsEndpointWebExtension asyncSlotsEndpointWebExtension(
            AsyncSlotsEndpoint endpoint, AsyncSlotsEndpointProperties properties) {
        return new AsyncSlotsEndpointWebExtension(endpoint, properties.showValues(), properties.roles());
    }
}
