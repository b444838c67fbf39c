package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The engine on the kernel of this machine, where the simulated one cannot tell. */
class RealEngineTests {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ExecutorService executor = Executors.newFixedThreadPool(2);
    private final Queue<SlotFiring> fired = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void needKernel() {
        RealKernel.assume();
    }

    @AfterEach
    void shutDown() {
        executor.shutdownNow();
    }

    private AsyncSlotRegistry registry(KernelSettings settings) {
        return new AsyncSlotRegistryBuilder(executor)
                .backend(new KernelBackend(settings, KernelOptions.defaults()))
                .build();
    }

    private TimerSlots<String> timers(AsyncSlotRegistry registry) {
        return registry.register(TimerMapSpec.named("t", String.class)
                .callback((key, firing) -> fired.add(firing))
                .build());
    }

    private static KernelSettings settings(int ringBytes, @Nullable Path pinPath) {
        return new KernelSettings(2_048, 32, ringBytes, pinPath, "tests of the engine");
    }

    /** 4096 bytes hold some hundred events: most of a thousand find no room at first. */
    @Test
    void ringThatIsFull_losesNothing() throws InterruptedException {
        int slots = 1_000;
        try (AsyncSlotRegistry registry = registry(settings(4_096, null))) {
            TimerSlots<String> map = timers(registry);
            List<String> keys = IntStream.range(0, slots).mapToObj(i -> "k" + i).toList();
            map.startAll(keys, Duration.ofMillis(400));
            Thread.sleep(450); // nobody polls: the registry is not started
            registry.start();
            await().atMost(PATIENCE).until(() -> fired.size() >= slots);
            assertThat(fired.stream().map(SlotFiring::key).distinct()).hasSize(slots);
            assertThat(fired)
                    .hasSize(slots)
                    .allMatch(firing -> !firing.lateness().isNegative());
            long inTheKernel = slots - (long) details(registry, "fallbacks");
            assumeTrue(
                    inTheKernel > 4_096 / (8 + Layout.EVENT_BYTES),
                    "SKIPPED: the kernel had no memory at once (-ENOMEM) for so many slots that the others filled no ring");
            assertThat((long) details(registry, "ringFull"))
                    .as("how often the ring was full")
                    .isPositive();
        }
    }

    private static int measuredHere(AsyncSlotRegistry registry) {
        return (int) details(registry, "fallbacksNow");
    }

    private static Object details(AsyncSlotRegistry registry, String name) {
        return registry.backends().get(0).details().get(name);
    }

    @Test
    void view_showsTheKernelsOwnWord() {
        try (AsyncSlotRegistry registry = registry(settings(65_536, null))) {
            TimerSlots<String> map = timers(registry);
            registry.start();
            map.start("a", Duration.ofMinutes(1));
            await().atMost(PATIENCE).until(() -> "kernel".equals(measure(map).by()));
            SlotSnapshot.Measure measure = measure(map);
            assertThat(measure.callbackSet()).isTrue();
            assertThat(measure.program()).isPositive();
            assertThat(measure.expiry())
                    .isBetween(Instant.now().plusSeconds(50), Instant.now().plusSeconds(61));
            if (measure.references() == null) {
                assertThat(measure.notes()).anyMatch(note -> note.contains(Inspection.NOT_AVAILABLE));
            } else {
                assertThat(measure.references()).isEqualTo(1);
            }
        }
    }

    private static SlotSnapshot.Measure measure(TimerSlots<String> map) {
        SlotSnapshot.Measure measure = map.find("a").orElseThrow().measure();
        assertThat(measure).isNotNull();
        return measure;
    }

    @Test
    void idlePoller_usesNoCpu() throws InterruptedException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadCpuTimeEnabled(), "SKIPPED: this JVM does not count the CPU time of threads");
        try (AsyncSlotRegistry registry = registry(settings(65_536, null))) {
            TimerSlots<String> map = timers(registry);
            registry.start();
            map.start("a", Duration.ofMinutes(1));
            await().atMost(PATIENCE).until(() -> measuredHere(registry) == 0);
            Thread.sleep(100);
            long before = pollerNanos(threads);
            Thread.sleep(1_000);
            assertThat(pollerNanos(threads) - before).as("CPU time in a second").isLessThan(2_000_000);
        }
    }

    private static long pollerNanos(ThreadMXBean threads) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("asyncslot-kernel"))
                .mapToLong(thread -> Math.max(0, threads.getThreadCpuTime(thread.threadId())))
                .sum();
    }

    @Test
    void gracefulRestart_findsSlotsAndFirings() throws InterruptedException {
        RealKernel.assumePins();
        Path pinPath = RealKernel.freshPinPath();
        try {
            try (AsyncSlotRegistry first = registry(settings(65_536, pinPath))) {
                TimerSlots<String> map = timers(first);
                first.start();
                map.start("soon", Duration.ofSeconds(2));
                map.start("late", Duration.ofHours(1));
            }
            Thread.sleep(2_500);
            assertThat(fired).isEmpty();
            try (AsyncSlotRegistry second = registry(settings(65_536, pinPath))) {
                TimerSlots<String> map = timers(second);
                assertThat(map.find("late")).isPresent();
                second.start();
                await().atMost(PATIENCE).until(() -> fired.size() == 1);
                assertThat(map.start("late", Duration.ofMillis(50))).isEqualTo(StartOutcome.REARMED);
                await().atMost(PATIENCE).until(() -> fired.size() == 2);
                assertThat(fired).extracting(SlotFiring::key).containsExactly("soon", "late");
                assertThat(fired).extracting(SlotFiring::whileAway).containsExactly(true, false);
            }
        } finally {
            new KernelLoader(System.out, System.err).run(List.of("--pin-path", pinPath.toString(), "--drop"));
        }
    }
}
