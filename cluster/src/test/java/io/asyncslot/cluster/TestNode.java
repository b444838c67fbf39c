package io.asyncslot.cluster;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** A node in this process, on a database that others share; its cable can be pulled. */
final class TestNode implements AutoCloseable {

    final ClusterBackend backend;
    final AsyncSlotRegistry registry;
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private volatile boolean unplugged;

    TestNode(DataSource shared, String namespace, String name) {
        this(shared, quick(namespace, name, ClusterOptions.WhenAway.REFUSE), SystemTicker.instance());
    }

    TestNode(DataSource shared, ClusterOptions options, Ticker ticker) {
        DataSource cable = new DelegatingDataSource(shared) {
            @Override
            public Connection getConnection() throws SQLException {
                if (unplugged) {
                    throw new SQLException("the cable is pulled", "08001");
                }
                return super.getConnection();
            }
        };
        backend = new ClusterBackend(Connections.of(cable), options);
        registry = new AsyncSlotRegistryBuilder(executor)
                .backend(backend)
                .ticker(ticker)
                .build();
        registry.start();
    }

    /** Dead after 800 ms of silence. */
    static ClusterOptions quick(String namespace, String name, ClusterOptions.WhenAway whenAway) {
        ClusterOptions options = ClusterOptions.of(namespace);
        return new ClusterOptions(
                namespace,
                options.tablePrefix(),
                options.schemaMode(),
                name,
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                Duration.ofMillis(50),
                Duration.ofMillis(200),
                4,
                options.maxPayload(),
                options.maxHeld(),
                whenAway);
    }

    TimerSlots<String> timers(SlotCallback<String> callback) {
        return registry.register(
                TimerMapSpec.named("orders", String.class).callback(callback).build());
    }

    void unplug() {
        unplugged = true;
    }

    void plugIn() {
        unplugged = false;
    }

    @SuppressWarnings("unchecked")
    <T> T detail(String name) {
        return (T) backend.report().details().get(name);
    }

    @Override
    public void close() {
        unplugged = false;
        try {
            registry.stop(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        registry.close();
        executor.shutdownNow();
    }
}
