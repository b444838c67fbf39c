package io.asyncslot.cluster.node;

import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.cluster.store.SlotId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

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

        /** What repeats itself is counted, so that it does not push out what came before. */
        void add(SlotEvent event, int size) {
            SlotEvent latest = events.peekLast();
            boolean again = latest != null
                    && event.kind().repeats()
                    && latest.kind() == event.kind()
                    && Objects.equals(latest.cause(), event.cause());
            if (again || events.size() == size) {
                SlotEvent gone = again ? events.removeLast() : events.removeFirst();
                int count = again ? gone.count() + 1 : 1;
                events.addLast(
                        new SlotEvent(event.time(), event.kind(), event.detail(), event.cause(), count, event.limit()));
            } else {
                events.addLast(event);
            }
        }

        /** Whether the slot is gone: the next one of its key begins anew. */
        boolean departed;
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
        if (event.kind() == Kind.STARTED || event.kind() == Kind.SUBMITTED) {
            forgetDeparted(id);
        }
        with(id, memory -> memory.add(event, size));
    }

    private void with(SlotId id, Consumer<Memory> change) {
        if (isOn()) {
            synchronized (this) {
                change.accept(memories.computeIfAbsent(id, same -> new Memory()));
            }
        }
    }

    private void forgetDeparted(SlotId id) {
        if (isOn()) {
            synchronized (this) {
                memories.computeIfPresent(id, (same, memory) -> memory.departed ? null : memory);
            }
        }
    }

    /** There is no such slot any more: what happened to it is remembered until the next one of its key is started. */
    void departed(SlotId id) {
        if (isOn()) {
            synchronized (this) {
                memories.computeIfPresent(id, (same, memory) -> {
                    memory.departed = true;
                    return memory;
                });
            }
        }
    }

    synchronized List<SlotEvent> eventsOfDeparted(SlotId id) {
        Memory memory = memories.get(id);
        return memory == null || !memory.departed ? List.of() : List.copyOf(memory.events);
    }

    synchronized List<SlotEvent> events(SlotId id) {
        Memory memory = memories.get(id);
        return memory == null ? List.of() : List.copyOf(memory.events);
    }
}
