package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A process whose monotonic clock is not the kernel's. */
class TimeNamespaceTests {

    private static final Path UNSHARE = Path.of("/usr/bin/unshare");

    @Test
    void offsetsAreReadAsTheKernelWritesThem() {
        assertThat(TimeNamespace.parse("monotonic           0         0\nboottime            0         0\n"))
                .isEqualTo(new TimeNamespace(0, 0));
        assertThat(TimeNamespace.parse("monotonic        1000         5\nboottime           -7 999999999\n"))
                .isEqualTo(new TimeNamespace(1_000_000_000_005L, -6_000_000_001L));
    }

    @Test
    void whatIsNotAnOffset_isRefused() {
        for (String text : List.of("", "monotonic 1", "monotonic x 0", "tai 1 0", "monotonic 9223372036854775807 0")) {
            assertThatIllegalOrArithmetic(text);
        }
    }

    private static void assertThatIllegalOrArithmetic(String text) {
        if (text.contains("9223372036854775807")) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> TimeNamespace.parse(text)))
                    .isInstanceOf(ArithmeticException.class);
        } else {
            assertThatIllegalArgumentException().isThrownBy(() -> TimeNamespace.parse(text));
        }
    }

    /** In the namespace the clocks are a thousand seconds ahead and a hundred behind: slots fire when they are due. */
    @Test
    void slotsInATimeNamespace_fireOnTime() throws Exception {
        RealKernel.assume();
        assumeTrue(Files.isExecutable(UNSHARE), "SKIPPED: no " + UNSHARE);
        assumeTrue(
                run(UNSHARE.toString(), "--time", "--monotonic", "1000", "true").isEmpty(),
                "SKIPPED: no time namespace can be made here");
        for (String[] offsets : new String[][] {{"1000", "2000"}, {"-10", "-20"}}) {
            String said = run(
                    UNSHARE.toString(),
                    "--time",
                    "--fork",
                    "--monotonic",
                    offsets[0],
                    "--boottime",
                    offsets[1],
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "-Xshare:auto",
                    "-cp",
                    System.getProperty("java.class.path"),
                    TimeNamespaceTests.class.getName());
            assertThat(said)
                    .contains("offset " + offsets[0] + "000000000")
                    .contains("MONOTONIC fired", "REALTIME fired", "BOOTTIME fired")
                    .doesNotContain("early", "not all");
        }
    }

    /** The process inside: a slot of each clock. */
    public static void main(String[] arguments) throws InterruptedException {
        System.out.println("offset " + TimeNamespace.ofThisProcess().monotonicNanos());
        KernelBackend backend = new KernelBackend(KernelSettings.of(16, 32, null, "inside"), KernelOptions.defaults());
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build()) {
            registry.start();
            CountDownLatch fired = new CountDownLatch(3);
            List<TimerSlots<String>> maps = new ArrayList<>();
            for (io.asyncslot.SlotClock clock : io.asyncslot.SlotClock.values()) {
                maps.add(registry.register(TimerMapSpec.named(clock.name(), String.class)
                        .clock(clock)
                        .callback((key, firing) -> {
                            System.out.println(clock + (firing.lateness().isNegative() ? " early" : " fired"));
                            fired.countDown();
                        })
                        .build()));
            }
            long began = System.nanoTime();
            maps.forEach(map -> map.start("a", Duration.ofMillis(300)));
            boolean all = fired.await(60, TimeUnit.SECONDS);
            System.out.println(all && System.nanoTime() - began >= 300_000_000L ? "all" : "not all, or early");
        }
        System.exit(0);
    }

    /** What a command says, its errors too. */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
