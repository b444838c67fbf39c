package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.StartOutcome;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Applications that migrate their own tables start on an empty database, and start again. */
@Timeout(120)
class MigrationTests {

    private static final String FOLDER = "classpath:io/asyncslot/cluster/migrations/";

    private HikariDataSource pool;
    private HikariDataSource other;

    @BeforeEach
    void start() {
        pool = TestDatabase.emptyPool(10);
        other = TestDatabase.emptyPool(10);
    }

    @AfterEach
    void stop() {
        pool.close();
        other.close();
    }

    /** What migrates the application's own table, alone or with the slots' script. */
    enum Tool {
        FLYWAY(
                FlywayAutoConfiguration.class,
                "spring.flyway.locations=" + FOLDER + "flyway",
                "spring.flyway.locations=" + FOLDER + "flyway,classpath:io/asyncslot/cluster/schema"),
        LIQUIBASE(
                LiquibaseAutoConfiguration.class,
                "spring.liquibase.change-log=" + FOLDER + "liquibase/articles.yaml",
                "spring.liquibase.change-log=" + FOLDER + "liquibase/articles-and-slots.yaml");

        private final Class<?> configuration;
        private final String alone;
        private final String withSlots;

        Tool(Class<?> configuration, String alone, String withSlots) {
            this.configuration = configuration;
            this.alone = alone;
            this.withSlots = withSlots;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Articles {
        @TimerSlot(map = "article", delay = "1h")
        void due(String article) {}
    }

    private ApplicationContextRunner application(Tool tool, String... properties) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        tool.configuration, ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
                .withBean(DataSource.class, () -> pool, definition -> definition.setDestroyMethodName(""))
                .withUserConfiguration(Articles.class)
                .withPropertyValues("asyncslot.backend=cluster")
                .withPropertyValues(properties);
    }

    @ParameterizedTest
    @EnumSource
    void applicationWithAFirstVersionOfItsOwn_always_tablesAreCreatedAfterIt(Tool tool) {
        ApplicationContextRunner application =
                application(tool, tool.alone, "asyncslot.cluster.initialize-schema=always");
        application.run(MigrationTests::assertWorks);
        assertThat(tables(pool)).contains("article", "asyncslot_slot");
        application.run(MigrationTests::assertWorks);
    }

    @ParameterizedTest
    @EnumSource
    void scriptAmongTheApplicationsMigrations_default_tablesAreThereInTime(Tool tool) {
        ApplicationContextRunner application = application(tool, tool.withSlots);
        application.run(MigrationTests::assertWorks);
        assertThat(tables(pool)).contains("article", "asyncslot_slot");
        application.run(MigrationTests::assertWorks);
    }

    @ParameterizedTest
    @EnumSource
    void default_nothingIsCreated_andTheRemedyIsNamed(Tool tool) {
        application(tool, tool.alone)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining(BackendUnavailableException.class.getName())
                        .hasStackTraceContaining("no table asyncslot_slot"));
        assertThat(tables(pool)).contains("article").noneMatch(name -> name.startsWith("asyncslot"));
    }

    @Test
    void columnThatIsMissing_isNamed() throws SQLException {
        ApplicationContextRunner application = application(Tool.FLYWAY, Tool.FLYWAY.withSlots);
        application.run(MigrationTests::assertWorks);
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("alter table asyncslot_slot drop column point");
        }
        application.run(context ->
                assertThat(context).getFailure().hasStackTraceContaining("no column point of table asyncslot_slot"));
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoDatabases {
        @Bean
        DataSource articles(MigrationTests test) {
            return test.pool;
        }

        @Bean
        @AsyncSlotDataSource
        DataSource slots(MigrationTests test) {
            return test.other;
        }
    }

    @Test
    void twoDataSources_slotsAreInTheMarkedOne() {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
                .withBean(MigrationTests.class, () -> this)
                .withUserConfiguration(TwoDatabases.class, Articles.class)
                .withPropertyValues("asyncslot.backend=cluster", "asyncslot.cluster.initialize-schema=always")
                .run(MigrationTests::assertWorks);
        // The context has closed both pools: they are looked at by others.
        assertThat(tables(other)).contains("asyncslot_slot");
        assertThat(tables(pool)).isEmpty();
    }

    private static void assertWorks(AssertableApplicationContext context) {
        assertThat(context).hasNotFailed();
        StartOutcome outcome = context.getBean(AsyncSlotRegistry.class)
                .timers("article", String.class)
                .start("a", Duration.ofHours(1));
        assertThat(outcome).isIn(StartOutcome.STARTED, StartOutcome.REARMED);
    }

    private static List<String> tables(HikariDataSource database) {
        List<String> names = new ArrayList<>();
        try (HikariDataSource look = TestDatabase.samePool(database, 1);
                Connection connection = look.getConnection();
                ResultSet tables = connection.getMetaData().getTables(null, "public", "%", new String[] {"TABLE"})) {
            while (tables.next()) {
                names.add(tables.getString("TABLE_NAME"));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return names;
    }
}
