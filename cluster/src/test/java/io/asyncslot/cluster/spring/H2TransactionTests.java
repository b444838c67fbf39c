package io.asyncslot.cluster.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.StartOutcome;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.TestDatabase;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

/** The same on H2, where nothing has to be set for the tables. */
class H2TransactionTests extends ClusterTransactionTests {

    @Override
    HikariDataSource database(int connections) {
        return TestDatabase.h2(connections);
    }

    @Override
    String missing() {
        return "no sequence missing_sequence, no column missing_node.maps";
    }

    @Override
    void kill(JdbcTemplate jdbc) {
        Integer session = jdbc.queryForObject("select session_id()", Integer.class);
        jdbc.execute((java.sql.Connection connection) -> {
            try (var other = pool.getConnection();
                    var statement = other.createStatement()) {
                return statement.execute("call abort_session(" + session + ")");
            }
        });
    }

    private ApplicationContextRunner application() {
        return new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class))
                .withUserConfiguration(Carts.class)
                .withPropertyValues("asyncslot.backend=cluster");
    }

    @Test
    void memory_default_tablesAreCreated() {
        application().withBean(DataSource.class, () -> database(10)).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(AsyncSlotRegistry.class)
                            .timers("cart", String.class)
                            .start("a", Duration.ofHours(1)))
                    .isEqualTo(StartOutcome.STARTED);
        });
    }

    @Test
    void file_default_nothingIsCreated(@org.junit.jupiter.api.io.TempDir java.nio.file.Path folder) {
        HikariDataSource file = new HikariDataSource();
        file.setJdbcUrl("jdbc:h2:file:" + folder.resolve("slots"));
        application()
                .withBean(DataSource.class, () -> file)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOfSatisfying(BackendUnavailableException.class, failure -> {
                            assertThat(failure).hasMessageContaining("no column asyncslot_slot.due");
                            assertThat(failure.remedy())
                                    .as("without the script, which is PostgreSQL's")
                                    .isEqualTo("Set asyncslot.cluster.initialize-schema=always.");
                        }));
    }
}
