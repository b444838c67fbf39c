package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/**
 * The application that {@link KillLoopTests} kills. Writes a line to a file before and after each operation, and at the
 * begin, the end and the acknowledgement of each firing: what is written survives the kill.
 */
final class KillChild {

    static final int KEYS = 96;
    static final int THREADS = 2;
    static final int LIVES_APART = 3;

    private static FileChannel ledger;

    private KillChild() {}

    /**
     * Lives until it is killed, or in the last life until nothing is pending.
     *
     * @param arguments pin path, file, number of this life, "drain" for the last one
     */
    public static void main(String[] arguments) throws Exception {
        Path pinPath = Path.of(arguments[0]);
        ledger = FileChannel.open(
                Path.of(arguments[1]), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        int life = Integer.parseInt(arguments[2]);
        boolean drain = arguments.length > 3 && arguments[3].equals("drain");
        line("LIFE " + life);
        ExecutorService executor = Executors.newFixedThreadPool(4, task -> {
            Thread thread = new Thread(task, "callback");
            thread.setDaemon(true);
            return thread;
        });
        KernelSettings settings = KernelSettings.of(512, 32, pinPath, "kill loop, life " + life);
        KernelBackend backend = new KernelBackend(settings, KernelOptions.defaults());
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                .backend(backend)
                .listener((firing, duration, failure) -> line("A " + firing.key() + " " + firing.generation()))
                .build();
        TimerSlots<String> timers = registry.register(
                TimerMapSpec.named("timers", String.class).callback(callback()).build());
        WorkSlots<String> works = registry.register(
                WorkMapSpec.named("works", String.class).callback(callback()).build());
        registry.start();
        line("READY " + life + " " + backend.report().details());
        if (drain) {
            drain(timers, works);
            registry.stop(Duration.ofSeconds(10));
            registry.close();
            line("DONE " + life + " fallbacks " + backend.fallbacks());
            return;
        }
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            Thread thread = new Thread(() -> operate(timers, works, life, number), "operations-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        Thread.sleep(600_000);
    }

    private static SlotCallback<String> callback() {
        return (key, firing) -> {
            line("F " + key + " " + firing.generation() + " " + firing.attempt() + " "
                    + firing.lateness().toNanos() + " " + firing.whileAway());
            int kind = (key.hashCode() ^ (int) firing.generation()) & 7;
            if (kind == 0) {
                Thread.sleep(15);
            } else if (kind < 4) {
                LockSupport.parkNanos(kind * 300_000L);
            }
            line("R " + key + " " + firing.generation());
        };
    }

    /** Each key belongs to one thread, and in one life of three: in the others what was started must fire. */
    private static void operate(TimerSlots<String> timers, WorkSlots<String> works, int life, int number) {
        Random random = new Random(31L * life + number);
        for (long operation = 0; ; operation++) {
            int index = random.nextInt(KEYS) / THREADS * THREADS + number;
            if (index / THREADS % LIVES_APART != life % LIVES_APART) {
                continue;
            }
            String id = life + "." + number + "." + operation;
            if (index % 8 == number) {
                String key = "w" + index;
                line("B " + id + " start " + key + " 0");
                line("E " + id + " start " + key + " 0 " + works.submit(key));
            } else {
                String key = "t" + index;
                int choice = random.nextInt(12);
                if (choice < 8) {
                    int delay = choice == 0 ? 0 : random.nextInt(700);
                    line("B " + id + " start " + key + " " + delay);
                    line("E " + id + " start " + key + " " + delay + " " + timers.start(key, Duration.ofMillis(delay)));
                } else if (choice == 8) {
                    int delay = random.nextInt(700);
                    line("B " + id + " touch " + key + " " + delay);
                    line("E " + id + " touch " + key + " " + delay + " " + timers.touch(key, Duration.ofMillis(delay)));
                } else if (choice < 11) {
                    line("B " + id + " cancel " + key + " 0");
                    line("E " + id + " cancel " + key + " 0 " + timers.cancel(key));
                } else {
                    line("B " + id + " delete " + key + " 0");
                    line("E " + id + " delete " + key + " 0 " + timers.delete(key));
                }
            }
            if (random.nextInt(4) == 0) {
                LockSupport.parkNanos(random.nextInt(1_500_000));
            }
        }
    }

    private static void drain(TimerSlots<String> timers, WorkSlots<String> works) throws InterruptedException {
        for (int quiet = 0; quiet < 30; ) {
            Thread.sleep(20);
            quiet = isQuiet(timers.stats()) && isQuiet(works.stats()) ? quiet + 1 : 0;
        }
    }

    private static boolean isQuiet(SlotMapStats stats) {
        return stats.armed() == 0 && stats.running() == 0 && stats.queued() == 0;
    }

    /** One call of the system a line: written whole, or not at all. */
    private static synchronized void line(String text) {
        try {
            ledger.write(ByteBuffer.wrap((System.nanoTime() + " " + text + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
