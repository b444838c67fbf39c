package io.asyncslot.cluster;

import io.asyncslot.SlotEvent;
import io.asyncslot.SlotSnapshot.LastFiring;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What this node has seen happen to the slots of one map: the last events of the slots seen last. Off where a slot is to
 * remember none. Thread-safe; a lock, for history is off where speed matters.
 */
final class Histories {

    /** Slots remembered at most. */
    private static final int SLOTS = 10_000;

    private final int size;

    /** Guarded by {@code this}. */
    private final Map<SlotId, Memory> memories = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<SlotId, Memory> eldest) {
            return size() > SLOTS;
        }
    };

    private static final class Memory {
        final Deque<SlotEvent> events = new ArrayDeque<>();

        @Nullable
        LastFiring last;
    }

    /**
     * Makes one.
     *
     * @param size how many events a slot remembers, 0 for none
     */
    Histories(int size) {
        this.size = size;
    }

    boolean isOn() {
        return size != 0;
    }

    void add(SlotId id, SlotEvent event) {
        with(id, memory -> {
            if (memory.events.size() == size) {
                memory.events.removeFirst();
            }
            memory.events.addLast(event);
        });
    }

    void fired(SlotId id, LastFiring firing) {
        with(id, memory -> memory.last = firing);
    }

    private void with(SlotId id, Consumer<Memory> change) {
        if (isOn()) {
            synchronized (this) {
                change.accept(memories.computeIfAbsent(id, same -> new Memory()));
            }
        }
    }

    void forget(SlotId id) {
        if (isOn()) {
            synchronized (this) {
                memories.remove(id);
            }
        }
    }

    synchronized List<SlotEvent> events(SlotId id) {
        Memory memory = memories.get(id);
        return memory == null ? List.of() : List.copyOf(memory.events);
    }

    synchronized @Nullable LastFiring last(SlotId id) {
        Memory memory = memories.get(id);
        return memory == null ? null : memory.last;
    }
}
