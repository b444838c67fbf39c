package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.ValueTimerSlots;
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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random bytes in what slots are beside their words, and in their values: each intact slot fires once with its values, each damaged
 * one is shown, kept and never runs, and nothing throws. Seeds as in {@link KernelDamageTests}.
 */
class ValueDamageTests {

    private static final int CAPACITY = 32;
    private static final int KEY_BYTES = 16;
    private static final int KEYS = 20;
    private static final Duration DUE = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));

    @Test
    void beforeARestart_theIntactFireOnceWithTheirValues_andTheDamagedAreShown() {
        int damaged = 0;
        int fired = 0;
        for (long seed : seeds()) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            SimulatedKernel kernel = new SimulatedKernel(ticker, CAPACITY, KEY_BYTES);
            Map<String, List<Integer>> accepted = new TreeMap<>();
            Map<Integer, String> keys;
            try (Application first = new Application(kernel)) {
                first.startSome(random, accepted);
                keys = keysOf(kernel);
            }
            SimulatedKernel image = kernel.image();
            Set<Integer> places = new TreeSet<>();
            Set<Integer> entries = new TreeSet<>();
            for (int i = random.nextInt(10); i > 0; i--) {
                if (random.nextBoolean()) {
                    spoilShape(random, image, places);
                } else {
                    spoilValue(random, image, places, entries);
                }
            }
            places.retainAll(keys.keySet());
            Map<Integer, Long> numbers = numbers(image);
            places.forEach(place -> accepted.remove(keys.get(place)));
            String story = "-Dasyncslot.damage.seed=" + seed + ", spoilt " + places + ", values " + entries;
            try (Application second = new Application(image)) {
                shows(second, places, entries, story);
                second.process.start().pass(DUE.multipliedBy(3));
                assertThat(second.handed).as(story).isEqualTo(accepted);
                assertThat(second.process.firedKeys())
                        .as(story)
                        .hasSize(accepted.size())
                        .doesNotHaveDuplicates();
                shows(second, places, entries, story);
            }
            numbers.forEach((entry, seal) -> {
                if (places.contains(image.values.get(
                        ValueLayout.JAVA_INT,
                        Layout.valueAt(entry, SimulatedKernel.VALUE_BYTES) + Layout.VALUE_PLACE))) {
                    assertThat(numbers(image))
                            .as("values of damaged slots stay: " + story)
                            .containsEntry(entry, seal);
                }
            });
            try (Application third = new Application(image.image())) {
                shows(third, places, entries, "kept: " + story);
                third.process.start().pass(DUE);
                assertThat(third.handed).as(story).isEmpty();
            }
            damaged += places.size();
            fired += accepted.size();
        }
        System.out.println(
                "damage of values before a restart: " + damaged + " slots, " + fired + " intact ones fired once");
        assertThat(damaged).isPositive();
        assertThat(fired).isPositive();
    }

    @Test
    void whileRunning_eachSlotFiresOnceWithItsValues() {
        int fired = 0;
        for (long seed : seeds()) {
            Random random = new Random(seed * 0x9E3779B97F4A7C15L);
            SimulatedKernel kernel = new SimulatedKernel(ticker, CAPACITY, KEY_BYTES);
            Map<String, List<Integer>> accepted = new TreeMap<>();
            try (Application application = new Application(kernel)) {
                application.process.start();
                application.startSome(random, accepted);
                String story = "-Dasyncslot.damage.seed=" + seed;
                for (int round = 0; round < 4; round++) {
                    noise(random, kernel.shapes, 0, (int) kernel.shapes.byteSize());
                    noise(random, kernel.values, 0, (int) kernel.values.byteSize());
                    application.process.pass(Duration.ofMillis(random.nextInt(2_000)));
                    application.look(story);
                }
                application.process.pass(DUE.multipliedBy(2));
                application.look(story);
                assertThat(application.handed).as(story).isEqualTo(accepted);
                assertThat(application.process.firedKeys())
                        .as(story)
                        .hasSize(accepted.size())
                        .doesNotHaveDuplicates();
                fired += accepted.size();
            }
        }
        System.out.println("damage of values while running: " + fired + " slots fired once");
        assertThat(fired).isPositive();
    }

    private static long[] seeds() {
        Long one = Long.getLong("asyncslot.damage.seed");
        return one != null
                ? new long[] {one}
                : LongStream.rangeClosed(1, Long.getLong("asyncslot.damage.seeds", 200))
                        .toArray();
    }

    private static void shows(Application application, Set<Integer> places, Set<Integer> entries, String story) {
        BackendReport report = application.look(story);
        assertThat(report.details())
                .as(story)
                .containsEntry("recordsDamaged", places.size())
                .containsEntry("valuesDamaged", entries.size());
        assertThat(String.join("; ", report.reasons()))
                .as(story)
                .contains(places.isEmpty() ? "" : places.size() + " records in the shared memory are not valid");
    }

    /** All of a shape record, its number, or one byte: the slot is damaged unless that is of no version, or of the one that is past. */
    private static void spoilShape(Random random, SimulatedKernel image, Set<Integer> places) {
        int place = random.nextInt(CAPACITY);
        long at = Layout.shapeAt(place);
        long past = Layout.versionAt(place, ((long) Layout.LONG.get(image.shapes, at) >>> 16) + 1);
        if (random.nextInt(3) == 0) {
            noise(random, image.shapes, at, Layout.SHAPE_BYTES);
            places.add(place);
            return;
        }
        if (random.nextInt(3) == 0) { // chooses the version before, or none
            long number = (long) Layout.LONG.get(image.shapes, at);
            Layout.LONG.set(image.shapes, at, random.nextBoolean() ? 0 : number - (1 << 16));
            places.add(place);
            return;
        }
        long of = at + (random.nextBoolean() ? random.nextInt(Long.BYTES) : random.nextInt(Layout.SHAPE_BYTES));
        oneByte(random, image.shapes, of);
        boolean harmless = of >= past && of < past + Layout.SHAPE_VERSION_BYTES
                || of >= at + Long.BYTES + 2 * Layout.SHAPE_VERSION_BYTES;
        if (!harmless) {
            places.add(place);
        }
    }

    /** All of an entry, or one byte: its slot is damaged unless that is behind the value. */
    private static void spoilValue(Random random, SimulatedKernel image, Set<Integer> places, Set<Integer> entries) {
        int entry = random.nextInt(Layout.valueEntries(CAPACITY));
        int size = Layout.valueRecordBytes(SimulatedKernel.VALUE_BYTES);
        long at = Layout.valueAt(entry, SimulatedKernel.VALUE_BYTES);
        if (entries.contains(entry)) {
            return;
        }
        boolean used = (long) Layout.LONG.get(image.values, at + Layout.VALUE_SEAL) != 0;
        int place = (int) Layout.INT.get(image.values, at + Layout.VALUE_PLACE);
        int length = (int) Layout.INT.get(image.values, at + Layout.VALUE_LENGTH);
        int offset = 0;
        if (random.nextInt(3) == 0) {
            noise(random, image.values, at, size);
        } else {
            offset = random.nextInt(size);
            oneByte(random, image.values, at + offset);
        }
        if (offset < (used ? Layout.VALUE_DATA + (length + 7 & ~7) : Long.BYTES)) {
            entries.add(entry);
            if (used) {
                places.add(place);
            }
        }
    }

    private static void noise(Random random, MemorySegment memory, long offset, int bytes) {
        byte[] noise = new byte[bytes];
        random.nextBytes(noise);
        MemorySegment.copy(noise, 0, memory, ValueLayout.JAVA_BYTE, offset, bytes);
    }

    private static void oneByte(Random random, MemorySegment memory, long offset) {
        byte present = memory.get(ValueLayout.JAVA_BYTE, offset);
        memory.set(ValueLayout.JAVA_BYTE, offset, (byte) (present ^ 1 + random.nextInt(255)));
    }

    /** The seal of each value that there is, by entry. */
    private static Map<Integer, Long> numbers(SimulatedKernel kernel) {
        Map<Integer, Long> numbers = new TreeMap<>();
        for (int entry = 0; entry < Layout.valueEntries(CAPACITY); entry++) {
            long seal = (long) Layout.LONG.get(
                    kernel.values, Layout.valueAt(entry, SimulatedKernel.VALUE_BYTES) + Layout.VALUE_SEAL);
            if (seal != 0) {
                numbers.put(entry, seal);
            }
        }
        return numbers;
    }

    private static Map<Integer, String> keysOf(SimulatedKernel kernel) {
        Map<Integer, String> keys = new HashMap<>();
        for (int place = 0; place < CAPACITY; place++) {
            long keyAt = Layout.keyAt(place, KEY_BYTES);
            if ((byte) Layout.BYTE.get(kernel.control, Layout.controlAt(place) + Layout.CONTROL_KIND) != 0) {
                byte[] bytes = kernel.keys
                        .asSlice(keyAt + Layout.KEY_DATA, (short) Layout.SHORT.get(kernel.keys, keyAt))
                        .toArray(ValueLayout.JAVA_BYTE);
                keys.put(place, new String(bytes, java.nio.charset.StandardCharsets.UTF_8));
            }
        }
        return keys;
    }

    private final class Application implements AutoCloseable {
        private final SimulatedApplication process;
        private final ValueTimerSlots<String, Integer> slots;

        /** What was handed over, by key. */
        private final Map<String, List<Integer>> handed = new TreeMap<>();

        Application(SimulatedKernel kernel) {
            process = new SimulatedApplication(kernel, ticker);
            process.callback = this::ran;
            process.registry.register(TimerMapSpec.named("values", String.class)
                    .values(SlotValues.collect(Integer.class))
                    .callback(process.callback())
                    .build());
            slots = process.registry.timers("values", String.class, Integer.class);
        }

        private void ran(SlotFiring firing) {
            List<Integer> values = handed.computeIfAbsent(firing.key().toString(), key -> new ArrayList<>());
            if (firing.value() instanceof List<?> several) {
                several.forEach(each -> values.add((Integer) each));
            }
        }

        void startSome(Random random, Map<String, List<Integer>> accepted) {
            for (int i = 0; i < KEYS; i++) {
                String key = "key" + i;
                for (int more = random.nextInt(3); more >= 0; more--) {
                    int value = random.nextInt(1 << 30);
                    slots.start(key, DUE.plusMillis(random.nextInt(1_000)), value);
                    accepted.computeIfAbsent(key, each -> new ArrayList<>()).add(value);
                }
                if (random.nextInt(8) == 0) {
                    slots.takeAll(key);
                    accepted.remove(key);
                }
            }
            process.settle();
        }

        /** Everything that an operator or a health check asks. */
        BackendReport look(String story) {
            BackendReport report = process.backend.report();
            List<Object> seen = new ArrayList<>(report.reasons());
            seen.add(slots.stats());
            slots.scan(100, slot -> true, slot -> seen.add(slot.measure()));
            assertThat(seen).as(story).isNotEmpty();
            return report;
        }

        @Override
        public void close() {
            process.close();
        }
    }
}
