package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.actuate.SlotBackendMetrics;
import io.asyncslot.actuate.SlotMetrics;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the meters, where Micrometer is on the class path. */
@AutoConfiguration(before = AsyncSlotAutoConfiguration.class)
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
public final class AsyncSlotMetricsAutoConfiguration {

    /** Made by Spring. */
    AsyncSlotMetricsAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    SlotMetrics asyncSlotMetrics() {
        return new SlotMetrics();
    }

    @Bean
    @ConditionalOnMissingBean
    SlotBackendMetrics asyncSlotBackendMetrics(AsyncSlotRegistry registry) {
        return new SlotBackendMetrics(registry);
    }
}
