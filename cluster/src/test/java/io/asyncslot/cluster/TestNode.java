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
import java.lang.reflect.RecordComponent;
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

    /** Looks and beats often. A busy machine may hold up the heartbeats of a node: it is not given up. */
    public static ClusterOptions quick(String namespace, String name, ClusterOptions.WhenAway whenAway) {
        return options(namespace, name, Duration.ofSeconds(1), 100, whenAway);
    }

    /**
     * As a quick one.
     *
     * @param horizon what is due within it is held by the node that arms it
     * @param missedHeartbeats of 200 ms, after which the node is given up
     */
    public static ClusterOptions options(
            String namespace, String name, Duration horizon, int missedHeartbeats, ClusterOptions.WhenAway whenAway) {
        ClusterOptions options = ClusterOptions.of(namespace);
        return new ClusterOptions(
                namespace,
                options.tablePrefix(),
                options.schemaMode(),
                name,
                horizon,
                Duration.ofMillis(100),
                Duration.ofMillis(200),
                missedHeartbeats,
                options.pollInterval(),
                options.maxValueBytes(),
                options.maxHeld(),
                options.maxWaiting(),
                options.failedRetention(),
                whenAway);
    }

    /** Options that differ in one component of the record, by its name. */
    static ClusterOptions with(ClusterOptions options, String component, Object value) {
        RecordComponent[] components = ClusterOptions.class.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        boolean found = false;
        try {
            for (int i = 0; i < components.length; i++) {
                boolean isIt = components[i].getName().equals(component);
                types[i] = components[i].getType();
                values[i] = isIt ? value : components[i].getAccessor().invoke(options);
                found |= isIt;
            }
            if (!found) {
                throw new IllegalArgumentException("no component " + component);
            }
            return ClusterOptions.class.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
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
