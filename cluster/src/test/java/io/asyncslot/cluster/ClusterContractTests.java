package io.asyncslot.cluster;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.SlotSchedule;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.test.contract.BackendContract;
import io.asyncslot.test.contract.GridSchedule;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The cluster backend as one node on a real PostgreSQL. Each scenario has a namespace of its own. */
class ClusterContractTests extends BackendContract {

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private static HikariDataSource pool;

    @BeforeAll
    static void start() {
        pool = TestDatabase.pool(20);
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @Override
    protected SlotBackend backend() {
        ClusterOptions options = ClusterOptions.of("contract-" + NAMESPACES.incrementAndGet());
        return new ClusterBackend(Connections.of(pool), options, null, null, new Grids());
    }

    /** Scenarios of two thousand runs, one after the other, with three commits each. */
    @Override
    protected Duration patience() {
        return Duration.ofSeconds(40);
    }

    /** An operation is a round trip to a database that makes it durable: a millisecond or two, not a microsecond. */
    @Override
    protected Duration step() {
        return Duration.ofMillis(100);
    }

    /** The kit's keys have schedules of its own making. */
    private static final class Grids implements SlotScheduleCodec {

        @Override
        public @Nullable String write(SlotSchedule schedule) {
            return schedule instanceof GridSchedule
                    ? schedule.toString()
                    : SlotScheduleCodec.standard().write(schedule);
        }

        @Override
        public SlotSchedule read(String text) {
            return text.startsWith("grid")
                    ? GridSchedule.parse(text)
                    : SlotScheduleCodec.standard().read(text);
        }
    }
}
