package io.asyncslot.cluster;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** A node in this process, on a database that others share; its cable can be pulled. */
public final class TestNode implements AutoCloseable {

    public final ClusterBackend backend;
    public final AsyncSlotRegistry registry;
    private final ExecutorService executor;
    private final boolean hears;
    private volatile boolean unplugged;

    public TestNode(DataSource shared, String namespace, String name) {
        this(shared, quick(namespace, name, ClusterOptions.WhenAway.REFUSE), SystemTicker.instance());
    }

    public TestNode(DataSource shared, ClusterOptions options, Ticker ticker) {
        this(shared, options, ticker, Executors.newCachedThreadPool());
    }

    /** One that hears no notifications, unless it does. */
    public TestNode(DataSource shared, ClusterOptions options, boolean hears) {
        this(shared, options, SystemTicker.instance(), Executors.newCachedThreadPool(), hears);
    }

    public TestNode(DataSource shared, ClusterOptions options, Ticker ticker, ExecutorService executor) {
        this(shared, options, ticker, executor, true);
    }

    private TestNode(
            DataSource shared, ClusterOptions options, Ticker ticker, ExecutorService executor, boolean hears) {
        this.executor = executor;
        this.hears = hears;
        DataSource cable = new DelegatingDataSource(shared) {
            @Override
            public Connection getConnection() throws SQLException {
                if (unplugged) {
                    throw new SQLException("the cable is pulled", "08001");
                }
                return super.getConnection();
            }
        };
        backend = new ClusterBackend(new Cable(cable), options);
        registry = new AsyncSlotRegistryBuilder(executor)
                .backend(backend)
                .ticker(ticker)
                .build();
        registry.start();
    }

    /** Connections that end at the pulled cable, the one of the heartbeats too. */
    private final class Cable implements Connections {

        private final Connections connections;

        Cable(DataSource dataSource) {
            this.connections = Connections.of(dataSource);
        }

        @Override
        public DataSource dataSource() {
            return connections.dataSource();
        }

        @Override
        public Connection heartbeat() throws SQLException {
            Connection connection = unplugged ? dataSource().getConnection() : connections.heartbeat();
            return (Connection) Proxy.newProxyInstance(
                    TestNode.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                        if (unplugged && !method.getName().equals("close")) {
                            throw new SQLException("the cable is pulled", "08006");
                        }
                        if (!hears && method.getName().equals("isWrapperFor")) {
                            return false;
                        }
                        try {
                            return method.invoke(connection, args);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        public Connection joined() throws SQLException {
            return connections.joined();
        }

        @Override
        public void release(Connection connection) throws SQLException {
            connections.release(connection);
        }

        @Override
        public boolean joinsTransactions() {
            return connections.joinsTransactions();
        }

        @Override
        public boolean inTransaction() {
            return connections.inTransaction();
        }

        @Override
        public void afterCommit(Runnable action) {
            connections.afterCommit(action);
        }
    }

    /** Dead after 800 ms of silence. */
    public static ClusterOptions quick(String namespace, String name, ClusterOptions.WhenAway whenAway) {
        ClusterOptions options = ClusterOptions.of(namespace);
        return new ClusterOptions(
                namespace,
                options.tablePrefix(),
                options.schemaMode(),
                name,
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                Duration.ofMillis(200),
                4,
                options.pollInterval(),
                options.maxValueBytes(),
                options.maxHeld(),
                options.maxWaiting(),
                options.failedRetention(),
                whenAway);
    }

    /** Slots stay when they have fired, so that tests can look at them. */
    public TimerSlots<String> timers(SlotCallback<String> callback) {
        return registry.register(TimerMapSpec.named("orders", String.class)
                .whenIdle(WhenIdle.KEEP)
                .callback(callback)
                .build());
    }

    public void unplug() {
        unplugged = true;
    }

    public void plugIn() {
        unplugged = false;
    }

    @SuppressWarnings("unchecked")
    public <T> T detail(String name) {
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
