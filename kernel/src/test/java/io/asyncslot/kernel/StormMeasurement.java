package io.asyncslot.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * What it costs when a million slots fall due and no application is there to take the events: the time that all CPUs spend in
 * soft interrupts, against as long a time before. Run by hand, on an otherwise idle machine, as root:
 * {@code java --enable-native-access=ALL-UNNAMED -cp target/classes:target/test-classes
 * io.asyncslot.kernel.StormMeasurement [slots [seconds]]}. The slots fall due evenly over that many seconds, and are watched for
 * as long again.
 */
final class StormMeasurement {

    private static final long PATIENCE_NANOS = 240_000_000_000L;
    private static final int BATCH = 256;
    private static final double TICKS_PER_SECOND = 100;
    private static final int SOFTIRQ = 7;

    private StormMeasurement() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int wanted = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
        PortMeasurement.growSlab();
        try (LibbpfPort port = LibbpfPort.open(new KernelSettings(wanted, 8, 65_536, null, "measurement"))) {
            SlotDriver driver = new SlotDriver(port);
            int started = start(port, driver, wanted);
            double before = softInterrupts();
            TimeUnit.SECONDS.sleep(seconds);
            double quiet = softInterrupts() - before;
            long first = System.nanoTime() + 1_000_000_000L;
            long step = seconds * 1_000_000_000L / started;
            for (int i = 0; i < started; i += BATCH) {
                int count = Math.min(BATCH, started - i);
                for (int j = 0; j < count; j++) {
                    long deadline = first + (i + j) * step;
                    driver.word(i + j, SlotDriver.armed(deadline));
                    driver.command(j, i + j, Layout.OP_START, SlotDriver.MONOTONIC, deadline);
                }
                port.run(count);
            }
            double storm = softInterrupts();
            TimeUnit.SECONDS.sleep(seconds + 1);
            double during = softInterrupts() - storm;
            double after = softInterrupts();
            TimeUnit.SECONDS.sleep(seconds);
            double afterwards = softInterrupts() - after;
            long tries = 0;
            long fires = 0;
            for (int i = 0; i < started; i++) {
                tries += driver.retries(i);
                fires += driver.fires(i);
            }
            System.out.printf(
                    "%d slots (of %d asked for) fell due in %d s, nobody took the events: %d events, %d tries that found the ring"
                            + " full%n",
                    started, wanted, seconds, fires, tries);
            System.out.printf(
                    "soft interrupts of all CPUs, share of one CPU: before %.2f %%, while they fell due %.2f %%, afterwards"
                            + " %.2f %%; the storm itself %.2f %%%n",
                    100 * quiet / seconds,
                    100 * during / (seconds + 1),
                    100 * afterwards / seconds,
                    100 * (during / (seconds + 1) - quiet / seconds));
        }
    }

    /** Makes timers that are far ahead, as many as the kernel has memory for in a while; answers how many, from slot 0 on. */
    private static int start(LibbpfPort port, SlotDriver driver, int wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        long far = System.nanoTime() + 3_600_000_000_000L;
        Deque<Integer> open = new ArrayDeque<>();
        for (int i = 0; i < wanted; i++) {
            open.add(i);
        }
        int pause = 0;
        while (!open.isEmpty() && System.nanoTime() < end) {
            int count = Math.min(BATCH, open.size());
            int[] places = new int[count];
            for (int i = 0; i < count; i++) {
                places[i] = open.remove();
                driver.slot(places[i], Layout.KIND_TIMER, SlotDriver.MONOTONIC);
                driver.word(places[i], SlotDriver.armed(far));
                driver.command(i, places[i], Layout.OP_START, SlotDriver.MONOTONIC, far);
            }
            port.run(count);
            int refused = 0;
            for (int i = count - 1; i >= 0; i--) {
                if (driver.result(i) < 0) {
                    open.addFirst(places[i]);
                    refused++;
                }
            }
            pause = refused > count / 2 ? Math.min(20, pause + 1) : 0;
            if (refused > 0) {
                TimeUnit.MILLISECONDS.sleep(1 + pause);
            }
        }
        return open.isEmpty() ? wanted : open.peek();
    }

    /** Seconds that all CPUs have spent in soft interrupts. */
    private static double softInterrupts() throws IOException {
        String[] all = Files.readAllLines(Path.of("/proc/stat")).get(0).split("\\s+");
        return Long.parseLong(all[SOFTIRQ]) / TICKS_PER_SECOND;
    }
}
