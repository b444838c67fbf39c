package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on PostgreSQL. */
class ClusterContractTests extends StoredContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void start() {
        pool = TestDatabase.pool(60);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @Override
    ClusterBackend on(ClusterOptions options, SlotScheduleCodec codec) {
        return new ClusterBackend(Connections.of(pool), options, null, null, codec);
    }
}
