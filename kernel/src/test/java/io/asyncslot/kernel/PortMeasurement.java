package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What the port costs on this machine, and how late the kernel is. Run by hand, on an otherwise idle machine, as root:
 * {@code java --enable-native-access=ALL-UNNAMED -cp target/classes:target/test-classes
 * io.asyncslot.kernel.PortMeasurement}.
 */
final class PortMeasurement {

    private static final int SLOTS = 512;
    private static final int BATCH = 256;
    private static final int ROUNDS = 2_000;
    private static final long HOUR = 3_600_000_000_000L;
    private static final long MONOTONIC = SlotDriver.MONOTONIC;

    private final LibbpfPort port;
    private final SlotDriver driver;
    private int refused;

    private PortMeasurement(LibbpfPort port) {
        this.port = port;
        this.driver = new SlotDriver(port);
    }

    public static void main(String[] arguments) throws IOException {
        growSlab();
        try (LibbpfPort port = LibbpfPort.open(KernelSettings.of(SLOTS, 32, null, "measurement"))) {
            PortMeasurement measurement = new PortMeasurement(port);
            System.out.println(port.features());
            for (int i = 0; i < SLOTS; i++) {
                measurement.driver.slot(i, Layout.KIND_TIMER, MONOTONIC);
            }
            for (int warmUp = 0; warmUp < 2; warmUp++) {
                boolean quiet = warmUp == 0;
                measurement.fresh(1, quiet);
                measurement.fresh(BATCH, quiet);
                measurement.earlier(1, quiet);
                measurement.earlier(16, quiet);
                measurement.earlier(BATCH, quiet);
                measurement.later(quiet);
                measurement.lateness(quiet ? 200 : 2_000, quiet);
            }
        }
    }

    /** Init, set callback, start; the frees between are not counted. */
    private void fresh(int batch, boolean quiet) {
        long[] samples = new long[ROUNDS / Math.max(1, batch / 16)];
        refused = 0;
        for (int round = 0; round < samples.length; round++) {
            fill(batch, Layout.OP_FREE, 0);
            port.run(batch);
            pause(batch == 1 ? 20_000 : 20_000_000); // the kernel frees after a grace period
            fill(batch, Layout.OP_START, System.nanoTime() + HOUR);
            samples[round] = timed(batch);
            for (int i = 0; i < batch; i++) {
                refused += driver.result(i) < 0 ? 1 : 0;
            }
        }
        print("start of a fresh slot, batch of " + batch, samples, batch, quiet);
        if (!quiet && refused > 0) {
            System.out.printf("   %d of %d refused by the kernel%n", refused, samples.length * batch);
        }
    }

    private void earlier(int batch, boolean quiet) {
        fill(batch, Layout.OP_START, System.nanoTime() + HOUR);
        port.run(batch);
        long[] samples = new long[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            fill(batch, Layout.OP_START, System.nanoTime() + HOUR - round);
            samples[round] = timed(batch);
        }
        print("re-arm to an earlier deadline, batch of " + batch, samples, batch, quiet);
    }

    private void later(boolean quiet) {
        long word = SlotDriver.armed(System.nanoTime() + HOUR);
        int count = 10_000_000;
        long before = System.nanoTime();
        for (int i = 0; i < count; i++) {
            Layout.LONG.setVolatile(port.control(), Layout.controlAt(i & 255), word + ((long) i << 12));
        }
        long took = System.nanoTime() - before;
        if (!quiet) {
            System.out.printf("re-arm to a later deadline, the store: %.1f ns%n", (double) took / count);
        }
    }

    private void lateness(int count, boolean quiet) {
        long[] kernel = new long[count];
        long[] seen = new long[count];
        int[] taken = {0};
        for (int i = 0; i < count; i++) {
            long deadline = (System.nanoTime() + 1_000_000 + i % 997 * 1_000) / 1_000 * 1_000;
            if (driver.start(0, MONOTONIC, deadline) < 0) {
                continue;
            }
            int before = taken[0];
            while (taken[0] == before) {
                port.poll(
                        (index, word, at) -> {
                            kernel[taken[0]] = at - deadline;
                            seen[taken[0]++] = System.nanoTime() - deadline;
                        },
                        -1);
            }
        }
        if (!quiet) {
            percentiles("lateness in the kernel", Arrays.copyOf(kernel, taken[0]));
            percentiles("lateness at the poller", Arrays.copyOf(seen, taken[0]));
        }
    }

    private void fill(int batch, short op, long deadline) {
        for (int i = 0; i < batch; i++) {
            driver.command(i, i, op, MONOTONIC, deadline);
            if (op == Layout.OP_START) {
                driver.word(i, SlotDriver.armed(deadline));
            }
        }
    }

    private long timed(int batch) {
        long before = System.nanoTime();
        port.run(batch);
        return System.nanoTime() - before;
    }

    private static void print(String what, long[] samples, int batch, boolean quiet) {
        if (!quiet) {
            Arrays.sort(samples);
            System.out.printf(
                    "%s: %d ns each (p50 of %d runs; p99 %d)%n",
                    what,
                    samples[samples.length / 2] / batch,
                    samples.length,
                    samples[samples.length * 99 / 100] / batch);
        }
    }

    private static void percentiles(String what, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                "%s: min %.1f p50 %.1f p99 %.1f max %.1f us of %d%n",
                what,
                nanos[0] / 1e3,
                nanos[nanos.length / 2] / 1e3,
                nanos[nanos.length * 99 / 100] / 1e3,
                nanos[nanos.length - 1] / 1e3,
                nanos.length);
    }

    private static void pause(long nanos) {
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            if (nanos > 1_000_000) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
        }
    }

    /** Where the kernel cannot grow a slab within bpf_timer_init, something of the same size class grows it before. */
    static void growSlab() throws IOException {
        List<Pipe> pipes = new ArrayList<>();
        try {
            for (int i = 0; i < 1_500; i++) {
                pipes.add(Pipe.open());
            }
        } catch (IOException e) {
            System.out.println("only " + pipes.size() + " pipes: " + e.getMessage());
        }
        for (int i = 0; i < pipes.size(); i++) {
            if (i % 20 != 0) {
                pipes.get(i).source().close();
                pipes.get(i).sink().close();
            }
        }
    }
}
