package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The timer thread takes its slack away, and the report tells. */
class TimerSlackTests {

    @TempDir
    private Path elsewhere;

    @Test
    void set_onLinux_kernelAgrees() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/proc/self/timerslack_ns")), "no writable timer slack here");
        FutureTask<String> kernelSays = new FutureTask<>(() -> {
            assertThat(TimerSlack.set(Duration.ofNanos(1))).isEqualTo(new Lever("1 ns", true, "1 ns"));
            Path tid = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName();
            return Files.readString(Path.of("/proc", tid.toString(), "timerslack_ns"));
        });
        new Thread(kernelSays).start();
        assertThat(kernelSays.get().strip()).isEqualTo("1");
    }

    @Test
    void set_zero_isOff() {
        assertThat(TimerSlack.set(Duration.ZERO, elsewhere)).isEqualTo(Lever.off());
    }

    @Test
    void set_withoutProc_tellsWhy() {
        Lever lever = TimerSlack.set(Duration.ofNanos(1), elsewhere);
        assertThat(lever.active()).isFalse();
        assertThat(lever.state()).contains("NoSuchFileException");
    }

    @Test
    void set_kernelThatKeepsItsOwnValue_isNotActive() throws Exception {
        Files.createSymbolicLink(elsewhere.resolve("thread-self"), Path.of("7", "task", "8"));
        Files.createDirectories(elsewhere.resolve("8"));
        Path deaf = Files.createSymbolicLink(elsewhere.resolve("8").resolve("timerslack_ns"), Path.of("/dev/null"));
        Lever lever = TimerSlack.set(Duration.ofNanos(1), elsewhere);
        Files.delete(deaf);
        assertThat(lever).isEqualTo(new Lever("1 ns", false, " ns"));
    }

    @Test
    void report_tellsWhatCameOfEachLever() {
        JvmBackend backend = new JvmBackend(JvmOptions.defaults().withWakeInterval(Duration.ofMillis(2)));
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build()) {
            assertThat(lever(backend, "timerSlack"))
                    .containsEntry("asked", "1 ns")
                    .containsEntry("active", false)
                    .containsEntry("state", "no timer thread has been started");
            registry.start();
            registry.register(TimerMapSpec.named("first", String.class)
                    .callback((key, firing) -> {})
                    .build()); // the thread comes with it
            await().untilAsserted(() ->
                    assertThat(lever(backend, "slice").get("state")).isNotEqualTo("no timer thread has been started"));
            assertThat(lever(backend, "timerSlack").get("state")).isNotEqualTo("no timer thread has been started");
            assertThat(lever(backend, "spin")).containsEntry("asked", "off").containsEntry("active", false);
            assertThat(lever(backend, "wakeInterval"))
                    .containsEntry("asked", "2 ms")
                    .containsEntry("active", true);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> lever(JvmBackend backend, String name) {
        return (Map<String, Object>) backend.report().details().get(name);
    }
}
