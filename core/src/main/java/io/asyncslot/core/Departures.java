package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotSnapshot.LastFiring;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the slots freed last from one map with history went through: a ring. Thread-safe, lock-free. */
final class Departures {

    static final int SIZE = 256;

    private final AtomicReferenceArray<@Nullable Departure> ring = new AtomicReferenceArray<>(SIZE);

    /** Number of the next entry. Any thread, by atomic add. */
    private final AtomicInteger added = new AtomicInteger();

    /** What is kept of a slot that was freed. */
    sealed interface Departure {

        Object key();

        /** Its last generation. */
        long generation();

        /** Its last firing; null when there was none, or it goes on. */
        @Nullable
        LastFiring lastFiring();

        /** What happened to it, oldest first. */
        List<SlotEvent> events(long now, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause);
    }

    /**
     * Of a slot with a history, to which a run that goes on adds: not its control block, whose links would keep others.
     */
    private record Told(
            Object key, long generation, @Nullable LastFiring lastFiring, History history) implements Departure {

        @Override
        public List<SlotEvent> events(
                long now, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
            return history.entries(toInstant, toCause);
        }
    }

    /**
     * Of a slot that had nothing to tell but that it was armed, until it was freed: such a control block has no links.
     *
     * @param last what freed it
     * @param at when, in microseconds of the map's clock
     * @param cause on whose account
     * @param deadline what was pending then; -1 for nothing
     */
    record Untold(NotedBlock<?> block, Kind last, long at, int cause, long deadline) implements Departure {

        @Override
        public Object key() {
            return block.key();
        }

        @Override
        public long generation() {
            return block.generation();
        }

        @Override
        public @Nullable LastFiring lastFiring() {
            return null;
        }

        @Override
        public List<SlotEvent> events(
                long now, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
            List<SlotEvent> events = block.events(at, deadline, toInstant, toCause);
            events.add(new SlotEvent(toInstant.apply(at), last, null, toCause.apply(cause)));
            return events;
        }
    }

    void add(Object key, long generation, @Nullable LastFiring lastFiring, History history) {
        boolean over = lastFiring != null && lastFiring.duration() != null;
        add(new Told(key, generation, over ? lastFiring : null, history));
    }

    void add(Departure departure) {
        ring.setRelease(added.getAndIncrement() & SIZE - 1, departure);
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
            if (departure != null && departure.key().toString().equals(keyText)) {
                return Optional.of(view.apply(departure));
            }
        }
        return Optional.empty();
    }
}
