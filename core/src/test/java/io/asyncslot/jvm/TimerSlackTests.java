package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The timer thread takes its slack away, and the report tells. */
class TimerSlackTests {

    @Test
    void remove_onLinux_kernelAgrees() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/proc/self/timerslack_ns")), "no writable timer slack here");
        String[] kernelSays = new String[1];
        Thread thread = new Thread(() -> {
            assertThat(TimerSlack.remove()).isEqualTo("1 ns");
            try {
                Path tid = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName();
                kernelSays[0] = Files.readString(Path.of("/proc", tid.toString(), "timerslack_ns"));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        thread.start();
        thread.join();
        assertThat(kernelSays[0].strip()).isEqualTo("1");
    }

    @Test
    void report_afterStart_tellsWhatCameOfIt() {
        JvmBackend backend = new JvmBackend();
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build()) {
            assertThat(slack(backend)).isEqualTo("default: no timer thread has been started");
            registry.start();
            await().untilAsserted(() -> assertThat(slack(backend)).doesNotContain("no timer thread"));
        }
    }

    private static String slack(JvmBackend backend) {
        return (String) backend.report().details().get("timerSlack");
    }
}
