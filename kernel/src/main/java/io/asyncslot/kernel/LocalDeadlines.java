package io.asyncslot.kernel;

import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Slots of one clock that the engine itself must look at: those that the kernel refused, and those that an executor
 * refused. By time, then in the order they came. Not thread-safe: used with the engine's lock.
 */
final class LocalDeadlines {

    /** What is held, one entry for each slot. */
    private final TreeSet<Entry> queue = new TreeSet<>();

    /** The present entry of each slot, by record; shared by the clocks, since a slot has one. */
    private final @Nullable Entry[] present;

    private long number;

    LocalDeadlines(@Nullable Entry[] present) {
        this.present = present;
    }

    /** Holds a slot, in place of what was held of it. If that fails the slot is not held. */
    void hold(ControlBlock<?> block, long at) {
        letGo(block.position());
        Entry entry = new Entry(this, block, at, number++);
        queue.add(entry);
        present[block.position()] = entry;
    }

    /** Lets go of a slot, if it is held here or by another clock. */
    void letGo(int place) {
        Entry entry = present[place];
        if (entry != null) {
            present[place] = null;
            entry.holder.queue.remove(entry);
        }
    }

    int size() {
        return queue.size();
    }

    boolean isHeld(int place) {
        return present[place] != null;
    }

    /** When to look at the first; {@link Micros#NEVER} when nothing is held. */
    long next() {
        return queue.isEmpty() ? Micros.NEVER : queue.first().at;
    }

    /** Takes out the first slot whose time has come; null when there is none. */
    @Nullable
    ControlBlock<?> take(long now) {
        if (next() > now) {
            return null;
        }
        Entry first = queue.pollFirst();
        if (first == null) {
            return null; // NEVER is now
        }
        present[first.block.position()] = null;
        return first.block;
    }

    /** One slot's place in the queue. */
    static final class Entry implements Comparable<Entry> {
        private final LocalDeadlines holder;
        private final ControlBlock<?> block;
        private final long at;
        private final long number;

        private Entry(LocalDeadlines holder, ControlBlock<?> block, long at, long number) {
            this.holder = holder;
            this.block = block;
            this.at = at;
            this.number = number;
        }

        @Override
        public int compareTo(Entry other) {
            return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
        }
    }
}
