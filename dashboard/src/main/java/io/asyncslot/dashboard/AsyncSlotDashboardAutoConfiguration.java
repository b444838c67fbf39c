package io.asyncslot.dashboard;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import java.time.Clock;
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementContextAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of what the dashboard shows; {@code DashboardManagementConfiguration} serves it. Off unless {@code
 * asyncslot.dashboard.enabled=true}, and in applications without a web server.
 */
@AutoConfiguration(after = AsyncSlotAutoConfiguration.class, before = ManagementContextAutoConfiguration.class)
@ConditionalOnBooleanProperty("asyncslot.dashboard.enabled")
@ConditionalOnWebApplication
@ConditionalOnBean(AsyncSlotRegistry.class)
@EnableConfigurationProperties(AsyncSlotDashboardProperties.class)
@RegisterReflectionForBinding({Overview.class, Overview.OneMap.class, Census.class, Session.class})
public final class AsyncSlotDashboardAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotDashboardAutoConfiguration() {}

    /** Asks for no registry: that one is made of its listeners. */
    @Bean
    Firings asyncSlotDashboardFirings() {
        return new Firings();
    }

    @Bean
    Feed asyncSlotDashboardFeed(ObjectProvider<AsyncSlotRegistry> registry, Firings firings) {
        return new Feed(() -> new Sampler(registry.getObject(), firings, Clock.systemUTC()), firings, Feed.LINGER);
    }
}
