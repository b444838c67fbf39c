package io.asyncslot.cluster.jdbc;

import io.asyncslot.cluster.store.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs statements: binds what they are given in order, and turns what JDBC throws into {@link StoreException}. */
public final class Jdbc {

    private Jdbc() {}

    /** Makes something of one row. */
    public interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Prepares a statement further. */
    public interface Preparation {
        void on(PreparedStatement statement) throws SQLException;
    }

    /**
     * Runs a statement that answers rows.
     *
     * @param doing what it does, for the message when it fails
     * @param values its parameters: text, numbers, booleans, byte arrays, arrays of these; null has no type, so the
     *     statement gives it one
     */
    public static <T> List<T> query(
            Connection connection, String doing, String sql, RowReader<T> reader, @Nullable Object... values) {
        return prepared(connection, doing, sql, statement -> {}, reader, values);
    }

    static <T> List<T> prepared(
            Connection connection,
            String doing,
            String sql,
            Preparation preparation,
            RowReader<T> reader,
            @Nullable Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            preparation.on(statement);
            return rows(connection, statement, reader, values);
        } catch (SQLException e) {
            throw SqlStates.failed(doing, e);
        }
    }

    private static <T> List<T> rows(
            Connection connection, PreparedStatement statement, RowReader<T> reader, @Nullable Object... values)
            throws SQLException {
        bind(connection, statement, values);
        List<T> rows = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                rows.add(reader.read(result));
            }
        }
        return rows;
    }

    /**
     * Runs a statement that answers at most one row.
     *
     * @return what was made of it; null when there was none
     */
    public static <T> @Nullable T first(
            Connection connection, String doing, String sql, RowReader<T> reader, @Nullable Object... values) {
        List<T> rows = query(connection, doing, sql, reader, values);
        return rows.isEmpty() ? null : rows.get(0);
    }

    /**
     * Runs a statement that answers nothing.
     *
     * @return how many rows it changed
     */
    public static int update(Connection connection, String doing, String sql, @Nullable Object... values) {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(connection, statement, values);
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw SqlStates.failed(doing, e);
        }
    }

    /**
     * Runs a script.
     *
     * @param doing what it does, for the message when it fails
     */
    public static void execute(Connection connection, String doing, String script) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(script);
        } catch (SQLException e) {
            throw SqlStates.failed(doing, e);
        }
    }

    /** Does several statements in the transaction that is under way, or else in one of their own. */
    public static <T> T inTransaction(Connection connection, String doing, Supplier<T> work) {
        try {
            if (!connection.getAutoCommit()) {
                return work.get();
            }
            connection.setAutoCommit(false);
            T result;
            try {
                result = work.get();
                connection.commit();
            } catch (Throwable e) {
                undo(e, () -> {
                    connection.rollback();
                    connection.setAutoCommit(true); // never before the rollback: it would commit
                });
                throw e;
            }
            autoCommitAgain(connection);
            return result;
        } catch (SQLException e) {
            throw SqlStates.failed(doing, e);
        }
    }

    /**
     * Does several statements in the transaction that is under way. If they fail, the transaction is as it was before
     * them: for databases whose transactions continue after a failure.
     */
    public static <T> T inSavepoint(Connection connection, String doing, Supplier<T> work) {
        try {
            Savepoint before = connection.setSavepoint();
            T result;
            try {
                result = work.get();
            } catch (Throwable e) {
                undo(e, () -> connection.rollback(before));
                throw e;
            }
            connection.releaseSavepoint(before);
            return result;
        } catch (SQLException e) {
            throw SqlStates.failed(doing, e);
        }
    }

    /** Takes something back. What it failed by says more than that this fails, too. */
    interface Undo {
        void run() throws SQLException;
    }

    static void undo(Throwable cause, Undo undo) {
        try {
            undo.run();
        } catch (SQLException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * Ignores a failure: the commit stands. A connection that cannot be set back is lost, and fails at its next use.
     */
    private static void autoCommitAgain(Connection connection) {
        try {
            connection.setAutoCommit(true);
        } catch (SQLException e) {
            // see above
        }
    }

    private static void bind(Connection connection, PreparedStatement statement, @Nullable Object... values)
            throws SQLException {
        for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            if (value instanceof String text) {
                statement.setString(i + 1, text);
            } else if (value instanceof String[] texts) {
                statement.setArray(i + 1, connection.createArrayOf("text", texts));
            } else if (value instanceof Long[] numbers) {
                statement.setArray(i + 1, connection.createArrayOf("bigint", numbers));
            } else if (value instanceof Integer[] numbers) {
                statement.setArray(i + 1, connection.createArrayOf("int", numbers));
            } else if (value instanceof Long number) {
                statement.setLong(i + 1, number);
            } else if (value instanceof Integer number) {
                statement.setInt(i + 1, number);
            } else if (value instanceof Boolean truth) {
                statement.setBoolean(i + 1, truth);
            } else if (value instanceof byte[] bytes) {
                statement.setBytes(i + 1, bytes);
            } else if (value instanceof byte[][] pieces) {
                statement.setObject(i + 1, pieces);
            } else if (value == null) {
                statement.setNull(i + 1, Types.OTHER);
            } else {
                throw new IllegalArgumentException("cannot bind a " + value.getClass());
            }
        }
    }
}
