package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * That the kernel gets its memory back, by its own books. Those are of the whole machine, so the tests use so much memory
 * that a leak would stand out from what other processes do.
 */
class KernelLeakTests {

    private static final Path SLABS = Path.of("/proc/slabinfo");
    private static final int SLOTS = 64;
    private static final int ROUNDS = 600;
    private static final int CLOSINGS = 128;
    private static final long HOUR = 3_600_000_000_000L;
    private static final long PATIENCE_NANOS = 30_000_000_000L;

    @BeforeAll
    static void needKernel() {
        RealKernel.assume();
        assumeTrue(Files.isReadable(SLABS), "SKIPPED: " + SLABS + " cannot be read");
    }

    /** Each round makes a control block for every slot and frees it. */
    @Test
    void freedSlots_areGivenBack() throws InterruptedException {
        try (LibbpfPort port = LibbpfPort.open(RealKernel.settings(SLOTS, null))) {
            SlotDriver driver = new SlotDriver(port);
            round(port, driver);
            long before = settled(Long.MIN_VALUE);
            int made = 0;
            for (int i = 0; i < ROUNDS; i++) {
                made += round(port, driver);
            }
            assumeTrue(
                    made > ROUNDS * SLOTS / 2,
                    "SKIPPED: the kernel had no memory at that moment (-ENOMEM), made " + made);
            long after = settled(before + made / 10);
            assertThat(after - before)
                    .as("more objects of that size than before %s slots were made and freed", made)
                    .isLessThan(made / 4);
        }
    }

    /** Maps that go take along what is armed in them. */
    @Test
    void closedMaps_giveBackArmedSlots() throws InterruptedException {
        long before = settled(Long.MIN_VALUE);
        int made = 0;
        for (int i = 0; i < CLOSINGS; i++) {
            try (LibbpfPort port = LibbpfPort.open(RealKernel.settings(SLOTS, null))) {
                made += start(port, new SlotDriver(port));
            }
        }
        assumeTrue(
                made > CLOSINGS * SLOTS / 2,
                "SKIPPED: the kernel had no memory at that moment (-ENOMEM), made " + made);
        long after = settled(before + made / 10);
        assertThat(after - before)
                .as("more objects of that size than before %s slots were armed and their maps closed", made)
                .isLessThan(made / 4);
    }

    private static int round(LibbpfPort port, SlotDriver driver) {
        int made = start(port, driver);
        for (int i = 0; i < SLOTS; i++) {
            driver.command(i, i, Layout.OP_FREE, 0, 0);
        }
        port.run(SLOTS);
        return made;
    }

    private static int start(LibbpfPort port, SlotDriver driver) {
        for (int i = 0; i < SLOTS; i++) {
            boolean work = i % 2 == 0;
            driver.slot(i, work ? Layout.KIND_WORK : Layout.KIND_TIMER, SlotDriver.MONOTONIC);
            driver.command(
                    i, i, work ? Layout.OP_WORK : Layout.OP_START, SlotDriver.MONOTONIC, System.nanoTime() + HOUR);
        }
        port.run(SLOTS);
        int made = 0;
        for (int i = 0; i < SLOTS; i++) {
            made += driver.result(i) == 0 ? 1 : 0;
        }
        return made;
    }

    /** Freed after grace periods and by workers, so a while later; others use objects of that size too. */
    private static long settled(long enough) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        long least = Long.MAX_VALUE;
        do {
            Thread.sleep(500);
            long now = objects();
            if (enough == Long.MIN_VALUE && now >= least) {
                return least; // does not fall any further
            }
            least = Math.min(least, now);
        } while (least > enough && System.nanoTime() - end < 0);
        return least;
    }

    /** Objects in use in the general caches of the sizes that control blocks have: 136 to 192 bytes. */
    private static long objects() {
        try (Stream<String> lines = Files.lines(SLABS)) {
            return lines.filter(line -> line.matches("kmalloc-(cg-|rnd-\\d+-)?(192|256) .*"))
                    .mapToLong(line -> Long.parseLong(line.split("\\s+")[1]))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
