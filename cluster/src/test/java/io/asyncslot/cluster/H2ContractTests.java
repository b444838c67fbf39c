package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on H2: what a second database owes. */
class H2ContractTests extends StoredContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void start() {
        pool = TestDatabase.h2(20);
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
