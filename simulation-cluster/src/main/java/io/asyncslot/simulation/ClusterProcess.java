package io.asyncslot.simulation;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.Merge;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.cluster.node.NodeOptions;
import io.asyncslot.cluster.node.SimulatedNode;
import io.asyncslot.cluster.node.SimulatedThreads;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.Trouble;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One process of the cluster: its registry and maps, its clocks, its threads, and its way to the database. */
final class ClusterProcess implements SimulatedThreads.Stacks {

    /** What is called when a callback runs. */
    interface Callback {
        void fired(ClusterProcess process, SlotId id, SlotFiring firing) throws Exception;
    }

    /** Microseconds that a slot waits whose map has no points; no more than any {@code maxWait}. */
    private static final long DELAY = 40_000;

    private static final class Inbox {
        final List<String> lines = new ArrayList<>();
        final List<String> late = new ArrayList<>();
    }

    final int number;
    final SimulatedExecutor executor;
    final SimulatedThreads threads;
    final SimulatedNode node;
    final AsyncSlotRegistry registry;
    final List<SlotMap<String>> maps = new ArrayList<>();

    /** The runs that this process has begun and knows of. */
    final List<ClusterModel.Run> begun = new ArrayList<>();

    /** The database's clock as this process took it, for each start of a run that it waits for. */
    final List<Long> asking = new ArrayList<>();

    private final ClusterWorld world;
    private final Inbox inbox = new Inbox();

    /** How far its wall clock is off. */
    long skewNanos;

    boolean dead;

    /** Whether none of its threads goes on. */
    boolean paused;

    /** Whether it was started and not stopped since. */
    boolean running;

    boolean closed;

    /** What is wrong with its way to the database; null for nothing. */
    @Nullable
    Trouble trouble;

    /** Whether it hears notifications. */
    boolean listens;

    ClusterProcess(ClusterWorld world, int number, SimulatedDatabase database, NodeOptions options, Callback callback) {
        this.world = world;
        this.number = number;
        this.skewNanos = world.dice.oneIn(3) ? 1_000_000L * (world.dice.below(20_000) - 10_000) : 0;
        long origin = 1_000_000L * world.dice.below(1_000_000);
        Ticker steady = world.clocks.steady();
        long born = steady.monotonicNanos();
        long fast = world.dice.oneIn(4) ? 1 : 0;
        Ticker ticker = new Ticker() {
            @Override
            public long monotonicNanos() {
                return steady.monotonicNanos() + origin;
            }

            @Override
            public long realtimeNanos() {
                return steady.realtimeNanos() + skewNanos + fast * (steady.monotonicNanos() - born) / 2;
            }

            @Override
            public long boottimeNanos() {
                return steady.boottimeNanos() + origin;
            }
        };
        this.executor = new SimulatedExecutor(world.coverage);
        this.threads = new SimulatedThreads(ticker, this);
        this.node = new SimulatedNode(options, database.of(this), new NumberCodec(), Grid.CODEC, threads);
        this.registry = new AsyncSlotRegistryBuilder(executor)
                .backend(node)
                .ticker(ticker)
                .build();
        for (ClusterPlan plan : world.plans) {
            maps.add(opened(plan, callback));
        }
    }

    private SlotMap<String> opened(ClusterPlan plan, Callback callback) {
        Merge merge = plan.merge();
        SlotValues<?> values = merge == null
                ? null
                : switch (merge) {
                    case LAST -> SlotValues.last(Integer.class);
                    case FUNCTION -> SlotValues.merging(Integer.class, NumberCodec::merged);
                    case FIRST -> SlotValues.first(Integer.class);
                    default -> SlotValues.collect(Integer.class).maxValues(plan.maxValues());
                };
        WhenIdle whenIdle = plan.freesIdle() ? WhenIdle.FREE : WhenIdle.KEEP;
        Grid grid = plan.grid();
        if (plan.work()) {
            return registry.register(WorkMapSpec.named(plan.name(), String.class)
                    .values(values)
                    .whenIdle(whenIdle)
                    .maxEntries(plan.maxEntries())
                    .concurrency(plan.concurrency())
                    .minInterval(span(plan.minInterval()))
                    .callback((key, firing) -> callback.fired(this, new SlotId(plan.name(), key), firing))
                    .build());
        }
        return registry.register(TimerMapSpec.named(plan.name(), String.class)
                .values(values)
                .whenIdle(whenIdle)
                .concurrency(plan.concurrency())
                .delay(grid == null ? span(DELAY) : null)
                .every(grid == null || grid.calendar() ? null : span(grid.period()))
                .schedule(grid == null || !grid.calendar() ? null : grid.schedule())
                .keySchedules(plan.keySchedules())
                .late(plan.late())
                .maxEntries(plan.maxEntries())
                .maxWait(span(plan.maxWait()))
                .flushAt(plan.flushAt())
                .callback((key, firing) -> callback.fired(this, new SlotId(plan.name(), key), firing))
                .build());
    }

    private static @Nullable Duration span(long micros) {
        return micros == 0 ? null : Duration.ofNanos(micros * 1_000);
    }

    void checkAlive() {
        if (dead) {
            throw new Killed();
        }
    }

    /** What may be taken now, of a process that is neither dead nor paused. */
    List<SimulatedThreads.Ready> ready() {
        List<SimulatedThreads.Ready> ready = threads.ready();
        if (!executor.tasks.isEmpty()) {
            ready.add(new SimulatedThreads.Ready(
                    "a worker", () -> executor.tasks.remove(0).run()));
        }
        return ready;
    }

    // ---- waiting ------------------------------------------------------------------------------------------------

    @Override
    public void until(BooleanSupplier holds, long nanos) {
        checkAlive();
        if (nanos > 0 && !holds.getAsBoolean()) {
            world.await(holds, nanos);
            checkAlive();
        }
    }

    @Override
    public void asked(BooleanSupplier answered) {
        Long clock = node.micros();
        asking.add(clock);
        until(answered, Long.MAX_VALUE);
        asking.remove(clock);
    }

    /** Others go on for a while; perhaps this process as a whole stands still in the middle of what it does. */
    void holdUp() {
        if (world.stops()) {
            world.coverage.fault(Fault.NODE_PAUSED);
            paused = true;
        }
        world.await(() -> false, world.dice.oneIn(4) ? 1 + 1_000_000L * world.dice.below(3_000) : 1);
        checkAlive();
    }

    @Override
    public int below(int bound) {
        return world.dice.below(bound);
    }

    // ---- notifications ------------------------------------------------------------------------------------------

    List<String> heard(int millis) {
        if (listens) {
            until(() -> !inbox.lines.isEmpty(), 1_000_000L * millis);
        }
        List<String> heard = List.copyOf(inbox.lines);
        inbox.lines.clear();
        return heard;
    }

    /** One has come: some are lost, late or repeated. */
    void notify(String line, int drawn) {
        inbox.lines.addAll(inbox.late);
        inbox.late.clear();
        switch (drawn) {
            case 0 -> world.coverage.fault(Fault.NOTIFICATION_LOST);
            case 1 -> {
                world.coverage.fault(Fault.NOTIFICATION_LATE);
                inbox.late.add(line);
            }
            case 2 -> {
                world.coverage.fault(Fault.NOTIFICATION_REPEATED);
                inbox.lines.add(line);
                inbox.lines.add(line);
            }
            default -> inbox.lines.add(line);
        }
    }

    @Override
    public String toString() {
        return "process " + number;
    }
}
