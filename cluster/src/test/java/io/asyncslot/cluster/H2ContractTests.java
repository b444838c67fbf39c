package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.cluster.jdbc.Connections;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on H2: what a second database owes. */
class H2ContractTests extends StoredContract {

    private static HikariDataSource pool;

    @BeforeAll
    static void start() {
        pool = TestDatabase.h2(60);
        new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(new ClusterBackend(Connections.of(pool), ClusterOptions.of("first"))) // makes the tables
                .build()
                .close();
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
