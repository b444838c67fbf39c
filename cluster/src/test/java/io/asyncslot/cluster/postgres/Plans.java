package io.asyncslot.cluster.postgres;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A connection that asks for the plan of each statement, with its parameters, before the statement runs. */
final class Plans implements InvocationHandler {

    private final Connection connection;
    private final List<String> plans = new ArrayList<>();

    Plans(Connection connection) {
        this.connection = connection;
    }

    Connection connection() {
        return (Connection)
                Proxy.newProxyInstance(Plans.class.getClassLoader(), new Class<?>[] {Connection.class}, this);
    }

    /** The plans so far, as text. */
    List<String> plans() {
        return plans;
    }

    @Override
    public Object invoke(Object proxy, java.lang.reflect.Method method, Object[] args) throws Throwable {
        try {
            Object result = method.invoke(connection, args);
            return method.getName().equals("prepareStatement") ? explained((String) args[0], result) : result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private PreparedStatement explained(String sql, Object statement) {
        List<Object[]> binds = new ArrayList<>();
        return (PreparedStatement) Proxy.newProxyInstance(
                Plans.class.getClassLoader(), new Class<?>[] {PreparedStatement.class}, (proxy, method, args) -> {
                    if (method.getName().startsWith("set")) {
                        binds.add(new Object[] {method, args});
                    } else if (method.getName().startsWith("execute")) {
                        plans.add(explain(sql, binds));
                    }
                    try {
                        return method.invoke(statement, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private String explain(String sql, List<Object[]> binds) throws Exception {
        try (PreparedStatement explain = connection.prepareStatement("explain " + sql)) {
            for (Object[] bind : binds) {
                ((java.lang.reflect.Method) bind[0]).invoke(explain, (Object[]) bind[1]);
            }
            return text(explain);
        }
    }

    private static String text(PreparedStatement explain) throws SQLException {
        StringBuilder plan = new StringBuilder();
        try (ResultSet lines = explain.executeQuery()) {
            while (lines.next()) {
                plan.append(lines.getString(1)).append('\n');
            }
        }
        return plan.toString();
    }
}
