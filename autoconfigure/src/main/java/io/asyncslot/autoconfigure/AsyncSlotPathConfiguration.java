package io.asyncslot.autoconfigure;

import io.asyncslot.actuate.SlotPath;
import io.asyncslot.actuate.SlotPathFilter;
import io.asyncslot.actuate.SlotPathWebFilter;
import jakarta.servlet.Filter;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointProperties;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.WebFilter;

/** Refuses paths that web frameworks take a part out of, wherever the endpoint is served: on its own port or not. */
@ManagementContextConfiguration(proxyBeanMethods = false)
final class AsyncSlotPathConfiguration {

    private static SlotPath path(WebEndpointProperties properties) {
        String base = properties.getBasePath().equals("/") ? "" : properties.getBasePath();
        String mapped = properties.getPathMapping().getOrDefault("asyncslots", "asyncslots");
        return new SlotPath(base + (mapped.startsWith("/") ? "" : "/") + mapped);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass(Filter.class)
    static class Servlets {

        @Bean
        SlotPathFilter asyncSlotPathFilter(WebEndpointProperties properties) {
            return new SlotPathFilter(path(properties));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    @ConditionalOnClass(WebFilter.class)
    static class WebFlux {

        @Bean
        SlotPathWebFilter asyncSlotPathWebFilter(WebEndpointProperties properties) {
            return new SlotPathWebFilter(path(properties));
        }
    }
}
