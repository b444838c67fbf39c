package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes and one pin path, on the real kernel: the second asks the first for its slots. */
class TakeOverTests {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Queue<String> fired = new ConcurrentLinkedQueue<>();
    private final Path pinPath = freshPinPath();

    @TempDir
    private Path directory;

    private Process child;

    private static Path freshPinPath() {
        RealKernel.assumePins();
        return RealKernel.freshPinPath();
    }

    @BeforeEach
    void needPins() {
        RealKernel.assumePins();
    }

    @AfterEach
    void drop() throws Exception {
        if (child != null) {
            child.destroyForcibly().waitFor();
        }
        try (Pins pins = Pins.lock(pinPath)) {
            pins.drop();
        }
    }

    private String written() {
        try {
            Path file = directory.resolve("child");
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void awaitLine(String line) {
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(written()).contains(line));
    }

    private void begin(long runMillis, long laterMillis) throws IOException {
        begin(runMillis, laterMillis, true);
    }

    private void begin(long runMillis, long laterMillis, boolean willing) throws IOException {
        child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TakeOverChild.class.getName(),
                        pinPath.toString(),
                        directory.resolve("child").toString(),
                        String.valueOf(runMillis),
                        String.valueOf(laterMillis),
                        String.valueOf(willing))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        awaitLine("BEGIN long");
        awaitLine("READY");
    }

    private AsyncSlotRegistry takeOver(Duration limit) {
        KernelSettings settings = KernelSettings.of(64, 32, pinPath, "the next instance");
        return new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(new KernelBackend(settings, KernelOptions.defaults().withTakeOver(limit)))
                .build();
    }

    private TimerSlots<String> map(AsyncSlotRegistry registry) {
        return registry.register(TimerMapSpec.named("t", String.class)
                .callback((key, firing) -> fired.add(key + " " + firing.attempt()))
                .build());
    }

    private void signal(String name) throws Exception {
        assertThat(new ProcessBuilder("sh", "-c", "kill -" + name + " " + child.pid())
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void holderEndsItsRuns_letsGo_andBeginsNoOther() throws Exception {
        begin(4_000, 500);
        awaitLine("END later");
        try (AsyncSlotRegistry registry = takeOver(PATIENCE)) {
            assertThat(written()).as("runs of the former instance").contains("END long");
            TimerSlots<String> map = map(registry);
            registry.start();
            assertThat(map.find("far")).isPresent();
            assertThat(map.find("long")).isEmpty();
            awaitLine("TOLD");
            assertThat(written()).contains("TOLD " + found(map) + ".");
            assertThat(map.start("far", Duration.ofMillis(50))).hasToString("REARMED");
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(fired).contains("far 1"));
            awaitLine("DOWN");
            awaitLine("START CLOSED");
            assertThat(written()).contains("handed over to another process").doesNotContain("BEGIN far");
            assertThat(fired).containsExactly("far 1");
            assertThat(child.isAlive()).isTrue();
        }
    }

    /** What the next instance finds of the slots that the former one went on to start and delete: hours, or 0 for none. */
    private static String found(TimerSlots<String> map) {
        return IntStream.range(0, 8)
                .map(i -> map.find("k" + i)
                        .map(found -> (int) (found.timeLeft().plusMinutes(59).toHours()))
                        .orElse(0))
                .boxed()
                .toList()
                .toString();
    }

    @Test
    void holderThatWouldNotAsk_isNotAsked() throws Exception {
        begin(0, 5_000, false);
        assertThatThrownBy(() -> takeOver(Duration.ofSeconds(4))).isInstanceOf(BackendUnavailableException.class);
        awaitLine("END later");
        assertThat(written()).doesNotContain("DOWN");
    }

    /** A process that was killed after its first question: that stands for five seconds, and moves no more. */
    @Test
    void askerThatDied_getsNothing() throws Exception {
        begin(0, 6_000);
        new HandOverAsker(pinPath, new KernelTicker()).ask();
        awaitLine("END later");
        assertThat(written()).doesNotContain("DOWN");
    }

    /** The one that gets the slots keeps them, although the other one waits on. */
    @Test
    void ofTwoThatAsk_oneGetsTheSlotsAndKeepsThem() throws Exception {
        begin(0, 100);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<AsyncSlotRegistry>> asking = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                asking.add(threads.submit(() -> {
                    AsyncSlotRegistry registry = takeOver(PATIENCE);
                    map(registry);
                    registry.start();
                    return registry;
                }));
            }
            await().atMost(PATIENCE).until(() -> asking.stream().anyMatch(Future::isDone));
            Thread.sleep(5_000); // the other one asks on
            threads.shutdownNow();
            int got = 0;
            for (Future<AsyncSlotRegistry> each : asking) {
                try (AsyncSlotRegistry registry = each.get()) {
                    got++;
                    assertThat(registry.<String>timers("t", String.class).find("far"))
                            .isPresent();
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(BackendUnavailableException.class);
                }
            }
            assertThat(got).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    /** It cannot answer: nobody takes its slots, and what it was asked meanwhile has lapsed when it wakes up. */
    @Test
    void holderThatIsStopped_keepsItsSlots_andHandsOverToNobody() throws Exception {
        begin(0, 12_000);
        awaitLine("END long");
        signal("STOP");
        try {
            assertThatThrownBy(() -> takeOver(Duration.ofSeconds(1)))
                    .isInstanceOf(BackendUnavailableException.class)
                    .hasMessageContaining("the former instance");
        } finally {
            signal("CONT");
        }
        awaitLine("END later");
        assertThat(written()).doesNotContain("DOWN");
        try (AsyncSlotRegistry registry = takeOver(PATIENCE)) {
            TimerSlots<String> map = map(registry);
            registry.start();
            assertThat(map.find("far")).isPresent();
            assertThat(map.find("later")).isEmpty();
            assertThat(fired).isEmpty();
        }
    }

    /** It goes on when the other one gives up before its runs have ended. */
    @Test
    void holderGoesOn_whenTheOtherProcessGivesUp() throws Exception {
        begin(600_000, 4_500);
        assertThatThrownBy(() -> takeOver(Duration.ofSeconds(4))).isInstanceOf(BackendUnavailableException.class);
        awaitLine("END later");
        assertThat(written()).doesNotContain("END long").doesNotContain("DOWN");
    }
}
