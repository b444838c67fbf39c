package io.asyncslot.kernel.spring;

import io.asyncslot.kernel.KernelBackend;
import io.asyncslot.spi.SlotValueCodec;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
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
import org.springframework.util.ClassUtils;

/**
 * Auto-configuration of the kernel backend, from Java 25 on. It touches the kernel only when {@code asyncslot.backend} or a
 * map asks for {@code kernel} or {@code auto}.
 */
@AutoConfiguration(
        beforeName = "io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration",
        afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration")
@ConditionalOnJava(JavaVersion.TWENTY_FIVE)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(KernelProperties.class)
@ImportRuntimeHints(KernelRuntimeHints.class)
public final class KernelBackendAutoConfiguration {

    private static final String JSON_MAPPER = "tools.jackson.databind.json.JsonMapper";

    /** Made by Spring. */
    KernelBackendAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    KernelBackend asyncSlotKernelBackend(
            KernelProperties properties,
            Environment environment,
            ObjectProvider<CircuitBreakerRegistry> circuitBreakers,
            ObjectProvider<SlotValueCodec> codecs,
            BeanFactory beans) {
        String name = environment.getProperty("spring.application.name", "application");
        String holder = name + ", process " + ProcessHandle.current().pid();
        return new KernelBackend(
                properties.settings(holder),
                properties.options(),
                circuitBreakers.getIfAvailable(CircuitBreakerRegistry::ofDefaults),
                codecs.getIfUnique(() -> json(beans)));
    }

    /** With the application's own mapper, if it has exactly one. */
    private static @Nullable SlotValueCodec json(BeanFactory beans) {
        ClassLoader loader = KernelBackendAutoConfiguration.class.getClassLoader();
        Object mapper = ClassUtils.isPresent(JSON_MAPPER, loader)
                ? beans.getBeanProvider(ClassUtils.resolveClassName(JSON_MAPPER, loader))
                        .getIfUnique()
                : null;
        return mapper == null ? null : SlotValueCodec.json(mapper);
    }
}
