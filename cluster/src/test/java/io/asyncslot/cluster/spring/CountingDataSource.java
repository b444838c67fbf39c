package io.asyncslot.cluster.spring;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Notes the statements that a thread prepares or has made. */
final class CountingDataSource extends DelegatingDataSource {

    private final ThreadLocal<@Nullable List<String>> noted = new ThreadLocal<>();

    CountingDataSource(DataSource target) {
        super(target);
    }

    /** The statements that the calling thread sends meanwhile. */
    List<String> statements(Runnable action) {
        List<String> mine = new ArrayList<>();
        noted.set(mine);
        try {
            action.run();
        } finally {
            noted.remove();
        }
        return mine;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        return (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, args) -> {
                    List<String> mine = noted.get();
                    if (mine != null
                            && (method.getName().startsWith("prepare")
                                    || method.getName().startsWith("create"))) {
                        mine.add(args == null ? method.getName() : String.valueOf(args[0]));
                    }
                    try {
                        return method.invoke(connection, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
