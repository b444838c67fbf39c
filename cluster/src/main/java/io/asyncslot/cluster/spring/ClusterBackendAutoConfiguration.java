package io.asyncslot.cluster.spring;

import io.asyncslot.cluster.ClusterBackend;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.spi.SlotValueCodec;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.util.ClassUtils;

/**
 * Auto-configuration of the cluster backend, on the data source that is marked {@link AsyncSlotDataSource}, else on the only
 * or primary one. It comes after what initialises the database, Flyway and Liquibase among them. It touches the database only when
 * {@code asyncslot.backend} or a map asks for {@code cluster}.
 *
 * <p>A bean of type {@link Connections} replaces the way to the database, one of type {@link SlotValueCodec} the way that values
 * are written (JSON by the application's mapper), one of type {@link SlotScheduleCodec} the way that the schedules of keys are, a
 * circuit breaker named {@code asyncslot-cluster} of the application's {@code CircuitBreakerRegistry} its guard.
 */
@AutoConfiguration(
        beforeName = "io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration",
        afterName = {
            "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
            "io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerAutoConfiguration"
        })
@ConditionalOnClass(DataSourceUtils.class)
@Conditional(ClusterBackendAutoConfiguration.OnDataSource.class)
@ConditionalOnBooleanProperty(name = "asyncslot.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ClusterProperties.class)
public final class ClusterBackendAutoConfiguration {

    private static final String JSON_MAPPER = "tools.jackson.databind.json.JsonMapper";

    /** Made by Spring. */
    ClusterBackendAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    Connections asyncSlotConnections(
            ObjectProvider<DataSource> dataSource, @AsyncSlotDataSource ObjectProvider<DataSource> marked) {
        return new SpringConnections(marked.getIfAvailable(dataSource::getObject));
    }

    @Bean
    @ConditionalOnMissingBean
    @DependsOnDatabaseInitialization
    ClusterBackend asyncSlotClusterBackend(
            ClusterProperties properties,
            Connections connections,
            Environment environment,
            ObjectProvider<CircuitBreakerRegistry> breakers,
            ObjectProvider<SlotValueCodec> codecs,
            ObjectProvider<SlotScheduleCodec> scheduleCodecs,
            org.springframework.beans.factory.BeanFactory beans) {
        String application = environment.getProperty("spring.application.name", "default");
        String process = host() + ", process " + ProcessHandle.current().pid();
        CircuitBreakerRegistry registry = breakers.getIfUnique();
        CircuitBreaker breaker = registry == null ? null : ClusterBackend.breaker(registry);
        return new ClusterBackend(
                connections,
                properties.options(application.replaceAll("[^A-Za-z0-9._-]", "-"), process),
                breaker,
                codecs.getIfUnique(() -> json(beans)),
                scheduleCodecs.getIfUnique());
    }

    /** It is clear which data source is meant. */
    static final class OnDataSource extends AnyNestedCondition {

        OnDataSource() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        @ConditionalOnSingleCandidate(DataSource.class)
        static final class OnlyOrPrimary {}

        @ConditionalOnBean(annotation = AsyncSlotDataSource.class)
        static final class Marked {}
    }

    /** With the application's own mapper, if it has exactly one. */
    private static @Nullable SlotValueCodec json(org.springframework.beans.factory.BeanFactory beans) {
        ClassLoader loader = ClusterBackendAutoConfiguration.class.getClassLoader();
        Object mapper = ClassUtils.isPresent(JSON_MAPPER, loader)
                ? beans.getBeanProvider(ClassUtils.resolveClassName(JSON_MAPPER, loader))
                        .getIfUnique()
                : null;
        return mapper == null ? null : SlotValueCodec.json(mapper);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown host";
        }
    }
}
