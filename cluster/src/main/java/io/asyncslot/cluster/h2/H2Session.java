package io.asyncslot.cluster.h2;

import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.jdbc.JdbcSession;
import io.asyncslot.cluster.jdbc.JdbcStore;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.rows.RowSession;
import io.asyncslot.cluster.store.StoreException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Slots in H2, for development and tests: the same outcomes as in PostgreSQL, and no promise of speed, of notifications, or of nodes on
 * several machines. Owned by one thread.
 */
public final class H2Session extends RowSession {

    private final Connection connection;
    private final Tables tables;

    /**
     * A session.
     *
     * @param connection what it works on
     * @param tables where the slots are
     * @param namespace which slots
     * @param release gives the connection back
     */
    public H2Session(Connection connection, Tables tables, String namespace, JdbcStore.Use release) {
        super(new H2Rows(connection, tables, namespace, release));
        this.connection = connection;
        this.tables = tables;
    }

    /**
     * Tells whether a connection is one to H2.
     *
     * @param connection the connection
     * @return whether it is
     * @throws SQLException if it cannot be asked
     */
    public static boolean understands(Connection connection) throws SQLException {
        @Nullable String url = connection.getMetaData().getURL();
        return url != null && url.startsWith("jdbc:h2:");
    }

    /** As Spring Boot has it: in the memory of this process. */
    @Override
    public boolean isEmbedded() {
        try {
            return String.valueOf(connection.getMetaData().getURL()).startsWith("jdbc:h2:mem:");
        } catch (SQLException e) {
            throw JdbcSession.failed("look what the database is", e);
        }
    }

    /**
     * H2 may refuse to create what another session creates at the same moment, whatever {@code if not exists} says. What is missing
     * then decides: nothing, and it is done; less than before, and the rest is tried; else it was refused for another reason.
     */
    @Override
    public void create() {
        for (List<String> missing = missing(); ; ) {
            try {
                Jdbc.execute(connection, "create the tables of the slots", tables.sql(H2Rows.script()));
                return;
            } catch (StoreException e) {
                List<String> still = missing();
                if (still.isEmpty()) {
                    return;
                } else if (still.equals(missing)) {
                    throw e;
                }
                missing = still;
            }
        }
    }

    @Override
    public List<String> missing() {
        List<String> present = Jdbc.query(
                connection,
                "look at the tables of the slots",
                "select 'column ' || table_name || '.' || column_name from information_schema.columns"
                        + " union all select 'sequence ' || sequence_name from information_schema.sequences",
                row -> row.getString(1).toLowerCase(Locale.ROOT));
        return Stream.concat(
                        Stream.of("sequence asyncslot_sequence"),
                        H2Rows.columns().stream().map(column -> "column " + column))
                .map(tables::sql)
                .filter(part -> !present.contains(part))
                .toList();
    }
}
