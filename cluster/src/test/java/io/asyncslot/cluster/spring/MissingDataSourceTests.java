package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** An application that asks for the cluster without the one database that it needs is told which, and what to do. */
class MissingDataSourceTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
            .withPropertyValues("asyncslot.backend=cluster");

    private static void told(ApplicationContextRunner runner, String reason, String remedy) {
        runner.run(context -> assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining(reason)
                .extracting("remedy")
                .asString()
                .contains(remedy));
    }

    @Test
    void none() {
        told(
                runner,
                "it keeps its slots in the application's database, and there is no DataSource bean",
                "Add spring-boot-starter-jdbc, the driver of PostgreSQL, and spring.datasource.url.");
    }

    @Test
    void two_noneOfThemPrimary() {
        told(
                runner.withBean("orders", DataSource.class, () -> mock())
                        .withBean("stock", DataSource.class, () -> mock()),
                "there are 2 DataSource beans, and none of them is the primary one: [orders, stock]",
                "Mark the one for slots as @AsyncSlotDataSource, or one as @Primary.");
    }

    @Test
    void one_butItsConfigurationIsLeftOut() {
        told(
                new ApplicationContextRunner()
                        .withConfiguration(AutoConfigurations.of(AsyncSlotAutoConfiguration.class))
                        .withPropertyValues("asyncslot.backend=cluster")
                        .withBean(DataSource.class, () -> mock()),
                "its module is there, but not its bean",
                "Do not exclude ClusterBackendAutoConfiguration, or define the bean.");
    }
}
