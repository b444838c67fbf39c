package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Slots fall due while no application runs: what that costs all CPUs in soft interrupts, and that each fires once in the next
 * life. {@code -Dasyncslot.storm.slots=1000000} arms so many; {@code asyncslot.storm.ahead} and {@code asyncslot.storm.seconds}
 * say in how many seconds the first is due, and within how many all are.
 */
class StormTests {

    private static final int SLOTS = Integer.getInteger("asyncslot.storm.slots", 5_000);
    private static final int AHEAD = Integer.getInteger("asyncslot.storm.ahead", 10);
    private static final int SECONDS = Integer.getInteger("asyncslot.storm.seconds", 2);
    private static final int SECONDS_AFTERWARDS = Math.min(SECONDS, 60);
    private static final double TICKS_PER_SECOND = 100;
    private static final int USER = 1;
    private static final int SYSTEM = 3;
    private static final int IRQ = 6;
    private static final int SOFTIRQ = 7;

    private final Path pinPath = RealKernel.freshPinPath();

    @TempDir
    private Path directory;

    @BeforeAll
    static void needPins() {
        RealKernel.assumePins();
    }

    @AfterEach
    void drop() throws Exception {
        Process loader = KillLoopTests.java(KernelLoader.class, List.of("--pin-path", pinPath.toString(), "--drop"));
        assertThat(loader.waitFor()).isZero();
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void dueWithNobodyThere_costsLittle_andFiresOnce() throws Exception {
        Path ledger = directory.resolve("ledger");
        long began = System.nanoTime();
        try (SlabRoom room = room()) {
            String grown = room == null ? "" : ", room made in " + (System.nanoTime() - began) / 1_000_000_000 + " s";
            List<String> arguments = new ArrayList<>(List.of(
                    pinPath.toString(),
                    ledger.toString(),
                    Integer.toString(SLOTS),
                    Long.toString(AHEAD * 1_000_000_000L),
                    Long.toString(SECONDS * 1_000_000_000L)));
            Process child = child(arguments);
            String[] ready = line(child, "READY").split(" ");
            child.destroyForcibly().waitFor();
            long first = Long.parseLong(ready[1]);
            assertThat(System.nanoTime())
                    .as("armed in time, or asyncslot.storm.ahead is too short")
                    .isLessThan(first);
            assertThat(Files.size(ledger)).as("fired before the kill").isZero();
            double[] start = cpu();
            long at = System.nanoTime();
            until(first);
            double[] before = perSecond(start, at);
            start = cpu();
            at = System.nanoTime();
            until(first + SECONDS * 1_000_000_000L);
            double[] during = perSecond(start, at);
            TimeUnit.SECONDS.sleep(1); // those that are tried a second time
            start = cpu();
            at = System.nanoTime();
            TimeUnit.SECONDS.sleep(SECONDS_AFTERWARDS);
            double[] afterwards = perSecond(start, at);
            arguments.add("drain");
            long restarted = System.nanoTime();
            Process next = child(arguments);
            String drained = line(next, "DRAINED");
            long took = System.nanoTime() - restarted;
            assertThat(next.waitFor()).isZero();
            System.out.printf(
                    "storm: %d slots within %d s, of which the kernel measured %d%s%n",
                    SLOTS, SECONDS, SLOTS - Integer.parseInt(ready[2]), grown);
            print("before", before);
            print("while they fell due", during);
            print("afterwards", afterwards);
            System.out.printf("storm: fired in the next life within %d ms; %s%n", took / 1_000_000, drained);
            checkLedger(ledger);
        }
    }

    /** Each slot once, and none twice. */
    private static void checkLedger(Path ledger) throws IOException {
        BitSet fired = new BitSet(SLOTS);
        int doubled = 0;
        long lines = Files.size(ledger) / Long.BYTES;
        try (DataInputStream in = new DataInputStream(new java.io.BufferedInputStream(Files.newInputStream(ledger)))) {
            for (long i = 0; i < lines; i++) {
                int key = (int) in.readLong();
                doubled += fired.get(key) ? 1 : 0;
                fired.set(key);
            }
        }
        System.out.println("storm: " + lines + " firings of " + fired.cardinality() + " slots, " + doubled
                + " fired again, " + (SLOTS - fired.cardinality()) + " lost");
        assertThat(doubled).as("fired again").isZero();
        assertThat(fired.cardinality()).as("fired").isEqualTo(SLOTS);
    }

    private static void print(String when, double[] share) {
        System.out.printf(
                "storm: %s, of one CPU: soft interrupts %.2f %%, interrupts %.2f %%, system %.2f %%, user %.2f %%%n",
                when, share[0], share[1], share[2], share[3]);
    }

    private static @Nullable SlabRoom room() {
        try {
            return SlabRoom.make(SLOTS);
        } catch (IOException | RuntimeException e) {
            System.out.println("storm: no room was made for timers: " + e);
            return null;
        }
    }

    private static void until(long nanos) throws InterruptedException {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            TimeUnit.NANOSECONDS.sleep(left);
        }
    }

    /** Seconds that all CPUs have spent in soft interrupts, interrupts, the system and programs. */
    private static double[] cpu() throws IOException {
        String[] all = Files.readAllLines(Path.of("/proc/stat")).get(0).split("\\s+");
        double[] seconds = new double[4];
        int[] columns = {SOFTIRQ, IRQ, SYSTEM, USER};
        for (int i = 0; i < columns.length; i++) {
            seconds[i] = Long.parseLong(all[columns[i]]) / TICKS_PER_SECOND;
        }
        return seconds;
    }

    private static double[] perSecond(double[] start, long at) throws IOException {
        double[] now = cpu();
        double seconds = (System.nanoTime() - at) / 1e9;
        for (int i = 0; i < now.length; i++) {
            now[i] = 100 * (now[i] - start[i]) / seconds;
        }
        return now;
    }

    private static Process child(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx" + (128 + SLOTS / 1_000) + "m",
                "-cp",
                System.getProperty("java.class.path"),
                StormChild.class.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** What the child says in a line that begins with a word. */
    private static String line(Process child, String word) throws IOException {
        StringBuilder said = new StringBuilder();
        for (String line = child.inputReader().readLine();
                line != null;
                line = child.inputReader().readLine()) {
            if (line.startsWith(word)) {
                return line;
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("the child ended: " + said);
    }
}
