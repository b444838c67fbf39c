package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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

    @Test
    void touch_armedKey_allocatesNothing() {
        TimerSlots<String> slots = map(0);
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

    private TimerSlots<String> map(int historySize) {
        return registry.register(TimerMapSpec.named("map" + historySize, String.class)
                .delay(delay)
                .historySize(historySize)
                .callback((key, firing) -> {})
                .build());
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
