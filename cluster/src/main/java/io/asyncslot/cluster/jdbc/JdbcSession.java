package io.asyncslot.cluster.jdbc;

import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A unit of work on a connection: the common part of the sessions of all dialects. Statements are written with the
 * standard prefix of the tables. Owned by one thread.
 */
public abstract class JdbcSession implements StoreSession {

    /** What the session works on. */
    protected final Connection connection;

    /** Where the slots are. */
    protected final Tables tables;

    /** Which slots; other namespaces in the same tables are not seen. */
    protected final String namespace;

    private final JdbcStore.Use release;

    /**
     * A session.
     *
     * @param connection what it works on
     * @param tables where the slots are
     * @param namespace which slots
     * @param release gives the connection back
     */
    protected JdbcSession(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        this.connection = connection;
        this.tables = tables;
        this.namespace = namespace;
        this.release = release;
    }

    @Override
    public final void close() {
        release(connection, release);
    }

    /**
     * Gives a connection back.
     *
     * @param connection the connection
     * @param release gives it back
     */
    public static void release(Connection connection, JdbcStore.Use release) {
        try {
            release.on(connection);
        } catch (SQLException e) {
            throw SqlStates.failed("give a connection back", e);
        }
    }

    /**
     * A statement with what the dialect has words for.
     *
     * @param template the statement, as it is written
     * @return the statement, for the standard prefix
     */
    protected abstract String filled(String template);

    /** As {@link Jdbc#query}. */
    protected final <T> List<T> query(String doing, String sql, Jdbc.RowReader<T> reader, @Nullable Object... values) {
        return Jdbc.query(connection, doing, tables.sql(sql, this::filled), reader, values);
    }

    /** As {@link Jdbc#query}, of a statement that is prepared further. */
    protected final <T> List<T> prepared(
            String doing,
            String sql,
            Jdbc.Preparation preparation,
            Jdbc.RowReader<T> reader,
            @Nullable Object... values) {
        return Jdbc.prepared(connection, doing, tables.sql(sql, this::filled), preparation, reader, values);
    }

    /** As {@link Jdbc#first}. */
    protected final <T> @Nullable T first(
            String doing, String sql, Jdbc.RowReader<T> reader, @Nullable Object... values) {
        return Jdbc.first(connection, doing, tables.sql(sql, this::filled), reader, values);
    }

    /** As {@link Jdbc#update}. */
    protected final int update(String doing, String sql, @Nullable Object... values) {
        return Jdbc.update(connection, doing, tables.sql(sql, this::filled), values);
    }

    /** As {@link Jdbc#inTransaction}. */
    protected final <T> T inTransaction(String doing, Supplier<T> work) {
        return Jdbc.inTransaction(connection, doing, work);
    }

    /**
     * The failure of something that was done on the connection without a statement.
     *
     * @param doing what it was doing
     * @param failure what JDBC threw
     * @return what it means
     */
    public static RuntimeException failed(String doing, SQLException failure) {
        return SqlStates.failed(doing, failure);
    }
}
