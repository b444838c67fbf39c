package io.asyncslot.core;

import io.asyncslot.SlotSnapshot.LastFiring;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the slots freed last from one map with history went through: a ring. Thread-safe, lock-free. */
final class Departures {

    static final int SIZE = 256;

    private final AtomicReferenceArray<@Nullable Departure> ring = new AtomicReferenceArray<>(SIZE);

    /** Number of the next entry. Any thread, by atomic add. */
    private final AtomicInteger added = new AtomicInteger();

    /**
     * What is kept of a slot that was freed: not its control block, whose links would keep others.
     *
     * @param key the key
     * @param generation its last one
     * @param lastFiring its last firing; null when there was none, or it goes on
     * @param history its history; a run that goes on adds to it
     */
    record Departure(Object key, long generation, @Nullable LastFiring lastFiring, History history) {}

    void add(Object key, long generation, @Nullable LastFiring lastFiring, History history) {
        boolean over = lastFiring != null && lastFiring.duration() != null;
        ring.setRelease(
                added.getAndIncrement() & SIZE - 1, new Departure(key, generation, over ? lastFiring : null, history));
    }

    /** Calls something with each freed slot that is remembered, the latest first, until it has had enough. */
    void each(Predicate<Departure> more) {
        int end = added.get();
        for (int i = 1; i <= SIZE; i++) {
            Departure departure = ring.getAcquire(end - i & SIZE - 1);
            if (departure != null && !more.test(departure)) {
                return;
            }
        }
    }

    /** The latest freed slot whose key has a text; empty when none is remembered. */
    <R> Optional<R> find(String keyText, Function<Departure, R> view) {
        int end = added.get();
        for (int i = 1; i <= SIZE; i++) {
            Departure departure = ring.getAcquire(end - i & SIZE - 1);
            if (departure != null && departure.key.toString().equals(keyText)) {
                return Optional.of(view.apply(departure));
            }
        }
        return Optional.empty();
    }
}
