package io.asyncslot.kernel;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Micros;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Slots of one clock that the engine itself must look at: those that the kernel refused, and those that an executor
 * refused. By time, then in the order they came. Not thread-safe: used with the engine's lock.
 */
final class LocalDeadlines {

    /** What is held; an entry that is not its slot's latest is passed by. */
    private final PriorityQueue<Entry> queue = new PriorityQueue<>();

    /** The present entry of each slot, by record; shared by the clocks, since a slot has one. */
    private final @Nullable Entry[] present;

    private long number;

    LocalDeadlines(@Nullable Entry[] present) {
        this.present = present;
    }

    /** Holds a slot, in place of what was held of it. */
    void hold(ControlBlock<?> block, long at) {
        Entry entry = new Entry(block, at, number++);
        present[block.position()] = entry;
        queue.add(entry);
    }

    /** Lets go of a slot, if it is held. */
    void letGo(int place) {
        present[place] = null;
    }

    boolean isHeld(int place) {
        return present[place] != null;
    }

    /** When to look at the first; {@link Micros#NEVER} when nothing is held. */
    long next() {
        for (Entry first = queue.peek(); first != null; first = queue.peek()) {
            if (present[first.block.position()] == first) {
                return first.at;
            }
            queue.poll();
        }
        return Micros.NEVER;
    }

    /** Takes out the first slot whose time has come; null when there is none. */
    @Nullable
    ControlBlock<?> take(long now) {
        if (next() > now) {
            return null;
        }
        Entry first = queue.poll();
        if (first == null) {
            return null; // NEVER is now
        }
        present[first.block.position()] = null;
        return first.block;
    }

    /** One slot's place in the queue. */
    static final class Entry implements Comparable<Entry> {
        private final ControlBlock<?> block;
        private final long at;
        private final long number;

        private Entry(ControlBlock<?> block, long at, long number) {
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
