package io.asyncslot.kernel;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Executors;

/** The application that {@link TakeOverTests} takes slots from. Writes to a file what it does. */
final class TakeOverChild {

    private TakeOverChild() {}

    /**
     * Lives until it is killed.
     *
     * @param arguments pin path, file, milliseconds that the run of slot "long" takes, until the slot "later" is due; whether it
     *     lets itself be asked
     */
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[1]);
        long runs = Long.parseLong(arguments[2]);
        KernelOptions options = KernelOptions.defaults();
        KernelBackend backend = new KernelBackend(
                KernelSettings.of(64, 32, Path.of(arguments[0]), "the former instance"),
                Boolean.parseBoolean(arguments[4]) ? options.withTakeOver(Duration.ofSeconds(1)) : options);
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Executors.newCachedThreadPool())
                .backend(backend)
                .build();
        TimerSlots<String> map = registry.register(TimerMapSpec.named("t", String.class)
                .callback((key, firing) -> {
                    line(file, "BEGIN " + key);
                    if (key.equals("long")) {
                        Thread.sleep(runs);
                    }
                    line(file, "END " + key);
                })
                .build());
        registry.start();
        map.start("later", Duration.ofMillis(Long.parseLong(arguments[3])));
        map.start("far", Duration.ofHours(1));
        map.start("long", Duration.ZERO);
        Thread operating = new Thread(() -> operate(file, map));
        operating.setDaemon(true);
        operating.start();
        line(file, "READY");
        while (backend.report().available()) {
            Thread.sleep(20);
        }
        line(file, "DOWN " + backend.report().reasons());
        while (map.find("far").isPresent()) { // the report is first, then the map is closed, slot by slot
            Thread.sleep(20);
        }
        line(file, "START " + map.start("new", Duration.ZERO));
        Thread.sleep(600_000);
    }

    /** Starts and deletes slots until the map is closed, and writes down what it was told: hours, or 0 for none. */
    private static void operate(Path file, TimerSlots<String> map) {
        int[] told = new int[8];
        String failure = "";
        try {
            for (int i = 0; ; i++) {
                int number = i % told.length;
                String key = "k" + number;
                if (i % 5 == 4) {
                    boolean deleted = map.delete(key) != DeleteOutcome.ABSENT;
                    told[number] = deleted ? 0 : told[number];
                    continue;
                }
                int hours = 1_000 + i % 50_000;
                StartOutcome outcome = map.start(key, Duration.ofHours(hours));
                if (outcome == StartOutcome.CLOSED) {
                    break;
                }
                if (outcome
                        != StartOutcome.REJECTED) { // as it may be until the records of those deleted are free again
                    told[number] = hours;
                }
            }
        } catch (RuntimeException e) {
            failure = e.toString();
        }
        try {
            line(file, "TOLD " + Arrays.toString(told) + failure + ".");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static synchronized void line(Path file, String text) throws IOException {
        Files.writeString(file, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
