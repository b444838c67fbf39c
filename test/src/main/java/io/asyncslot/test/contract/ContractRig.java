package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.RunState;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;

/** One started registry with the backend under test, what its callbacks did, and the books that must balance. */
final class ContractRig implements AutoCloseable {

    private static final String SENTINEL = "sentinel";

    private final BackendContract contract;
    private final Crew crew = new Crew();
    private final List<SlotListener> listeners = new CopyOnWriteArrayList<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final Queue<Gate> gates = new ConcurrentLinkedQueue<>();
    private final List<SlotMap<?>> opened = new ArrayList<>();
    private final AtomicInteger names = new AtomicInteger();
    private final Runs<Integer> sentinelRuns = new Runs<>(this);

    private @Nullable AsyncSlotRegistry registry;
    private @Nullable TimerSlots<Integer> sentinel;
    private int sentinels;

    ContractRig(BackendContract contract) {
        this.contract = contract;
    }

    // ---- what there is ------------------------------------------------------------------------------------------

    /** The started registry; made at the first call. */
    AsyncSlotRegistry registry() throws Exception {
        AsyncSlotRegistry present = registry;
        if (present == null) {
            present = contract.registry(crew, this::completed);
            assertThat(present.isRunning())
                    .as("registry(...) must answer a started registry")
                    .isTrue();
            registry = present;
        }
        return present;
    }

    private void completed(io.asyncslot.SlotFiring firing, Duration duration, @Nullable Throwable failure) {
        for (SlotListener listener : listeners) {
            listener.completed(firing, duration, failure);
        }
    }

    Crew crew() {
        return crew;
    }

    void listener(SlotListener listener) {
        listeners.add(listener);
    }

    Duration steps(double number) {
        return Duration.ofNanos((long) (contract.step().toNanos() * number));
    }

    Duration patience() {
        return contract.patience();
    }

    @Nullable
    Shortage shortage() {
        return contract.shortage();
    }

    Gate gate() {
        Gate gate = new Gate(patience().toNanos());
        gates.add(gate);
        return gate;
    }

    Strand strand(String what, Action action) {
        return new Strand(what, patience().toMillis(), action);
    }

    <K> Runs<K> runs() {
        return new Runs<>(this);
    }

    /** Runs that go on until a gate is opened. */
    Runs<String> runsHeldBy(Gate gate) {
        return this.<String>runs().doing((key, firing) -> gate.pass());
    }

    TimerSlots<String> timers(Runs<String> runs) throws Exception {
        return timers(String.class, runs, spec -> spec);
    }

    <K> TimerSlots<K> timers(Class<K> keyType, Runs<K> runs, UnaryOperator<TimerMapSpec.Builder<K>> more)
            throws Exception {
        TimerMapSpec.Builder<K> spec = TimerMapSpec.named("timers-" + names.incrementAndGet(), keyType);
        return note(registry().register(more.apply(spec.callback(runs)).build()));
    }

    /** A timer map in which the callbacks of these keys have begun. */
    TimerSlots<String> running(Runs<String> runs, String... keys) throws Exception {
        TimerSlots<String> slots = timers(runs);
        for (String key : keys) {
            slots.start(key, Duration.ZERO);
        }
        runs.awaitBegun(keys.length);
        return slots;
    }

    WorkSlots<String> works(Runs<String> runs) throws Exception {
        return works(String.class, runs, spec -> spec);
    }

    <K> WorkSlots<K> works(Class<K> keyType, Runs<K> runs, UnaryOperator<WorkMapSpec.Builder<K>> more)
            throws Exception {
        WorkMapSpec.Builder<K> spec = WorkMapSpec.named("works-" + names.incrementAndGet(), keyType);
        return note(registry().register(more.apply(spec.callback(runs)).build()));
    }

    /** A timer map whose slots carry values; the test is reported as skipped on a backend without them. */
    <V> ValueTimerSlots<String, V> timers(SlotValues<V> values, Runs<String> runs) throws Exception {
        return timers(values, runs, spec -> spec);
    }

    <V> ValueTimerSlots<String, V> timers(
            SlotValues<V> values, Runs<String> runs, UnaryOperator<TimerMapSpec.Builder<String>> more)
            throws Exception {
        try {
            TimerSlots<String> slots = timers(
                    String.class, runs, spec -> more.apply(spec.values(values)).callback(runs));
            return registry().timers(slots.name(), String.class, values.type());
        } catch (BackendUnavailableException e) {
            throw lacking(e);
        }
    }

    /** A timer map of a shape that not every backend has; the test is reported as skipped there. */
    TimerSlots<String> shaped(Runs<String> runs, UnaryOperator<TimerMapSpec.Builder<String>> more) throws Exception {
        try {
            return timers(String.class, runs, more);
        } catch (BackendUnavailableException e) {
            throw lacking(e);
        }
    }

    /** A work map whose slots carry values; the test is reported as skipped on a backend without them. */
    <V> ValueWorkSlots<String, V> works(SlotValues<V> values, Runs<String> runs) throws Exception {
        return works(values, runs, spec -> spec);
    }

    <V> ValueWorkSlots<String, V> works(
            SlotValues<V> values, Runs<String> runs, UnaryOperator<WorkMapSpec.Builder<String>> more) throws Exception {
        try {
            WorkSlots<String> slots = works(
                    String.class, runs, spec -> more.apply(spec.values(values)).callback(runs));
            return registry().works(slots.name(), String.class, values.type());
        } catch (BackendUnavailableException e) {
            throw lacking(e);
        }
    }

    /** A work map of a shape that not every backend has; the test is reported as skipped there. */
    WorkSlots<String> shapedWorks(Runs<String> runs, UnaryOperator<WorkMapSpec.Builder<String>> more) throws Exception {
        try {
            return works(String.class, runs, more);
        } catch (BackendUnavailableException e) {
            throw lacking(e);
        }
    }

    private static TestAbortedException lacking(BackendUnavailableException refusal) {
        return new TestAbortedException("the backend does not name a feature that this takes: " + refusal.getMessage());
    }

    private <M extends SlotMap<?>> M note(M map) {
        opened.add(map);
        return map;
    }

    // ---- what is waited for -------------------------------------------------------------------------------------

    /** Lets the backend's time pass: returns when a timer of the given delay, armed now, has run. */
    void settle(Duration delay) throws Exception {
        TimerSlots<Integer> present = sentinel;
        if (present == null) {
            present = note(registry()
                    .register(TimerMapSpec.named(SENTINEL, Integer.class)
                            .callback(sentinelRuns)
                            .build()));
            sentinel = present;
        }
        present.start(0, delay);
        sentinelRuns.awaitEnded(++sentinels);
    }

    /** Waits until something has come about that nobody announces. */
    void until(String what, BooleanSupplier state) throws InterruptedException {
        long until = System.nanoTime() + patience().toNanos();
        for (int turns = 0; !state.getAsBoolean(); turns++) {
            if (System.nanoTime() - until >= 0) {
                throw new AssertionError("after " + patience() + " still not: " + what);
            }
            if (turns < 1_000) {
                Thread.onSpinWait();
            } else {
                Thread.sleep(1);
            }
        }
    }

    <K> void untilState(SlotMap<K> slots, K key, RunState state) throws InterruptedException {
        until("key '" + key + "' is " + state, () -> state(slots, key) == state);
    }

    /** Waits until nothing of a key is pending and no callback of it runs, whether it has a slot then or not. */
    <K> void untilIdle(SlotMap<K> slots, K key) throws InterruptedException {
        until("key '" + key + "' is idle", () -> {
            RunState state = state(slots, key);
            return state == null || state == RunState.IDLE;
        });
    }

    static <K> @Nullable RunState state(SlotMap<K> slots, K key) {
        return slots.find(key).map(SlotSnapshot::runState).orElse(null);
    }

    /** Waits until nothing is pending in a map, during a run neither. */
    void withoutArmed(SlotMap<?> map) throws InterruptedException {
        until(
                "no slot is armed",
                () -> map.scan(
                                1,
                                slot -> slot.runState() == RunState.ARMED || slot.runState() == RunState.RUNNING_ARMED,
                                slot -> {})
                        == 0);
    }

    // ---- what must hold -----------------------------------------------------------------------------------------

    /** Reports the test as skipped if the backend's author says that it cannot have one of the scenarios. */
    void needs(String... scenarios) {
        for (String scenario : scenarios) {
            String reason = contract.gaps().reason(scenario);
            Assumptions.assumeTrue(
                    reason == null, () -> "this backend cannot have scenario " + scenario + ": " + reason);
        }
    }

    /** Says that an order of events came up, or reports the test as skipped: this machine did not show the race. */
    static void reached(String order, int count) {
        Assumptions.assumeTrue(count > 0, () -> "the order '" + order + "' did not come up on this machine");
    }

    /** Notes what must not be; the test fails by it in the end. */
    void violated(String what) {
        violations.add(what);
    }

    /** Looks whether each map is at rest with its books balanced, and nothing was violated. */
    void verify() throws Exception {
        assertThat(violations).as("what must not be").isEmpty();
        if (contract.gaps().reason("BOOKS") == null) {
            for (SlotMap<?> map : opened) {
                atRest(map);
            }
        }
        AsyncSlotRegistry present = registry;
        if (present != null) {
            assertThat(present.stop(patience()))
                    .as("the registry stops in time")
                    .isTrue();
        }
        assertThat(violations).as("what must not be").isEmpty();
    }

    /** Waits until a map is at rest; fails, showing its counters, when it does not come to rest. */
    void atRest(SlotMap<?> map) throws InterruptedException {
        long until = System.nanoTime() + patience().toNanos();
        SlotMapStats stats = map.stats();
        while (!isAtRest(map, stats) && System.nanoTime() - until < 0) {
            Thread.sleep(1);
            stats = map.stats();
        }
        assertThat(isAtRest(map, stats))
                .as(
                        "map '%s' comes to rest: no run, one reference per slot, every armed period accounted for: %s",
                        map.name(), stats)
                .isTrue();
    }

    private static boolean isAtRest(SlotMap<?> map, SlotMapStats stats) {
        long accounted = stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped() + stats.armed();
        return stats.running() == 0
                && stats.queued() == 0
                && stats.references() == stats.slots()
                && stats.started() == accounted
                && stats.dropped() == 0
                && (!map.isClosed() || stats.slots() == 0);
    }

    @Override
    public void close() {
        gates.forEach(Gate::open);
        AsyncSlotRegistry present = registry;
        if (present != null) {
            present.close();
        }
        crew.close();
    }
}
