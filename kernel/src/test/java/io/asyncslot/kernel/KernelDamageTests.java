package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.test.ManualTicker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Random bytes in the shared memory: each slot whose records are intact fires once, each damaged one is shown, kept and
 * never runs, and nothing throws. {@code -Dasyncslot.damage.seeds=1000} tries so many seeds, {@code -Dasyncslot.damage.seed}
 * replays one.
 */
class KernelDamageTests {

    private static final int CAPACITY = 48;
    private static final int KEY_BYTES = 24;
    private static final Duration DUE = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));

    @Test
    void beforeARestart_theIntactFireOnce_andTheDamagedAreShown() {
        int damaged = 0;
        int fired = 0;
        for (long seed : seeds()) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            SimulatedKernel kernel = new SimulatedKernel(ticker, CAPACITY, KEY_BYTES);
            Map<Integer, Object> keys = new HashMap<>();
            try (Application first = new Application(kernel)) {
                first.startSome(random);
                keys.putAll(keysOf(kernel));
            }
            SimulatedKernel image = kernel.image();
            Set<Integer> spoilt = new TreeSet<>();
            for (int i = random.nextInt(12); i > 0; i--) {
                int place = random.nextInt(CAPACITY);
                spoilt.add(place);
                if (random.nextBoolean()) {
                    spoil(random, image.control, Layout.controlAt(place), Layout.CONTROL_BYTES);
                } else {
                    spoil(random, image.keys, Layout.keyAt(place, KEY_BYTES), Layout.keyRecordBytes(KEY_BYTES));
                }
            }
            boolean directory = random.nextInt(3) == 0; // the text map's
            if (directory) {
                spoil(random, image.directory, Layout.directoryAt(0), Layout.DIRECTORY_BYTES);
            }
            spoilHeader(random, image);
            spoilt.removeIf(place ->
                    (byte) Layout.BYTE.get(image.control, Layout.controlAt(place) + Layout.CONTROL_KIND)
                                    == Layout.KIND_UNUSED
                            && (int) Layout.INT.get(image.keys, Layout.keyAt(place, KEY_BYTES) + Layout.KEY_SEAL)
                                    == 0); // still free
            String story = "-Dasyncslot.damage.seed=" + seed + ", spoilt " + spoilt + (directory ? ", directory" : "");
            try (Application second = new Application(image)) {
                BackendReport report = second.process.backend.report();
                second.process.start().pass(DUE.multipliedBy(3));
                Set<Object> expected = new TreeSet<>();
                int orphans = 0;
                for (Map.Entry<Integer, Object> entry : keys.entrySet()) {
                    if (!spoilt.contains(entry.getKey())) {
                        boolean orphaned =
                                directory && entry.getValue().toString().startsWith("text");
                        orphans += orphaned ? 1 : 0;
                        if (!orphaned) {
                            expected.add(entry.getValue().toString());
                        }
                    }
                }
                assertThat(second.process.firedKeys().stream().map(Object::toString))
                        .as(story)
                        .containsExactlyInAnyOrderElementsOf(
                                expected.stream().map(Object::toString).toList());
                assertThat(report.details().get("recordsDamaged")).as(story).isEqualTo(spoilt.size());
                assertThat(String.join("; ", report.reasons()))
                        .as(story)
                        .contains(spoilt.isEmpty() ? "" : spoilt.size() + " records in the shared memory are not valid")
                        .contains(orphans == 0 ? "" : orphans + " slots of map 'number 0, whose name is damaged'");
                second.look();
                damaged += spoilt.size();
                fired += expected.size();
            }
            SimulatedKernel again = image.image();
            try (Application third = new Application(again)) {
                assertThat(third.process.backend.report().details().get("recordsDamaged"))
                        .as("kept: " + story)
                        .isEqualTo(spoilt.size());
                third.process.start().pass(DUE);
                assertThat(third.process.fired).as(story).isEmpty();
            }
        }
        System.out.println("damage before a restart: " + damaged + " records, " + fired + " intact slots fired once");
        assertThat(damaged).isPositive();
        assertThat(fired).isPositive();
    }

    @Test
    void whileRunning_eachSlotFiresOnce() {
        int fired = 0;
        long repaired = 0;
        for (long seed : seeds()) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            SimulatedKernel kernel = new SimulatedKernel(ticker, CAPACITY, KEY_BYTES);
            try (Application application = new Application(kernel)) {
                application.process.start();
                int started = application.startSome(random);
                String story = "-Dasyncslot.damage.seed=" + seed;
                for (int round = 0; round < 4; round++) {
                    for (int i = random.nextInt(10); i > 0; i--) {
                        int place = random.nextInt(CAPACITY);
                        spoil(random, kernel.control, Layout.controlAt(place), Layout.CONTROL_BYTES);
                        spoil(random, kernel.keys, Layout.keyAt(place, KEY_BYTES), Layout.keyRecordBytes(KEY_BYTES));
                    }
                    spoil(random, kernel.directory, 0, (int) kernel.directory.byteSize());
                    spoil(random, kernel.commands, 0, (int) kernel.commands.byteSize());
                    spoilHeader(random, kernel);
                    application.process.pass(Duration.ofMillis(random.nextInt(5_000)));
                    application.look();
                }
                application.process.pass(DUE);
                application.look();
                assertThat(application.process.firedKeys())
                        .as(story)
                        .hasSize(started)
                        .doesNotHaveDuplicates();
                assertThat(application.process.fired)
                        .as("watched each second: " + story)
                        .allMatch(each -> each.lateMicros() >= 0 && each.lateMicros() < 4_000_000);
                fired += started;
                repaired +=
                        (long) application.process.backend.report().details().get("recordsRepaired");
            }
        }
        System.out.println("damage while running: " + fired + " slots fired once, " + repaired + " repairs");
        assertThat(repaired).isPositive();
    }

    static long[] seeds() {
        Long one = Long.getLong("asyncslot.damage.seed");
        return one != null
                ? new long[] {one}
                : java.util.stream.LongStream.rangeClosed(1, Long.getLong("asyncslot.damage.seeds", 60))
                        .toArray();
    }

    private static void spoil(Random random, MemorySegment memory, long offset, int bytes) {
        byte[] noise = new byte[bytes];
        random.nextBytes(noise);
        MemorySegment.copy(noise, 0, memory, ValueLayout.JAVA_BYTE, offset, bytes);
    }

    /** What of the header does not say what the memory is. */
    private static void spoilHeader(Random random, SimulatedKernel kernel) {
        int from = (int) Layout.HEADER_MAP_COUNT;
        spoil(random, kernel.header, from, (int) Layout.HEADER_PROGRAM - from);
        spoil(random, kernel.header, Layout.HEADER_RETIRED, Long.BYTES);
    }

    /** The keys of the slots, by record. */
    private static Map<Integer, Object> keysOf(SimulatedKernel kernel) {
        Map<Integer, Object> keys = new HashMap<>();
        for (int place = 0; place < CAPACITY; place++) {
            long keyAt = Layout.keyAt(place, KEY_BYTES);
            if ((byte) Layout.BYTE.get(kernel.control, Layout.controlAt(place) + Layout.CONTROL_KIND) != 0) {
                byte[] bytes = kernel.keys
                        .asSlice(keyAt + Layout.KEY_DATA, (short) Layout.SHORT.get(kernel.keys, keyAt))
                        .toArray(ValueLayout.JAVA_BYTE);
                boolean number =
                        (byte) Layout.BYTE.get(kernel.keys, keyAt + Layout.KEY_TYPE) == KeyCodecs.number(Long.class);
                keys.put(
                        place,
                        number
                                ? java.nio.ByteBuffer.wrap(bytes).getLong()
                                : new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return keys;
    }

    private final class Application implements AutoCloseable {
        private final SimulatedApplication process;
        private final TimerSlots<String> texts;
        private final TimerSlots<Long> numbers;

        Application(SimulatedKernel kernel) {
            process = new SimulatedApplication(kernel, ticker);
            texts = process.timers("texts");
            numbers = process.registry.register(TimerMapSpec.named("numbers", Long.class)
                    .callback(process.callback())
                    .build());
        }

        int startSome(Random random) {
            int started = 0;
            for (int i = 0; i < 15; i++) {
                texts.start("text" + i, DUE.plusMillis(random.nextInt(1_000)));
                numbers.start((long) i, DUE.plusMillis(random.nextInt(1_000)));
                started += 2;
            }
            for (int i = 0; i < random.nextInt(5); i++) {
                texts.delete("text" + i);
                started--;
            }
            process.settle();
            return started;
        }

        /** Everything that an operator or a health check asks. */
        void look() {
            BackendReport report = process.backend.report();
            List<Object> seen = new ArrayList<>(report.reasons());
            for (SlotMap<?> map : List.of(texts, numbers)) {
                seen.add(map.stats());
                map.scan(100, slot -> true, slot -> seen.add(slot.measure()));
            }
            assertThat(seen).isNotEmpty();
        }

        @Override
        public void close() {
            process.close();
        }
    }
}
