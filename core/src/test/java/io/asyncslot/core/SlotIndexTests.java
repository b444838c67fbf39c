package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the index owes to its users whatever their keys do: keys that throw, that change, that collide. */
class SlotIndexTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int MANY = 32_768;

    /** Its hash code can be made to fail, and to change; all calls are counted. */
    private static final class Key {

        private final int id;
        private volatile int hash;
        private volatile boolean failing;
        private final AtomicLong calls = new AtomicLong();

        Key(int id) {
            this.id = id;
            this.hash = id;
        }

        @Override
        public int hashCode() {
            calls.incrementAndGet();
            if (failing) {
                throw new IllegalStateException("detached");
            }
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            calls.incrementAndGet();
            if (failing) {
                throw new IllegalStateException("detached");
            }
            return other instanceof Key key && key.id == id;
        }

        @Override
        public String toString() {
            calls.incrementAndGet();
            return "key " + id;
        }
    }

    /** Of one hash code; counts comparisons. */
    private static final class Ordered implements Comparable<Ordered> {

        private static final AtomicLong comparisons = new AtomicLong();
        private final int id;

        Ordered(int id) {
            this.id = id;
        }

        @Override
        public int compareTo(Ordered other) {
            comparisons.incrementAndGet();
            return Integer.compare(id, other.id);
        }

        @Override
        public int hashCode() {
            return 42;
        }

        @Override
        public boolean equals(Object other) {
            comparisons.incrementAndGet();
            return other instanceof Ordered key && key.id == id;
        }
    }

    /** Of one hash code, without an order. */
    private record Colliding(int id) {

        @Override
        public int hashCode() {
            return 42;
        }
    }

    @Test
    void start_whileTheHashOfAnotherKeyThrows_growsAndLosesNobody() throws InterruptedException {
        try (Bench bench = new Bench()) {
            List<Integer> fired = new ArrayList<>();
            TimerSlots<Key> map = bench.timers(Key.class, (key, firing) -> fired.add(key.id));
            Key bad = new Key(0);
            assertThat(map.start(bad, HOUR)).isEqualTo(StartOutcome.STARTED);
            long asked = bad.calls.get();
            bad.failing = true;
            for (int id = 1; id <= MANY; id++) {
                assertThat(map.start(new Key(id), HOUR)).isEqualTo(StartOutcome.STARTED);
            }
            assertThat(bad.calls.get()).as("calls while the index grew").isLessThanOrEqualTo(asked);
            for (int id = 1; id <= MANY; id++) {
                assertThat(map.touch(new Key(id), HOUR)).isEqualTo(TouchOutcome.MOVED);
            }
            assertThatThrownBy(() -> map.start(bad, HOUR)).hasMessage("detached");
            assertThat(map.delete(new Key(1))).isEqualTo(DeleteOutcome.DELETED_ARMED);
            bench.advanceAndRun(HOUR);
            assertThat(fired).hasSize(MANY).contains(0).doesNotContain(1);
            assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
        }
    }

    @Test
    void close_keysThatChangedSince_waitsForNothing() throws InterruptedException {
        try (Bench bench = new Bench()) {
            TimerSlots<Key> map = bench.timers(Key.class, (key, firing) -> {});
            List<Key> keys = new ArrayList<>();
            for (int id = 0; id < 100; id++) {
                Key key = new Key(id);
                keys.add(key);
                map.start(key, HOUR);
            }
            for (Key key : keys) {
                key.hash = key.id + 1;
            }
            long calls = calls(keys);
            assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
            bench.backend.pump();
            assertThat(map.stats().slots()).isZero();
            assertThat(map.stats().references()).isZero();
            assertThat(calls(keys)).as("calls of user code by the close").isEqualTo(calls);
        }
    }

    @Test
    void run_keyThatChangedSince_endsAndLeavesNothing() throws InterruptedException {
        try (Bench bench = new Bench()) {
            AtomicReference<TimerSlots<Key>> self = new AtomicReference<>();
            TimerSlots<Key> map = bench.timers(Key.class, (key, firing) -> {
                assertThat(self.get().delete(key)).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
                key.hash = -1;
                key.failing = true;
            });
            self.set(map);
            map.start(new Key(1), Duration.ofMillis(1));
            bench.advanceAndRun(Duration.ofMillis(1));
            assertThat(map.stats().slots()).isZero();
            assertThat(map.stats().references()).isZero();
            assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
        }
    }

    /** The run of a deleted slot goes on, and blocks of its hash leave: the next slot of its key waits for it all the same. */
    @Test
    void delete_duringARun_ofAKeyThatSharesItsHash_isRemembered() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<Colliding> slots = bench.timers(Colliding.class, (key, firing) -> {
                if (runs.incrementAndGet() == 1) {
                    inside.countDown();
                    goOn.await();
                }
            });
            for (int id = 0; id < 3; id++) {
                slots.start(new Colliding(id), id == 0 ? Duration.ZERO : HOUR);
            }
            bench.backend.pump();
            Thread worker = Race.thread(bench.hand::runNext);
            inside.await();
            assertThat(slots.delete(new Colliding(0))).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
            for (int i = 0; i < 10; i++) {
                slots.start(new Colliding(9), HOUR);
                slots.delete(new Colliding(9));
            }
            slots.start(new Colliding(0), Duration.ZERO);
            bench.settle();
            assertThat(runs).as("while the former run goes on").hasValue(1);
            goOn.countDown();
            worker.join();
            bench.settle();
            assertThat(runs).hasValue(2);
            assertThat(slots.stats().references()).isEqualTo(slots.stats().slots());
        }
    }

    @Test
    void generation_ofALaterMapAndOfALaterProcess_isHigher() throws InterruptedException {
        long last = 0;
        ManualTicker ticker = new ManualTicker();
        for (int process = 0; process < 3; process++) {
            AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                    .ticker(ticker)
                    .backend(JvmBackend.manual())
                    .build();
            registry.start();
            for (int opened = 0; opened < 3; opened++) {
                TimerSlots<String> map = registry.register(TimerMapSpec.named("map", String.class)
                        .callback((key, firing) -> {})
                        .build());
                for (int start = 0; start < 300; start++) {
                    map.start("key", HOUR);
                    long generation = map.find("key").orElseThrow().generation();
                    assertThat(generation).isGreaterThan(last);
                    last = generation;
                    if (start % 100 == 50) {
                        map.delete("key");
                    }
                }
                assertThat(map.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
            }
            registry.close();
            ticker.advance(Duration.ofMillis(1)); // no process ends and begins anew within a thousand starts
        }
    }

    private static long calls(List<Key> keys) {
        return keys.stream().mapToLong(key -> key.calls.get()).sum();
    }

    @Test
    void startTouchDelete_equalHashCodesOfComparableKeys_fewTimesTheComparisonsOfAConcurrentHashMap() {
        Map<Ordered, Integer> peer = new ConcurrentHashMap<>();
        Ordered.comparisons.set(0);
        for (int id = 0; id < MANY; id++) {
            peer.put(new Ordered(id), id);
        }
        for (int id = 0; id < MANY; id++) {
            peer.get(new Ordered(id));
        }
        for (int id = 0; id < MANY; id++) {
            peer.remove(new Ordered(id));
        }
        long allowed = Ordered.comparisons.getAndSet(0) * 4;
        try (Bench bench = new Bench()) {
            TimerSlots<Ordered> map = bench.timers(Ordered.class, (key, firing) -> {});
            for (int id = 0; id < MANY; id++) {
                assertThat(map.start(new Ordered(id), HOUR)).isEqualTo(StartOutcome.STARTED);
            }
            for (int id = 0; id < MANY; id++) {
                assertThat(map.touch(new Ordered(id), HOUR)).isEqualTo(TouchOutcome.MOVED);
            }
            for (int id = 0; id < MANY; id++) {
                assertThat(map.delete(new Ordered(id))).isEqualTo(DeleteOutcome.DELETED_ARMED);
            }
            assertThat(map.stats().slots()).isZero();
        }
        assertThat(Ordered.comparisons.get()).isBetween((long) MANY, allowed);
    }

    @Test
    void start_stringsOfOneHashCode_findsEach() {
        assertFindsEach(
                id -> {
                    StringBuilder text = new StringBuilder();
                    for (int bit = 0; bit < 15; bit++) {
                        text.append((id >> bit & 1) == 0 ? "Aa" : "BB");
                    }
                    return text.toString();
                },
                String.class);
    }

    @Test
    void start_longsOfTenantAndUser_areSpreadAsSequentialOnesAre() {
        assertThat(distinctHashes(id -> (long) (id % 1_000) << 32 | id / 1_000))
                .isCloseTo(distinctHashes(id -> (long) id), org.assertj.core.data.Percentage.withPercentage(1));
    }

    private static int distinctHashes(IntFunction<Object> key) {
        java.util.BitSet places = new java.util.BitSet();
        for (int id = 0; id < 100_000; id++) {
            places.set(KeyHash.of(key.apply(id)) >>> 12);
        }
        return places.cardinality();
    }

    private static <K> void assertFindsEach(IntFunction<K> key, Class<K> type) {
        try (Bench bench = new Bench()) {
            TimerSlots<K> map = bench.timers(type, (same, firing) -> {});
            for (int id = 0; id < MANY; id++) {
                assertThat(map.start(key.apply(id), HOUR)).isEqualTo(StartOutcome.STARTED);
            }
            for (int id = 0; id < MANY; id++) {
                assertThat(map.start(key.apply(id), HOUR)).isEqualTo(StartOutcome.REARMED);
            }
            for (int id = 0; id < MANY; id += 2) {
                assertThat(map.delete(key.apply(id))).isEqualTo(DeleteOutcome.DELETED_ARMED);
            }
            for (int id = 0; id < MANY; id++) {
                assertThat(map.find(key.apply(id)).isPresent()).isEqualTo((id & 1) == 1);
            }
            int[] seen = {0};
            map.scan(Integer.MAX_VALUE, null, slot -> seen[0]++);
            assertThat(seen[0]).isEqualTo(MANY / 2);
        }
    }

    /** Against a HashMap: few keys of few hashes come and go at random, as blocks of an index without a map. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void everything_atRandom_asAHashMap(int seed) {
        Random random = new Random(seed);
        SlotIndex<Object> index = new SlotIndex<>(1_000);
        Map<Object, ControlBlock<Object>> model = new HashMap<>();
        long made = 0;
        long gone = 0;
        for (int i = 0; i < 50_000; i++) {
            Object key = key(random, seed);
            ControlBlock<Object> present = model.get(key);
            ControlBlock<Object> found = index.get(key);
            assertThat(found == null || StateWord.isFreed(found.word()) ? null : found == present)
                    .isEqualTo(present == null ? null : true);
            if (random.nextInt(3) != 0) {
                ControlBlock<Object> fresh = index.create(SlotIndexTests::block, key, 1);
                assertThat(fresh == null).isEqualTo(present != null);
                if (fresh != null) {
                    assertThat(fresh.generation()).isGreaterThan(1_000);
                    model.put(key, fresh);
                    made++;
                }
            } else if (present != null) {
                present.free();
                index.gone(present, null);
                model.remove(key);
                gone++;
            }
            assertThat(index.isQuiescent()).isEqualTo(made == gone);
        }
        assertThat(index.created()).isEqualTo(made);
        List<ControlBlock<Object>> walked = new ArrayList<>();
        for (ControlBlock<Object> block : index.values()) {
            if (!StateWord.isFreed(block.word())) {
                walked.add(block);
            }
        }
        assertThat(walked.size()).isEqualTo(model.size());
        assertThat(model.values().containsAll(walked)).isTrue();
    }

    private static Object key(Random random, int seed) {
        int id = random.nextInt(seed * seed * 20);
        return switch (random.nextInt(4)) {
            case 0 -> new Ordered(id);
            case 1 -> new Colliding(id);
            case 2 -> id;
            default -> "key " + id;
        };
    }

    @SuppressWarnings("NullAway") // there is no map
    private static <K> ControlBlock<K> block(K key, int hash, ControlBlock<K> former, long deadline, long generation) {
        return new ControlBlock<>(null, key, hash, deadline, generation, false, null);
    }

    @Test
    void create_makerFails_changesNothing() {
        SlotIndex<Object> index = new SlotIndex<>(0);
        for (Object key : List.of(1, "one", new Colliding(1), new Colliding(2), new Ordered(1), new Ordered(2))) {
            assertThatThrownBy(() -> index.create(
                            (same, hash, former, deadline, generation) -> {
                                throw new OutOfMemoryError("full");
                            },
                            key,
                            1))
                    .hasMessage("full");
            assertThat(index.get(key)).isNull();
            assertThat(index.create(SlotIndexTests::block, key, 1)).isNotNull();
        }
        assertThat(index.created()).isEqualTo(6);
    }
}
