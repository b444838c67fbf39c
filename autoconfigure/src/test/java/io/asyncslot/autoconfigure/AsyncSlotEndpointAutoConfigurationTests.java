package io.asyncslot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.actuate.AsyncSlotsEndpoint;
import io.asyncslot.actuate.AsyncSlotsEndpointWebExtension;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spring.BackendSelection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** When the endpoint is there. */
class AsyncSlotEndpointAutoConfigurationTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(AsyncSlotAutoConfiguration.class, AsyncSlotEndpointAutoConfiguration.class));

    @Test
    void exposed_isThere() {
        runner.withPropertyValues("management.endpoints.web.exposure.include=asyncslots")
                .run(context -> assertThat(context)
                        .hasSingleBean(AsyncSlotsEndpoint.class)
                        .hasSingleBean(AsyncSlotsEndpointWebExtension.class));
    }

    @Test
    void exposedByJmxOnly_hasNoWebExtension() {
        runner.withPropertyValues("spring.jmx.enabled=true", "management.endpoints.jmx.exposure.include=asyncslots")
                .run(context -> assertThat(context)
                        .hasSingleBean(AsyncSlotsEndpoint.class)
                        .doesNotHaveBean(AsyncSlotsEndpointWebExtension.class));
    }

    @Test
    void notExposed_isNotThere() {
        runner.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(AsyncSlotsEndpoint.class));
    }

    @Test
    void withoutAccess_isNotThere() {
        runner.withPropertyValues(
                        "management.endpoints.web.exposure.include=*", "management.endpoint.asyncslots.access=NONE")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(AsyncSlotsEndpoint.class));
    }

    @Test
    void disabled_isNotThere() {
        runner.withPropertyValues("management.endpoints.web.exposure.include=*", "asyncslot.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(AsyncSlotsEndpoint.class));
    }

    @Test
    void withoutActuator_isNotThere() {
        runner.withPropertyValues("management.endpoints.web.exposure.include=*")
                .withClassLoader(new FilteredClassLoader("org.springframework.boot.actuate"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(AsyncSlotRegistry.class)
                        .doesNotHaveBean("asyncSlotsEndpoint"));
    }

    @Test
    void endpointOfTheUser_wins() {
        AsyncSlotsEndpoint own = new AsyncSlotsEndpoint(
                new AsyncSlotRegistryBuilder(Runnable::run).build(),
                new BackendSelection("jvm", "jvm", List.of()),
                List.of(),
                event -> {});
        runner.withPropertyValues("management.endpoints.web.exposure.include=*")
                .withBean("mine", AsyncSlotsEndpoint.class, () -> own)
                .run(context -> assertThat(context)
                        .hasSingleBean(AsyncSlotsEndpoint.class)
                        .hasBean("mine"));
    }
}
