package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** The application that {@link ValueKillLoopTests} kills: writes a line before and after each operation and each run. */
final class ValueKillChild {

    private static final int KEYS = 48;

    private static FileChannel ledger;

    private ValueKillChild() {}

    /**
     * Lives until it is killed, or in life 0 until nothing is pending.
     *
     * @param arguments pin path, file, number of this life
     */
    public static void main(String[] arguments) throws Exception {
        ledger = FileChannel.open(
                Path.of(arguments[1]), StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        int life = Integer.parseInt(arguments[2]);
        ExecutorService executor = Executors.newFixedThreadPool(3, task -> {
            Thread thread = new Thread(task, "callback");
            thread.setDaemon(true);
            return thread;
        });
        KernelSettings settings = KernelSettings.of(
                        64, 16, Path.of(arguments[0]), "kill loop with values, life " + life)
                .valueBytes(32);
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                .backend(new KernelBackend(settings, KernelOptions.defaults()))
                .listener((firing, duration, failure) -> line("ENDED " + firing.key() + " " + firing.generation()))
                .build();
        registry.register(TimerMapSpec.named("values", String.class)
                .values(SlotValues.collect(String.class))
                .callback((key, firing) -> {
                    line("FIRED " + key + " " + firing.generation() + words((Collection<?>) firing.value()));
                    Thread.sleep(firing.generation() & 7);
                })
                .build());
        ValueTimerSlots<String, String> slots = registry.timers("values", String.class, String.class);
        line("READY " + life);
        registry.start();
        if (life == 0) {
            for (int quiet = 0; quiet < 30; ) {
                Thread.sleep(20);
                SlotMapStats stats = slots.stats();
                quiet = stats.armed() == 0 && stats.running() == 0 && stats.queued() == 0 ? quiet + 1 : 0;
            }
            registry.close();
        } else {
            operate(slots, life);
        }
    }

    /** Of each third key nothing is cancelled or deleted. */
    private static void operate(ValueTimerSlots<String, String> slots, int life) throws InterruptedException {
        Random random = new Random(life);
        for (int number = 0; ; number++) {
            int index = random.nextInt(KEYS);
            String key = "key" + index;
            int choice = random.nextInt(index % 3 == 0 ? 10 : 12);
            if (choice < 9) {
                String value = life + "." + number;
                line("START " + key + " " + value);
                StartOutcome outcome = slots.start(key, Duration.ofMillis(random.nextInt(60)), value);
                line((outcome == StartOutcome.REJECTED ? "REJECTED " : "STARTED ") + key + " " + value);
            } else if (choice == 9) {
                line("TAKE " + key);
                line("TAKEN " + key + words(slots.takeAll(key)));
            } else {
                line("GONE " + key);
                if (choice == 10) {
                    slots.cancel(key);
                } else {
                    slots.delete(key);
                }
            }
            if (random.nextInt(4) == 0) {
                Thread.sleep(1);
            }
        }
    }

    private static String words(Collection<?> values) {
        return values == null
                ? ""
                : List.copyOf(values).stream().map(each -> " " + each).collect(Collectors.joining());
    }

    /** One call of the system a line: written whole, or not at all. */
    private static synchronized void line(String text) {
        try {
            ledger.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
