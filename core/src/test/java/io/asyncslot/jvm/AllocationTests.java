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
import java.util.function.DoublePredicate;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations on a live key allocate nothing, with history on or off. */
class AllocationTests {

    private static final int WARM_UP = 200_000;
    private static final int OPERATIONS = 100_000;
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    /** Room for what the JVM itself allocates on the thread, such as when it compiles; one byte each would be 100,000. */
    private static final long NOISE_BYTES = 20_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Duration delay = Duration.ofMinutes(1);
    private AsyncSlotRegistry registry;
    private int opened;

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
        TimerSlots<String> without = map(0);
        TimerSlots<String> with = map(8);
        assertThat(warm(() -> bytesPerFreshKey(with) - bytesPerFreshKey(without), more -> more >= 4 && more <= 12))
                .isBetween(4.0, 12.0);
    }

    /** The slot alone: what remembers it when it is gone is a place in a ring. */
    @Test
    void startAndDelete_freshKeyWithHistory_allocatesTheSlotOnly() {
        TimerSlots<String> slots = map(8);
        String[] keys = keys();
        Runnable round = () -> {
            for (String key : keys) {
                assertOutcome(slots.start(key, delay) == StartOutcome.STARTED);
                slots.delete(key);
            }
        };
        assertThat(warm(() -> bytes(round) / (double) WARM_UP, bytes -> bytes < 90))
                .isLessThan(90);
    }

    private double bytesPerFreshKey(TimerSlots<String> slots) {
        String[] keys = keys();
        long bytes = bytes(() -> {
            for (String key : keys) {
                assertOutcome(slots.start(key, delay) == StartOutcome.STARTED);
            }
        });
        for (String key : keys) {
            slots.delete(key);
        }
        return bytes / (double) WARM_UP;
    }

    private static String[] keys() {
        String[] keys = new String[WARM_UP];
        for (int i = 0; i < WARM_UP; i++) {
            keys[i] = "key" + i;
        }
        return keys;
    }

    private long bytes(Runnable operations) {
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        operations.run();
        return threads.getThreadAllocatedBytes(id) - before;
    }

    /**
     * Measures until the compiler, which a busy machine holds up, has done its part: before, code allocates more. One good measurement
     * may be luck, three in a row are not.
     */
    private static double warm(DoubleSupplier measured, DoublePredicate wanted) {
        long began = System.nanoTime();
        double bytes = measured.getAsDouble();
        for (int good = 0; good < 3 && System.nanoTime() - began < PATIENCE_NANOS; ) {
            good = wanted.test(bytes) ? good + 1 : 0;
            bytes = measured.getAsDouble();
        }
        return bytes;
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
        double most = perValue(values);
        assertThat(warm(
                        () -> bytes(() -> repeat(batch, OPERATIONS / values)) / (double) OPERATIONS,
                        each -> each <= most))
                .as("bytes for each value")
                .isLessThanOrEqualTo(most);
    }

    /** A small batch has to pay for its slot, which is made anew after each take. */
    private static double perValue(int values) {
        return values == 100 ? 12 : 8;
    }

    @Test
    void open_emptyMaps_costLittle() {
        map(0);
        Runnable open = () -> registry.register(TimerMapSpec.named("empty" + ++opened, String.class)
                .callback((key, firing) -> {})
                .build());
        assertThat(bytes(() -> repeat(open, 100)) / 100)
                .isLessThan(4_096); // once: each map costs its successors a little
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
        assertThat(warm(() -> bytes(() -> repeat(operation, OPERATIONS)), bytes -> bytes < NOISE_BYTES))
                .isLessThan(NOISE_BYTES);
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
