package io.asyncslot.cluster;

import io.asyncslot.SlotSchedule;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.test.contract.BackendContract;
import io.asyncslot.test.contract.GridSchedule;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** What every backend owes its users, with the slots in a database. */
abstract class StoredContract extends BackendContract {

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    /** A backend on the store that is tried. */
    abstract ClusterBackend on(ClusterOptions options, SlotScheduleCodec codec);

    @Override
    protected SlotBackend backend() {
        return on(validating("contract-" + NAMESPACES.incrementAndGet()), new Grids());
    }

    /** Scenarios run at the same time: one that made the tables would lock them for the others. */
    private static ClusterOptions validating(String namespace) {
        return TestNode.with(ClusterOptions.of(namespace), "schemaMode", ClusterOptions.SchemaMode.VALIDATE);
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
        public String write(SlotSchedule schedule) {
            return schedule.toString();
        }

        @Override
        public SlotSchedule read(String text) {
            return text.startsWith("grid")
                    ? GridSchedule.parse(text)
                    : SlotScheduleCodec.standard().read(text);
        }
    }
}
