package io.asyncslot.cluster;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** A data source on which some statements are carried out and some fail, as often as it is told. Thread-safe. */
final class FailingDataSource extends DelegatingDataSource {

    /** How many of the statements that {@link #fail} names still fail. */
    final AtomicInteger left = new AtomicInteger();

    private volatile String part = "";
    private volatile String state = "";
    private volatile boolean carriedOut;

    FailingDataSource(DataSource target) {
        super(target);
    }

    /**
     * Lets statements fail.
     *
     * @param times how many
     * @param part what they contain
     * @param state the SQLSTATE
     * @param carriedOut whether they are carried out before
     */
    void fail(int times, String part, String state, boolean carriedOut) {
        this.part = part;
        this.state = state;
        this.carriedOut = carriedOut;
        left.set(times);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        return proxy(
                Connection.class,
                (proxy, method, args) -> method.getName().equals("prepareStatement")
                        ? statement((PreparedStatement) method.invoke(connection, args), (String) args[0])
                        : method.invoke(connection, args));
    }

    private PreparedStatement statement(PreparedStatement statement, String sql) {
        return proxy(PreparedStatement.class, (proxy, method, args) -> {
            boolean fails = method.getName().startsWith("execute")
                    && sql.contains(part)
                    && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
            Object result = fails && !carriedOut ? null : method.invoke(statement, args);
            if (fails) {
                throw new SQLException("a failure for the test", state);
            }
            return result;
        });
    }

    private static <T> T proxy(Class<T> type, java.lang.reflect.InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(
                FailingDataSource.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
                    try {
                        return handler.invoke(proxy, method, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
