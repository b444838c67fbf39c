package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
                    "SKIPPED: the kernel had no memory at that moment (-ENOMEM) for so many slots that the others filled no ring");
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
            Instant before = Instant.now();
            map.start("a", Duration.ofMinutes(1));
            Instant after = Instant.now();
            await().atMost(PATIENCE).until(() -> "kernel".equals(measure(map).by()));
            SlotSnapshot.Measure measure = measure(map);
            assertThat(measure.callbackSet()).isTrue();
            assertThat(measure.program()).isPositive();
            assertThat(measure.expiry()).isBetween(before.plusSeconds(59), after.plusSeconds(61));
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

    /** It wakes up once a second to watch, and that is all. */
    @Test
    void idlePoller_wakesOnceASecond() throws InterruptedException, IOException {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadCpuTimeEnabled(), "SKIPPED: this JVM does not count the CPU time of threads");
        await().atMost(PATIENCE).until(() -> pollers().isEmpty()); // those of former tests
        try (AsyncSlotRegistry registry = registry(settings(65_536, null))) {
            TimerSlots<String> map = timers(registry);
            registry.start();
            map.start("a", Duration.ofMinutes(1));
            await().atMost(PATIENCE).until(() -> measuredHere(registry) == 0);
            Thread.sleep(1_500);
            Path poller = pollers().get(0);
            long before = pollerNanos(threads);
            long sleeps = sleeps(poller);
            long began = System.nanoTime();
            Thread.sleep(2_500);
            await().atMost(PATIENCE).until(() -> sleeps(poller) - sleeps >= 2);
            long slept = sleeps(poller) - sleeps;
            long nanos = pollerNanos(threads) - before;
            double seconds = (System.nanoTime() - began) / 1e9;
            assertThat((double) slept).as("wake-ups in %s seconds", seconds).isLessThanOrEqualTo(seconds + 3);
            assertThat(nanos / seconds)
                    .as("CPU time in each second, of code that is not compiled yet")
                    .isLessThan(20_000_000);
        }
    }

    private static List<Path> pollers() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.filter(RealEngineTests::isPoller).toList();
        }
    }

    private static boolean isPoller(Path task) {
        try {
            return Files.readString(task.resolve("comm")).startsWith("asyncslot-kerne");
        } catch (IOException e) {
            return false; // a thread that has just ended
        }
    }

    /** How often a thread has gone to sleep. */
    private static long sleeps(Path task) throws IOException {
        return Files.readAllLines(task.resolve("status")).stream()
                .filter(line -> line.startsWith("voluntary_ctxt_switches"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                .sum();
    }

    private static long pollerNanos(ThreadMXBean threads) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("asyncslot-kernel"))
                .mapToLong(thread -> Math.max(0, threads.getThreadCpuTime(thread.threadId())))
                .sum();
    }

    /** Eight bytes written by another member of the group; what they are makes no difference. */
    @Test
    void ringPositionThatOthersWrite_isPutRight() {
        RealKernel.assumePins();
        Path pinPath = RealKernel.freshPinPath();
        KernelBackend backend = new KernelBackend(settings(4_096, pinPath), KernelOptions.defaults());
        try (AsyncSlotRegistry registry =
                        new AsyncSlotRegistryBuilder(executor).backend(backend).build();
                Arena arena = Arena.ofConfined()) {
            TimerSlots<String> map = timers(registry);
            registry.start();
            int ring = Libbpf.get().openPin(pinPath.resolve(KernelObjects.EVENTS));
            MemorySegment position = SystemCalls.map(
                    "events", ring, 0, SystemCalls.pageSize(), SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, arena);
            SystemCalls.close(ring);
            int count = 0;
            for (long spoilt : new long[] {1L << 40, 3, -1, 0, Long.MIN_VALUE, 8}) {
                for (boolean before : new boolean[] {true, false}) {
                    long damages = (long) backend.report().details().get("ringDamages");
                    if (!before) {
                        map.start("key" + count, Duration.ofMillis(100));
                    }
                    long right = (long) Layout.LONG.getVolatile(position, 0L);
                    Layout.LONG.setVolatile(position, 0L, right == spoilt ? spoilt + 16 : spoilt);
                    if (before) {
                        map.start("key" + count, Duration.ofMillis(100));
                    }
                    int expected = ++count;
                    await().atMost(PATIENCE).until(() -> fired.size() == expected);
                    await().atMost(PATIENCE)
                            .until(() -> (long) backend.report().details().get("ringDamages") > damages);
                }
            }
            map.start("last", Duration.ofMillis(10));
            int all = count + 1;
            await().atMost(PATIENCE).until(() -> fired.size() == all);
            assertThat(fired).extracting(SlotFiring::key).doesNotHaveDuplicates();
        } finally {
            new KernelLoader(System.out, System.err).run(List.of("--pin-path", pinPath.toString(), "--drop"));
        }
    }

    /** A rolling deployment: the second instance waits until the first has ended, and has its slots; without a wait it is refused. */
    @Test
    void secondInstance_waitsForTheHolder_orIsRefused() throws Exception {
        RealKernel.assumePins();
        Path pinPath = RealKernel.freshPinPath();
        try {
            AsyncSlotRegistry first = registry(settings(65_536, pinPath));
            timers(first).start("a", Duration.ofHours(1));
            first.start();
            for (Duration wait : List.of(Duration.ZERO, Duration.ofMillis(300))) {
                long began = System.nanoTime();
                assertThatThrownBy(() -> registry(waiting(pinPath, wait)))
                        .hasMessageContaining(
                                "process " + ProcessHandle.current().pid());
                assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(wait.toNanos());
            }
            assertThat(waiting(pinPath, Duration.ZERO).report().available()).isFalse();
            KernelBackend waiting = waiting(pinPath, PATIENCE);
            assertThat(waiting.report().available())
                    .as("auto takes the kernel, and waits")
                    .isTrue();
            Future<AsyncSlotRegistry> opening = executor.submit(() -> registry(waiting));
            Thread.sleep(300);
            assertThat(opening.isDone()).isFalse();
            first.close();
            AsyncSlotRegistry second = opening.get(60, TimeUnit.SECONDS);
            assertThat(timers(second).find("a")).isPresent();
            second.close();
        } finally {
            new KernelLoader(System.out, System.err).run(List.of("--pin-path", pinPath.toString(), "--drop"));
        }
    }

    private static KernelBackend waiting(Path pinPath, Duration wait) {
        return new KernelBackend(
                settings(65_536, pinPath), KernelOptions.defaults().withWaitForHolder(wait));
    }

    private AsyncSlotRegistry registry(KernelBackend backend) {
        return new AsyncSlotRegistryBuilder(executor).backend(backend).build();
    }

    /** The directory is removed under a running application, by an operator who tidies up, or one by one: all is pinned again. */
    @Test
    void removedPins_areMadeAgain() throws IOException, InterruptedException {
        RealKernel.assumePins();
        Path pinPath = RealKernel.freshPinPath();
        KernelLoader loader = new KernelLoader(System.out, System.err);
        try {
            assertThat(loader.run(List.of("--pin-path", pinPath.toString(), "--mode", "640", "--group", "65534")))
                    .isZero();
            try (AsyncSlotRegistry first = registry(settings(65_536, pinPath))) {
                TimerSlots<String> map = timers(first);
                first.start();
                map.start("soon", Duration.ofHours(2));
                map.start("late", Duration.ofHours(1));
                remove(pinPath);
                await().atMost(PATIENCE).until(() -> Pins.contents(pinPath) == Pins.Contents.COMPLETE);
                await().atMost(PATIENCE).until(() -> (long) details(first, "repinned") >= KernelObjects.pinsOfAll());
                for (String name : KernelObjects.names()) {
                    assertThat(Files.getAttribute(pinPath.resolve(name), "unix:gid"))
                            .as(name)
                            .isEqualTo(65_534);
                    assertThat((int) Files.getAttribute(pinPath.resolve(name), "unix:mode") & 0777)
                            .as(name)
                            .isEqualTo(0640);
                }
                assertThatThrownBy(() -> LibbpfPort.open(settings(65_536, pinPath)))
                        .as("locked again")
                        .isInstanceOf(PinPathHeldException.class);
                Files.delete(pinPath.resolve(KernelObjects.KEYS));
                await().atMost(PATIENCE).until(() -> Files.exists(pinPath.resolve(KernelObjects.KEYS)));
                await().atMost(PATIENCE).until(() -> (boolean) details(first, "pinned"));
            }
            try (AsyncSlotRegistry second = registry(settings(65_536, pinPath))) {
                TimerSlots<String> map = timers(second);
                assertThat(map.find("late")).isPresent();
                second.start();
                map.start("soon", Duration.ofMillis(20));
                await().atMost(PATIENCE).until(() -> fired.size() == 1);
                assertThat(fired).extracting(SlotFiring::key).containsExactly("soon");
            }
        } finally {
            loader.run(List.of("--pin-path", pinPath.toString(), "--drop"));
        }
    }

    /** Removes a directory of pins; if the application has pinned one again meanwhile, that too. */
    private static void remove(Path pinPath) throws IOException {
        for (boolean removed = false; !removed; ) {
            KernelObjects.unpin(pinPath);
            try {
                Files.delete(pinPath);
                removed = true;
            } catch (DirectoryNotEmptyException e) {
                // once more
            }
        }
    }

    /** Somebody else has made a memory of his own in the place: that is said, and left alone. */
    @Test
    void pinsThatAreAnothers_areSaidAndLeftAlone() throws IOException {
        RealKernel.assumePins();
        Path pinPath = RealKernel.freshPinPath();
        KernelLoader loader = new KernelLoader(System.out, System.err);
        try (AsyncSlotRegistry first = registry(settings(65_536, pinPath))) {
            timers(first);
            Path aside = pinPath.resolveSibling(pinPath.getFileName() + "-aside");
            Files.move(pinPath, aside); // the lock goes with it
            assertThat(loader.run(List.of("--pin-path", pinPath.toString()))).isZero();
            first.start();
            await().atMost(PATIENCE).until(() -> !reasons(first).isEmpty());
            assertThat(reasons(first))
                    .anyMatch(reason -> reason.contains("any more") && reason.contains("pinned there"));
            assertThat((boolean) details(first, "pinned")).isFalse();
            assertThat((long) details(first, "repinned")).isZero();
            assertThat(loader.run(List.of("--pin-path", pinPath.toString(), "--drop")))
                    .isZero();
            Files.move(aside, pinPath);
            await().atMost(PATIENCE).until(() -> reasons(first).isEmpty());
            assertThat((boolean) details(first, "pinned")).isTrue();
        } finally {
            loader.run(List.of("--pin-path", pinPath.toString(), "--drop"));
        }
    }

    private static List<String> reasons(AsyncSlotRegistry registry) {
        return registry.backends().get(0).reasons();
    }

    @Test
    void gracefulRestart_findsSlotsAndFirings() throws InterruptedException {
        RealKernel.assumePins();
        Path pinPath = RealKernel.freshPinPath();
        try {
            try (AsyncSlotRegistry first = registry(settings(65_536, pinPath))) {
                TimerSlots<String> map = timers(first);
                first.start();
                assertThat(first.stop(PATIENCE)).isTrue(); // or a busy machine lets it fire here
                map.start("soon", Duration.ofMillis(200));
                map.start("late", Duration.ofHours(1));
            }
            Thread.sleep(1_000);
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
