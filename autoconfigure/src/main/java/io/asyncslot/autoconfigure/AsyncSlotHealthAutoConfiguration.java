package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.actuate.AsyncSlotHealthIndicator;
import io.asyncslot.spring.BackendSelection;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the health contributor {@code asyncslot}. Off with management.health.asyncslot.enabled=false. */
@AutoConfiguration(
        after = AsyncSlotAutoConfiguration.class,
        beforeName = "org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration")
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean({AsyncSlotRegistry.class, BackendSelection.class})
public final class AsyncSlotHealthAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnEnabledHealthIndicator("asyncslot")
    @ConditionalOnMissingBean(name = "asyncslotHealthContributor")
    AsyncSlotHealthIndicator asyncslotHealthContributor(AsyncSlotRegistry registry, BackendSelection selection) {
        return new AsyncSlotHealthIndicator(registry, selection);
    }
}
