package io.asyncslot.cluster.node;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotFeature;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.cluster.store.SlotScheduleCodec;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotValueCodec;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The cluster backend as one process has it, on threads that somebody else moves. Owned by one thread at a time. */
public final class SimulatedNode implements SlotBackend {

    private final NodeOptions options;
    private final SlotStore store;
    private final SlotValueCodec codec;
    private final SlotScheduleCodec schedules;
    private final SimulatedThreads threads;
    private @Nullable ClusterEngine engine;

    /**
     * Makes one.
     *
     * @param options how it works
     * @param store where the slots are
     * @param codec makes bytes of values
     * @param schedules makes text of schedules
     * @param threads what moves it
     */
    public SimulatedNode(
            NodeOptions options,
            SlotStore store,
            SlotValueCodec codec,
            SlotScheduleCodec schedules,
            SimulatedThreads threads) {
        this.options = options;
        this.store = store;
        this.codec = codec;
        this.schedules = schedules;
        this.threads = threads;
    }

    private ClusterEngine engine() {
        return Objects.requireNonNull(engine);
    }

    /** What it says about itself, without asking the database. */
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        engine().describe(details);
        return details;
    }

    /** The database's clock, as the node takes it. */
    public long micros() {
        return engine().clock().micros();
    }

    @Override
    public String name() {
        return ClusterEngine.BACKEND;
    }

    @Override
    public BackendReport report() {
        return new BackendReport(name(), true, List.of(), Map.of());
    }

    @Override
    public void init(BackendContext context) {
        ClusterEngine made = new ClusterEngine(options, store, null, context, codec, schedules, threads);
        made.prepare(session -> true);
        engine = made;
    }

    @Override
    public Set<SlotFeature> features() {
        return EnumSet.complementOf(EnumSet.of(SlotFeature.CLIENT_ROLE));
    }

    @Override
    public <K> TimerSlots<K> open(TimerMapSpec<K> spec) {
        return engine().open(spec);
    }

    @Override
    public <K> WorkSlots<K> open(WorkMapSpec<K> spec) {
        return engine().open(spec);
    }

    @Override
    public void start() {
        engine().start();
    }

    @Override
    public boolean stop(Duration limit) throws InterruptedException {
        return engine().stop(limit);
    }

    @Override
    public void detach() {
        engine().detach();
    }

    @Override
    public void close() {
        engine().close();
    }
}
