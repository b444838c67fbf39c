package io.asyncslot.core;

import io.asyncslot.backend.Capacity;
import io.asyncslot.backend.Micros;
import org.jspecify.annotations.Nullable;

/**
 * Makes the blocks of one map, of the class that its slots need, as far as there is room. Called inside the index's atomic step. Thread-safe.
 *
 * @param <K> the key type
 */
final class SlotMaker<K> {

    private final LocalSlots<K> map;

    /** What makes slots more than deadlines: then every block is a {@link ValueBlock}. Null for nothing. */
    private final @Nullable Shape shape;

    /** Whether slots may have schedules of their own: then every block is a {@link ScheduledBlock}. */
    private final boolean keySchedules;

    private final Capacity capacity;

    /** The same for all keys, so that a start makes none. */
    private final BlockMaker<K> plain = this::make;

    SlotMaker(LocalSlots<K> map, @Nullable Shape shape, boolean keySchedules, Capacity capacity) {
        this.map = map;
        this.shape = shape;
        this.keySchedules = keySchedules;
        this.capacity = capacity;
    }

    /** What makes a block without a shape; {@code series} is its schedule, null for none. */
    BlockMaker<K> of(@Nullable Object series) {
        if (!keySchedules) {
            return plain;
        }
        return (key, hash, former, deadline, firstGeneration) ->
                make(key, hash, former, deadline, firstGeneration, null, series, Micros.NEVER);
    }

    /** What makes a block that carries a value. */
    BlockMaker<K> of(Shape shaped, @Nullable Object value, long latest) {
        Object first = ValueBlock.first(shaped, value);
        return (key, hash, former, deadline, firstGeneration) ->
                make(key, hash, former, deadline, firstGeneration, shaped, first, latest);
    }

    /** Called inside the index's atomic step. */
    private @Nullable ControlBlock<K> make(
            K key, int hash, @Nullable ControlBlock<K> former, long deadline, long firstGeneration) {
        return make(key, hash, former, deadline, firstGeneration, null, null, Micros.NEVER);
    }

    private @Nullable ControlBlock<K> make(
            K key,
            int hash,
            @Nullable ControlBlock<K> former,
            long deadline,
            long firstGeneration,
            @Nullable Shape shaped,
            @Nullable Object first,
            long latest) {
        if (!capacity.reserve()) {
            return null;
        }
        ControlBlock<K> made = null;
        try {
            made = makeIn(key, hash, former, deadline, firstGeneration, shaped, first, latest);
            return made;
        } finally {
            if (made == null) {
                capacity.giveBack();
            }
        }
    }

    private ControlBlock<K> makeIn(
            K key,
            int hash,
            @Nullable ControlBlock<K> former,
            long deadline,
            long firstGeneration,
            @Nullable Shape shaped,
            @Nullable Object first,
            long latest) {
        long generation = firstGeneration;
        SlotDetails<K> details = map.followsCalendar() ? map.newDetails() : null;
        if (former != null) {
            generation = Math.max(generation, former.generation() + 1);
            ControlBlock<K> running = StateWord.isRunning(former.word()) ? former : map.runningPredecessor(former);
            if (running != null) {
                details = details == null ? map.newDetails() : details;
                details.predecessor = running;
            }
        }
        if (keySchedules) {
            return new ScheduledBlock<>(map, first, key, hash, deadline, generation, map.commanded(), details);
        }
        if (shaped != null) {
            return new ValueBlock<>(
                    map, shaped, first, latest, key, hash, deadline, generation, map.commanded(), details);
        }
        return map.keepsHistory()
                ? new NotedBlock<>(map, key, hash, deadline, generation, map.commanded(), details)
                : new ControlBlock<>(map, key, hash, deadline, generation, map.commanded(), details);
    }

    /** A block for what a former process left. */
    ControlBlock<K> recovered(RecoveredSlot<K> slot, int hash, int references, SlotDetails<K> details) {
        ControlBlock<K> block = block(slot, hash, references, details);
        if (slot.formerRun() != null) { // as if a worker of this map ran it
            block.promise(Custody.WORKER);
            block.leaveInbox();
        }
        return block;
    }

    private ControlBlock<K> block(RecoveredSlot<K> slot, int hash, int references, SlotDetails<K> details) {
        if (shape != null) {
            return new ValueBlock<>(map, shape, slot, hash, references, details);
        }
        if (keySchedules) {
            return new ScheduledBlock<>(map, slot, hash, references, details);
        }
        return map.keepsHistory()
                ? new NotedBlock<>(slot, hash, references, details)
                : new ControlBlock<>(slot, hash, references, details);
    }
}
