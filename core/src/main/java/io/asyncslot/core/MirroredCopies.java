package io.asyncslot.core;

import io.asyncslot.SlotSnapshot;
import io.asyncslot.backend.Capacity;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the copies of a map whose slots outlive the process. Thread-safe.
 *
 * @param <K> the key type
 */
final class MirroredCopies<K> extends Copies<K> {

    private final SlotMirror<K> mirror;
    private final Capacity capacity;

    MirroredCopies(SlotMirror<K> mirror, Capacity capacity) {
        this.mirror = mirror;
        this.capacity = capacity;
    }

    @Override
    SlotMirror<K> mirror() {
        return mirror;
    }

    @Override
    boolean keepsShapes() {
        return mirror.keepsShapes();
    }

    @Override
    @Nullable
    KeptValue keep(Object value) {
        return mirror.keep(value);
    }

    @Override
    BlockMaker<K> copied(K key, BlockMaker<K> own) {
        byte[] encoded = mirror.encode(key);
        return (same, hash, former, deadline, firstGeneration) ->
                make(encoded, own, same, hash, former, deadline, firstGeneration);
    }

    private @Nullable ControlBlock<K> make(
            byte[] encoded,
            BlockMaker<K> own,
            K key,
            int hash,
            @Nullable ControlBlock<K> former,
            long deadline,
            long firstGeneration) {
        int place = mirror.reserve();
        if (place == SlotMirror.FULL) {
            return null;
        }
        ControlBlock<K> block = null;
        boolean made = false;
        try {
            block = own.make(key, hash, former, deadline, firstGeneration);
            if (block == null) {
                return null;
            }
            block.position(place);
            mirror.made(block, encoded);
            made = true;
            return block;
        } finally {
            if (!made) {
                mirror.giveBack(place);
                if (block != null) {
                    block.unmade();
                    capacity.giveBack();
                }
            }
        }
    }

    @Override
    boolean enter(ControlBlock<K> block) {
        return block.retain();
    }

    @Override
    void leaveArmed(ControlBlock<K> block, boolean done, long reading) {
        try {
            if (done) {
                mirror.armed(block, reading);
            }
        } finally {
            leave(block, done);
        }
    }

    @Override
    void leave(ControlBlock<K> block, boolean changed) {
        try {
            if (changed) {
                mirror.changed(block);
            }
        } finally {
            release(block);
        }
    }

    private static void release(ControlBlock<?> block) {
        if (block.release(1)) {
            block.reclaimIfDone();
        }
    }

    @Override
    long dueAt(ControlBlock<K> block, long word) {
        return Math.max(StateWord.deadline(word), mirror.touchedUntil(block));
    }

    @Override
    long touchMicros() {
        return mirror.touchMicros();
    }

    @Override
    FiredRun.Copy copyOf(ControlBlock<K> block) {
        return new Copy<>(mirror, block);
    }

    private record Copy<K>(SlotMirror<K> mirror, ControlBlock<K> block) implements FiredRun.Copy {

        @Override
        public long touchedUntil() {
            return mirror.touchedUntil(block);
        }

        @Override
        public void beginning(FiredRun fired) {
            mirror.beginning(block, fired.generation, fired.deadline, fired.attempt);
        }
    }

    @Override
    void retired(ControlBlock<K> block) {
        mirror.retired(block.generation());
    }

    @Override
    void changed(ControlBlock<K> block) {
        mirror.changed(block);
    }

    @Override
    void takenBack(ControlBlock<K> block) {
        mirror.takenBack(block);
    }

    @Override
    boolean ending(ControlBlock<K> block) {
        return block.retain(); // else it is freed, and its copy says so
    }

    @Override
    void ended(ControlBlock<K> block, boolean freed, boolean held) {
        try {
            if (freed) {
                retired(block);
            }
            if (held) {
                mirror.changed(block); // the firing is acknowledged
            }
            mirror.ended(block);
        } finally {
            if (held) {
                release(block);
            }
        }
    }

    @Override
    void reclaimed(ControlBlock<K> block) {
        mirror.reclaimed(block);
    }

    @Override
    boolean letGo() {
        return mirror.letGo();
    }

    @Override
    void closed() {
        mirror.closed();
    }

    @Override
    SlotSnapshot.@Nullable Measure measure(ControlBlock<K> block) {
        if (!block.retain()) {
            return null;
        }
        try {
            return mirror.measure(block);
        } finally {
            release(block);
        }
    }
}
