package io.asyncslot.core;

import io.asyncslot.SlotEvent;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the slots deleted last from one map with history went through: a ring. Thread-safe, lock-free. */
final class Departures {

    static final int SIZE = 256;

    private final AtomicReferenceArray<@Nullable Departure> ring = new AtomicReferenceArray<>(SIZE);

    /** Number of the next entry. Any thread, by atomic add. */
    private final AtomicInteger added = new AtomicInteger();

    private record Departure(Object key, History history) {}

    void add(Object key, History history) {
        ring.setRelease(added.getAndIncrement() & SIZE - 1, new Departure(key, history));
    }

    /** The transitions of the latest deleted slot whose key has a text; empty when none is remembered. */
    List<SlotEvent> find(String keyText, Function<History, List<SlotEvent>> entries) {
        int end = added.get();
        for (int i = 1; i <= SIZE; i++) {
            Departure departure = ring.getAcquire(end - i & SIZE - 1);
            if (departure != null && departure.key.toString().equals(keyText)) {
                return entries.apply(departure.history);
            }
        }
        return List.of();
    }
}
