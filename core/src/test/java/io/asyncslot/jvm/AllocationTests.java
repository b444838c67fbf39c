package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations on a live key allocate nothing, with history on or off. */
class AllocationTests {

    private static final int WARM_UP = 200_000;
    private static final int OPERATIONS = 100_000;
    /** Room for what the JVM itself allocates on the thread, such as when it compiles; one byte each would be 100,000. */
    private static final long NOISE_BYTES = 20_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Duration delay = Duration.ofMinutes(1);
    private AsyncSlotRegistry registry;

    @BeforeEach
    void start() {
        assumeTrue(threads.isThreadAllocatedMemorySupported(), "this JVM does not count allocations by thread");
        registry = new AsyncSlotRegistryBuilder(Runnable::run).build();
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
    }

    @Test
    void rearm_liveKey_allocatesNothing() {
        TimerSlots<String> slots = map(0);
        slots.start("key", delay);
        assertAllocatesNothing(() -> assertOutcome(slots.start("key", delay) == StartOutcome.REARMED));
    }

    @Test
    void rearm_liveKeyWithHistory_allocatesNothing() {
        TimerSlots<String> slots = map(8);
        slots.start("key", delay);
        assertAllocatesNothing(() -> assertOutcome(slots.start("key", delay) == StartOutcome.REARMED));
    }

    /** What a slot notes in itself; a history of its own would be 200 bytes. */
    @Test
    void start_freshKeyWithHistory_allocatesEightBytesMore() {
        double without = bytesPerFreshKey(map(0));
        double with = bytesPerFreshKey(map(8));
        assertThat(with - without).isBetween(4.0, 12.0);
    }

    private double bytesPerFreshKey(TimerSlots<String> slots) {
        String[] keys = new String[WARM_UP];
        for (int i = 0; i < WARM_UP; i++) {
            keys[i] = "key" + i;
        }
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        for (String key : keys) {
            assertOutcome(slots.start(key, delay) == StartOutcome.STARTED);
        }
        return (threads.getThreadAllocatedBytes(id) - before) / (double) WARM_UP;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8})
    void touch_armedKey_allocatesNothing(int history) {
        TimerSlots<String> slots = map(history);
        slots.start("key", delay);
        assertAllocatesNothing(() -> assertOutcome(slots.touch("key") == TouchOutcome.MOVED));
    }

    @Test
    void startAndCancel_keptKey_allocatesNothing() {
        TimerSlots<String> slots = map(0);
        slots.start("key", delay);
        slots.cancel("key");
        assertAllocatesNothing(() -> {
            assertOutcome(slots.start("key", delay) == StartOutcome.STARTED);
            assertOutcome(slots.cancel("key") == CancelOutcome.CANCELLED);
        });
    }

    @Test
    void rearm_liveKeyWithAValue_allocatesNothing() {
        ValueTimerSlots<String, Integer> slots = map(SlotValues.last(Integer.class));
        Integer value = 1_000_000;
        slots.start("key", delay, value);
        assertAllocatesNothing(() -> assertOutcome(slots.start("key", delay, value) == StartOutcome.REARMED));
    }

    /** What holds the references, slot and list included. */
    @ParameterizedTest
    @ValueSource(ints = {100, 1_000, 10_000})
    void collect_liveKey_allocatesEightBytesAValue(int values) {
        ValueTimerSlots<String, Integer> slots = map(SlotValues.collect(Integer.class));
        Integer value = 1_000_000;
        Runnable batch = () -> {
            for (int i = 0; i < values; i++) {
                slots.start("key", delay, value);
            }
            assertOutcome(slots.takeAll("key").size() == values);
        };
        repeat(batch, WARM_UP / values);
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        repeat(batch, OPERATIONS / values);
        long bytes = threads.getThreadAllocatedBytes(id) - before;
        assertThat(bytes / (double) OPERATIONS).as("bytes for each value").isLessThanOrEqualTo(perValue(values));
    }

    /** A small batch has to pay for its slot, which is made anew after each take. */
    private static double perValue(int values) {
        return values == 100 ? 12 : 8;
    }

    @Test
    void open_emptyMaps_costLittle() {
        map(0);
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        for (int i = 1; i <= 100; i++) {
            registry.register(TimerMapSpec.named("empty" + i, String.class)
                    .callback((key, firing) -> {})
                    .build());
        }
        assertThat((threads.getThreadAllocatedBytes(id) - before) / 100).isLessThan(4_096);
    }

    private TimerSlots<String> map(int historySize) {
        return registry.register(TimerMapSpec.named("map" + historySize, String.class)
                .delay(delay)
                .historySize(historySize)
                .whenIdle(WhenIdle.KEEP)
                .callback((key, firing) -> {})
                .build());
    }

    private ValueTimerSlots<String, Integer> map(SlotValues<Integer> values) {
        registry.register(TimerMapSpec.named("values", String.class)
                .values(values)
                .callback((key, firing) -> {})
                .build());
        return registry.timers("values", String.class, Integer.class);
    }

    private void assertAllocatesNothing(Runnable operation) {
        repeat(operation, WARM_UP);
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        repeat(operation, OPERATIONS);
        assertThat(threads.getThreadAllocatedBytes(id) - before).isLessThan(NOISE_BYTES);
    }

    private static void repeat(Runnable operation, int times) {
        for (int i = 0; i < times; i++) {
            operation.run();
        }
    }

    private static void assertOutcome(boolean asExpected) {
        if (!asExpected) {
            throw new AssertionError("unexpected outcome");
        }
    }
}
