package io.asyncslot.dashboard;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.endpoint.EndpointAccessResolver;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * Serves the dashboard where Actuator is served: on the application's port, or on that of its own
 * ({@code management.server.port}).
 */
@ManagementContextConfiguration(proxyBeanMethods = false)
@ConditionalOnBean(Feed.class)
@ImportRuntimeHints(DashboardManagementConfiguration.Hints.class)
class DashboardManagementConfiguration {

    @Bean
    DashboardPages asyncSlotDashboardPages(
            AsyncSlotDashboardProperties properties,
            ObjectProvider<PathMappedEndpoints> endpoints,
            ObjectProvider<EndpointAccessResolver> access) {
        return new DashboardPages(properties.path(), endpoints.getIfAvailable(), access.getIfAvailable());
    }

    /** On Spring MVC. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    static class OnServlet {

        @Bean
        ServletDashboard asyncSlotServletDashboard(DashboardPages pages, Feed feed) {
            return new ServletDashboard(pages, feed);
        }
    }

    /** On WebFlux. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static class OnReactive {

        @Bean
        ReactiveDashboard asyncSlotReactiveDashboard(DashboardPages pages, Feed feed) {
            return new ReactiveDashboard(pages, feed);
        }
    }

    /** The files, in a native image. */
    static class Hints implements RuntimeHintsRegistrar {

        @Override
        public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
            hints.resources().registerPattern("io/asyncslot/dashboard/ui/*");
        }
    }
}
