package io.asyncslot.core;

import io.asyncslot.SlotMapTimes;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.backend.Keys;
import io.asyncslot.backend.Micros;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Shows the slots of one map, those included that went lately. Changes nothing, but for slots that a sweep was to free. Thread-safe.
 *
 * @param <K> the key type
 */
final class SlotViews<K> {

    private final LocalSlots<K> map;
    private final SlotIndex<K> index;
    private final Keys<K> keys;
    private final SnapshotFactory snapshots;

    /** What slots freed lately went through; null where there is no history. */
    private final @Nullable Departures departures;

    SlotViews(
            LocalSlots<K> map,
            SlotIndex<K> index,
            Keys<K> keys,
            SnapshotFactory snapshots,
            @Nullable Departures departures) {
        this.map = map;
        this.index = index;
        this.keys = keys;
        this.snapshots = snapshots;
        this.departures = departures;
    }

    Optional<SlotSnapshot> find(K key) {
        keys.check(key);
        map.sweep(Integer.MAX_VALUE);
        ControlBlock<K> block = index.get(key);
        return block == null || StateWord.isFreed(block.word()) ? Optional.empty() : snapshot(block);
    }

    /** All that is known of a slot, what the backend has to say included; empty when it was freed meanwhile. */
    private Optional<SlotSnapshot> snapshot(ControlBlock<K> block) {
        SlotSnapshot snapshot = snapshots.of(block, true, map.copies().measure(block));
        return snapshot.state() == SlotState.FREED ? Optional.empty() : Optional.of(snapshot);
    }

    Optional<SlotSnapshot> findByText(String keyText) {
        map.sweep(Integer.MAX_VALUE);
        if (keys.haveText()) {
            K key = keys.parse(keyText);
            return key == null ? Optional.empty() : find(key);
        }
        for (ControlBlock<K> block : index.values()) {
            if (!StateWord.isFreed(block.word()) && block.key().toString().equals(keyText)) {
                return snapshot(block);
            }
        }
        return Optional.empty();
    }

    Optional<SlotSnapshot> findDeparted(String keyText) {
        return departures == null
                ? Optional.empty()
                : departures.find(keyText, departure -> snapshots.of(map, departure));
    }

    int scanDeparted(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        checkLimit(limit);
        Set<String> keysSeen = new HashSet<>();
        int[] visited = {0};
        if (departures != null) {
            departures.each(departure -> {
                if (keysSeen.add(departure.key().toString())) {
                    SlotSnapshot snapshot = snapshots.of(map, departure);
                    if (filter == null || filter.test(snapshot)) {
                        visitor.accept(snapshot);
                        visited[0]++;
                    }
                }
                return visited[0] < limit;
            });
        }
        return visited[0];
    }

    SlotMapTimes times() {
        long now = map.now();
        boolean waits = !map.pauses().isHeld();
        long overdue = 0;
        long next = Micros.NEVER;
        Instant runs = null;
        for (ControlBlock<K> block : index.values()) {
            long word = block.word();
            SlotDetails<K> details = block.details();
            if (StateWord.isArmed(word)) {
                long deadline = map.dueAt(block, word);
                if (deadline > now) {
                    next = Math.min(next, deadline);
                } else if (waits && (details == null || !details.isPaused())) {
                    overdue = Math.max(overdue, now - deadline);
                }
            }
            LastRun firing = details == null || !StateWord.isRunning(word) ? null : details.lastRun;
            if (firing != null
                    && !firing.isOver()
                    && (runs == null || firing.firedAt().isBefore(runs))) {
                runs = firing.firedAt();
            }
        }
        Instant wall = Instant.ofEpochSecond(0, map.ticker().realtimeNanos());
        Duration ran = runs == null || runs.isAfter(wall) ? Duration.ZERO : Duration.between(runs, wall);
        return new SlotMapTimes(
                Micros.toDuration(overdue),
                departures == null ? null : ran,
                next == Micros.NEVER ? null : Micros.toDuration(next - now));
    }

    private static void checkLimit(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("'limit' must be at least 1: " + limit);
        }
    }

    int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        checkLimit(limit);
        map.sweep(Integer.MAX_VALUE);
        int visited = 0;
        for (ControlBlock<K> block : index.values()) {
            if (StateWord.isFreed(block.word())) {
                continue;
            }
            SlotSnapshot snapshot = snapshots.of(block, false, null);
            if (filter == null || filter.test(snapshot)) {
                visitor.accept(snapshot);
                if (++visited == limit) {
                    break;
                }
            }
        }
        return visited;
    }
}
