package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Many slots in the kernel at once, with a ledger of each key. {@code asyncslot.scale} says how many; with
 * {@code asyncslot.scale.exact} the kernel must have taken every one. Without, those that it had no memory for at once
 * may have been measured by the engine: nothing is lost then either, and the test says how many they were.
 */
class KernelScaleTests {

    private static final int SLOTS = Integer.getInteger("asyncslot.scale", 2_000);
    private static final boolean EXACT = Boolean.getBoolean("asyncslot.scale.exact");
    private static final Duration FAR = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final AtomicIntegerArray runs = new AtomicIntegerArray(SLOTS);
    private final AtomicInteger early = new AtomicInteger();
    private final AtomicInteger inAll = new AtomicInteger();
    private KernelBackend backend;
    private AsyncSlotRegistry registry;

    @BeforeAll
    static void needKernel() {
        RealKernel.assume();
    }

    private void open() {
        backend = new KernelBackend(
                KernelSettings.of(Integer.highestOneBit(SLOTS) * 2, 16, null, "scale"), KernelOptions.defaults());
        registry = new AsyncSlotRegistryBuilder(executor).backend(backend).build();
        registry.start();
    }

    @AfterEach
    void shutDown() {
        if (registry != null) {
            registry.close();
        }
        executor.shutdownNow();
    }

    private void fired(Integer key, SlotFiring firing) {
        runs.incrementAndGet(key);
        early.addAndGet(firing.lateness().isNegative() || firing.firedAt().isBefore(firing.deadline()) ? 1 : 0);
        inAll.incrementAndGet();
    }

    @Test
    void timers_startedRearmedAndFired_onceEach() {
        open();
        TimerSlots<Integer> map = registry.register(TimerMapSpec.named("timers", Integer.class)
                .maxEntries(SLOTS)
                .callback(this::fired)
                .build());
        StartSummary started = map.startAll(IntStream.range(0, SLOTS).boxed().toList(), FAR);
        assertThat(started).isEqualTo(new StartSummary(SLOTS, 0, 0, 0));
        assertThat(map.stats().armed()).isEqualTo(SLOTS);

        for (int key = 0; key < SLOTS; key++) { // to later, which is a store, and to an earlier time
            if (key % 2 == 0) {
                assertThat(map.touch(key, FAR.plusHours(1))).isEqualTo(TouchOutcome.MOVED);
            } else {
                assertThat(map.start(key, FAR.dividedBy(2))).isEqualTo(StartOutcome.REARMED);
            }
        }
        assertThat(map.stats().fired()).isZero();
        assertThat((Integer) backend.report().details().get("slots")).isEqualTo(SLOTS);

        for (int key = 0; key < SLOTS; key++) {
            assertThat(map.start(key, Duration.ofMillis(key % 1_000))).isEqualTo(StartOutcome.REARMED);
        }
        await().atMost(PATIENCE)
                .until(() -> map.stats().fired() >= SLOTS && map.stats().armed() == 0);
        onceEach();
        SlotMapStats stats = map.stats();
        assertThat(stats.started()).isEqualTo(SLOTS);
        assertThat(stats.fired()).isEqualTo(SLOTS);
        assertThat(stats.failed() + stats.rejected() + stats.dropped() + stats.skipped() + stats.cancelled())
                .isZero();
        assertThat(early).as("runs before their deadline").hasValue(0);
        takenByTheKernel();
    }

    @Test
    void workItems_submittedAndRun_onceEach() {
        open();
        WorkSlots<Integer> map = registry.register(WorkMapSpec.named("works", Integer.class)
                .maxEntries(SLOTS)
                .callback(this::fired)
                .build());
        for (int key = 0; key < SLOTS; key++) {
            assertThat(map.submit(key)).isEqualTo(SubmitOutcome.SUBMITTED);
        }
        await().atMost(PATIENCE)
                .until(() -> map.stats().fired() >= SLOTS && map.stats().armed() == 0);
        onceEach();
        takenByTheKernel();
    }

    private void onceEach() {
        await().atMost(PATIENCE).until(() -> inAll.get() >= SLOTS);
        assertThat(IntStream.range(0, SLOTS).filter(key -> runs.get(key) != 1))
                .as("keys that did not run exactly once")
                .isEmpty();
        assertThat(inAll).hasValue(SLOTS);
    }

    private void takenByTheKernel() {
        long refused = backend.fallbacks();
        long kernelFired = (long) backend.report().details().get("fired");
        if (EXACT) {
            assertThat(refused).as("slots that the kernel refused").isZero();
        }
        long overdue =
                (long) backend.report().details().get("overdueFound"); // before their events, which then find no work
        assertThat(kernelFired + overdue)
                .as("events of the kernel, and slots found overdue: " + overdue)
                .isGreaterThanOrEqualTo(SLOTS - refused);
        assertThat(kernelFired).as("most by the kernel").isGreaterThan((SLOTS - refused) / 2);
        System.out.println(SLOTS + " slots, of which the kernel refused " + refused);
    }
}
