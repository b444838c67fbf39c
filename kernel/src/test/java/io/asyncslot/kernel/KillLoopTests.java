package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 in a loop, at random moments, under load, on the real kernel: what the next process finds is held against the
 * lines that the killed ones wrote. A few lives here; more with -Dasyncslot.kill.lives=N.
 */
class KillLoopTests {

    private static final int LIVES = Integer.getInteger("asyncslot.kill.lives", 6);

    private final Path pinPath = RealKernel.freshPinPath();

    @TempDir
    private Path directory;

    @BeforeAll
    static void needPins() {
        RealKernel.assumePins();
    }

    @AfterEach
    void drop() throws Exception {
        Process loader = java(KernelLoader.class, List.of("--pin-path", pinPath.toString(), "--drop"));
        assertThat(loader.waitFor()).isZero();
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void killed_losesNothing_repeatsNothing_andIsNeverEarly() throws Exception {
        Random random = new Random(Long.getLong("asyncslot.kill.seed", System.nanoTime()));
        Path file = directory.resolve("ledger");
        int paused = 0;
        for (int life = 1; life <= LIVES; life++) {
            Process child = child(file, life, "");
            boolean early = life > 1 && random.nextInt(6) == 0;
            if (early) {
                Thread.sleep(random.nextInt(1_200)); // wherever that is
            } else {
                await(file, "READY " + life + " ", child);
                Thread.sleep(random.nextInt(1_000));
                if (life == 1 || random.nextInt(3) == 0) { // a paused JVM: the kernel goes on, the ring waits
                    signal(child, "STOP");
                    Thread.sleep(random.nextInt(800));
                    signal(child, "CONT");
                    paused++;
                }
                Thread.sleep(random.nextInt(500));
            }
            child.destroyForcibly();
            assertThat(child.waitFor()).as("life %d was killed", life).isEqualTo(137);
        }
        Process last = child(file, LIVES + 1, "drain");
        assertThat(last.waitFor(120, TimeUnit.SECONDS)).as("the last life ends").isTrue();
        assertThat(last.exitValue()).isZero();

        KillLedger ledger = new KillLedger();
        try (var lines = Files.lines(file)) {
            lines.forEach(ledger::line);
        }
        System.out.println("kill loop: " + ledger + ", paused " + paused + " times");
        ledger.finish();
        assertThat(ledger.firings).isPositive();
        assertThat(ledger.away).as("firings due while no process was there").isPositive();
    }

    private static void signal(Process child, String name) throws Exception {
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + child.pid())
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).as("kill -%s", name).isZero();
    }

    private Process child(Path file, int life, String mode) throws IOException {
        return java(KillChild.class, List.of(pinPath.toString(), file.toString(), String.valueOf(life), mode));
    }

    static Process java(Class<?> main, List<String> arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    static void await(Path file, String line, Process child) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!Files.exists(file) || !Files.readString(file).contains(line)) {
            assertThat(child.isAlive()).as("waiting for '%s'", line).isTrue();
            assertThat(System.nanoTime()).as("waiting for '%s'", line).isLessThan(end);
            Thread.sleep(20);
        }
    }
}
