package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The application of {@link StormTests}: arms slots and waits to be killed, or fires what is left. */
final class StormChild {

    static final int RING_BYTES = 65_536;
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    private StormChild() {}

    /**
     * Arms slots, or in a second life waits until none is armed.
     *
     * @param arguments pin path, ledger, how many slots, in how many nanoseconds at least the first is due, and within how many
     *     they all are, "drain" for the second life
     */
    public static void main(String[] arguments) throws Exception {
        int slots = Integer.parseInt(arguments[2]);
        long ahead = Long.parseLong(arguments[3]);
        long span = Long.parseLong(arguments[4]);
        boolean drain = arguments.length > 5;
        KernelBackend backend = new KernelBackend(
                new KernelSettings(slots, 8, RING_BYTES, Path.of(arguments[0]), "storm").valueBytes(0),
                KernelOptions.defaults());
        try (DataOutputStream ledger = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(
                        Path.of(arguments[1]), StandardOpenOption.CREATE, StandardOpenOption.APPEND)));
                AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                        .backend(backend)
                        .build()) {
            TimerSlots<Long> map = registry.register(TimerMapSpec.named("storm", Long.class)
                    .callback((key, firing) -> write(ledger, key))
                    .build());
            registry.start();
            if (drain) {
                while (map.stats().slots() != 0) {
                    TimeUnit.MILLISECONDS.sleep(50);
                }
                System.out.println("DRAINED " + backend.report().details());
                return;
            }
            long began = System.nanoTime();
            for (long key = 0; key < slots; key++) {
                map.start(key, Duration.ofDays(1));
            }
            long took = System.nanoTime() - began;
            // the kernel may have no memory for new timers just now: it is asked again
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (refused(backend) != 0 && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
            long first = System.nanoTime() + Math.max(ahead, 5 * took); // a busy machine is slow twice
            for (long key = 0; key < slots; key++) {
                map.start(key, Duration.ofNanos(Math.max(0, first + key * span / slots - System.nanoTime())));
            }
            System.out.println("READY " + first + " " + refused(backend));
            TimeUnit.HOURS.sleep(1);
        }
    }

    private static int refused(KernelBackend backend) {
        return (int) backend.report().details().get("fallbacksNow");
    }

    private static void write(DataOutputStream ledger, long key) {
        try {
            ledger.writeLong(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
