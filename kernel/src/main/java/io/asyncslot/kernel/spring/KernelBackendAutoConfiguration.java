package io.asyncslot.kernel.spring;

import io.asyncslot.kernel.KernelBackend;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnJava;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.system.JavaVersion;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of the kernel backend, from Java 25 on. It touches the kernel only when {@code asyncslot.backend} or a
 * map asks for {@code kernel} or {@code auto}.
 */
@AutoConfiguration(beforeName = "io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration")
@ConditionalOnJava(JavaVersion.TWENTY_FIVE)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(KernelProperties.class)
@ImportRuntimeHints(KernelRuntimeHints.class)
public final class KernelBackendAutoConfiguration {

    /** Made by Spring. */
    KernelBackendAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    KernelBackend asyncSlotKernelBackend(
            KernelProperties properties,
            Environment environment,
            ObjectProvider<CircuitBreakerRegistry> circuitBreakers) {
        String name = environment.getProperty("spring.application.name", "application");
        String holder = name + ", process " + ProcessHandle.current().pid();
        return new KernelBackend(
                properties.settings(holder),
                properties.options(),
                circuitBreakers.getIfAvailable(CircuitBreakerRegistry::ofDefaults));
    }
}
