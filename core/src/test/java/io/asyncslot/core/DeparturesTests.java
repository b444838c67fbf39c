package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What freed a slot lies beside it in the ring: a reader takes no number for that of another slot. */
class DeparturesTests {

    @Test
    void readWhileThreadsAdd_eachSlotHasItsOwnNumbers() throws InterruptedException {
        Departures departures = new Departures();
        AtomicBoolean done = new AtomicBoolean();
        AtomicReference<String> wrong = new AtomicReference<>();
        List<Thread> threads = List.of(adder(departures, done, 0), adder(departures, done, 1));
        int[] seen = new int[1];
        long end = System.nanoTime() + Duration.ofMillis(700).toNanos();
        while (System.nanoTime() < end && wrong.get() == null) {
            departures.each(departure -> {
                Departures.Untold untold = (Departures.Untold) departure;
                int number = (Integer) untold.key();
                boolean own = untold.at() == number && untold.deadline() == -number && untold.cause() == number % 1_000;
                boolean ownKind = untold.last() == (number % 2 == 0 ? Kind.DELETED : Kind.CANCELLED);
                if (!own || !ownKind) {
                    wrong.set(number + " with " + untold.at() + ", " + untold.deadline() + ", " + untold.cause());
                }
                seen[0]++;
                return true;
            });
        }
        done.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(wrong).hasValue(null);
        assertThat(seen[0]).isGreaterThan(Departures.SIZE);
    }

    @Test
    void placesThatOthersWriteTo_areLeftToThem() {
        Departures departures = new Departures();
        try (AsyncSlotRegistry registry = registry()) {
            NotedBlock<?> block = freed(map(registry), 1);
            for (int place = 0; place < Departures.SIZE; place++) {
                departures.ring.set(place, Departures.TAKEN);
            }
            assertThat(departures.add(block, Kind.DELETED, 1, 1, -1)).isFalse();
            departures.ring.set(Departures.SIZE - 1, null);
            assertThat(departures.add(block, Kind.DELETED, 1, 1, -1)).isTrue();
            assertThat(departures.ring.get(Departures.SIZE - 1)).isSameAs(block);
            assertThat(departures.add(block, Kind.DELETED, 1, 1, -1)).isTrue(); // in the place of the one before
        }
    }

    /** A slot leaves once, so no block is added twice: the same block at the second look has the same numbers. */
    private static Thread adder(Departures departures, AtomicBoolean done, int remainder) {
        Thread thread = new Thread(() -> {
            try (AsyncSlotRegistry registry = registry()) {
                TimerSlots<Integer> slots = map(registry);
                for (int i = remainder; !done.get(); i += 2) {
                    NotedBlock<?> block = freed(slots, i);
                    Kind kind = i % 2 == 0 ? Kind.DELETED : Kind.CANCELLED;
                    departures.add(block, kind, i, i % 1_000, -i);
                }
            }
        });
        thread.start();
        return thread;
    }

    private static AsyncSlotRegistry registry() {
        return new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(JvmBackend.manual())
                .build();
    }

    private static TimerSlots<Integer> map(AsyncSlotRegistry registry) {
        return registry.register(TimerMapSpec.named("map", Integer.class)
                .historySize(8)
                .callback((key, firing) -> {})
                .build());
    }

    /** The control block of a slot that was started and deleted. */
    private static NotedBlock<?> freed(TimerSlots<Integer> slots, int key) {
        slots.start(key, Duration.ofHours(1));
        NotedBlock<?> block = (NotedBlock<?>) ((LocalSlots<Integer>) slots).lookUp(key);
        slots.delete(key);
        return block;
    }
}
