package io.asyncslot.cluster.postgres;

import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;

/** Sessions of one namespace, on connections that tests have. */
public record Sessions(Tables tables, String namespace) {

    public Sessions(String namespace) {
        this(new Tables(Tables.STANDARD_PREFIX), namespace);
    }

    public StoreSession on(Connection connection) {
        return new PostgresSession(connection, tables, namespace, Connection::close);
    }
}
