package io.asyncslot.cluster.spring;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.annotation.TimerSlot;
import io.asyncslot.autoconfigure.AsyncSlotAutoConfiguration;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.test.contract.RestartMatrix;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.postgresql.Driver;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.jdbc.datasource.SimpleDriverDataSource;

/** The cluster: one node, which ends, and the one that comes next. */
class ClusterRestartMatrixTests extends RestartMatrix {

    private static @Nullable HikariDataSource pool;

    private static final String URL = "matrix.url";

    /** The pool of all nodes; in a process that another one has started, one on the database that was given. */
    private static DataSource database() {
        String given = System.getProperty(URL);
        return given == null ? Objects.requireNonNull(pool) : new SimpleDriverDataSource(new Driver(), given);
    }

    @Override
    protected Map<String, String> shared(String cell) {
        try (Connection connection = database().getConnection()) {
            String url = connection.getMetaData().getURL();
            return Map.of(URL, url + (url.contains("?") ? "&" : "?") + "user=postgres");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeAll
    static void start() {
        pool = TestDatabase.pool(40);
    }

    @AfterAll
    static void stop() {
        Objects.requireNonNull(pool).close();
    }

    @Override
    protected AnnotationConfigApplicationContext context(
            String cell, @Nullable AnnotationConfigApplicationContext parent) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "cell",
                        Map.of(
                                "asyncslot.backend",
                                "cluster",
                                "asyncslot.cluster.namespace",
                                cell + "-" + others(),
                                "asyncslot.cluster.heartbeat-interval",
                                "200ms")));
        if (parent == null) {
            context.registerBean(
                    DataSource.class,
                    ClusterRestartMatrixTests::database,
                    definition -> definition.setDestroyMethodName(""));
            context.register(ClusterBackendAutoConfiguration.class, AsyncSlotAutoConfiguration.class);
        } else {
            context.setParent(parent);
            context.register(AsyncSlotAutoConfiguration.class);
        }
        return context;
    }

    @Override
    protected Class<?> callback(boolean withRegistry) {
        return withRegistry ? CallbackWithRegistry.class : Callback.class;
    }

    static class Callback {
        @TimerSlot(map = MAP)
        public void expired(String key) {
            fired(key);
        }
    }

    static class CallbackWithRegistry extends Callback {
        CallbackWithRegistry(AsyncSlotRegistry registry) {
            Objects.requireNonNull(registry);
        }
    }
}
