package io.asyncslot.cluster;

import io.asyncslot.cluster.rows.MemoryStore;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.spi.SystemTicker;

/** The contract, with slots in memory. */
class MemoryContractTests extends StoredContract {

    @Override
    ClusterBackend on(ClusterOptions options, SlotScheduleCodec codec) {
        MemoryStore store = new MemoryStore(() -> SystemTicker.instance().realtimeNanos() / 1_000);
        return new ClusterBackend(store, options, null, null, codec);
    }
}
