package io.asyncslot.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the latest incarnation of a key: a hash index of control blocks. Reads take no lock; writes lock one of
 * {@value #SEGMENTS} segments for a few instructions, none of them a user's: keys are hashed and compared before.
 * Thread-safe.
 *
 * @param <K> the key type
 */
final class SlotIndex<K> {

    static final int SEGMENTS = 64;
    private static final int SEGMENT_SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(SEGMENTS);
    private static final VarHandle SEGMENT = MethodHandles.arrayElementVarHandle(IndexSegment[].class);

    @SuppressWarnings("NullAway") // nobody looks into it
    private static final ControlBlock<?> NO_ROOM = new ControlBlock<>(null, "", 0, 0, 0, false, null);

    /** Made when they are first needed, by CAS. */
    private final @Nullable IndexSegment<?>[] segments = new IndexSegment<?>[SEGMENTS];

    /** All generations given here are higher. */
    private final long generationsBefore;

    SlotIndex(long generationsBefore) {
        this.generationsBefore = generationsBefore;
    }

    /** The incarnation of a key; null when there is none. */
    @Nullable
    ControlBlock<K> get(K key) {
        int hash = KeyHash.of(key);
        IndexSegment<K> segment = segment(hash);
        return segment == null ? null : segment.get(key, hash);
    }

    /**
     * Makes a new incarnation and puts it in, in one atomic step, unless a live one is there.
     *
     * @return the new one; null when a live one is there; {@link #noRoom} when the maker has made none
     */
    @Nullable
    ControlBlock<K> create(BlockMaker<K> maker, K key, long deadline) {
        int hash = KeyHash.of(key);
        return needSegment(hash).create(maker, key, hash, deadline);
    }

    /**
     * Counts a freed incarnation as gone, once its run has ended or if none goes on; takes it out if it is there. To be
     * called once for each.
     *
     * @param former of the same key, to be put in its place if it is there; null for none
     * @return whether the former one was put there
     */
    boolean gone(ControlBlock<K> block, @Nullable ControlBlock<K> former) {
        return needSegment(block.hash()).gone(block, former);
    }

    /** Takes out, if it is there, an incarnation that is counted as gone or about to be. */
    void remove(ControlBlock<K> block) {
        needSegment(block.hash()).remove(block);
    }

    /** Whether there was a moment at which all incarnations ever made were gone. Asks nothing of any key. */
    boolean isQuiescent() {
        long left = 0;
        for (int i = 0; i < SEGMENTS; i++) {
            IndexSegment<K> segment = segmentAt(i);
            left += segment == null ? 0 : segment.left();
        }
        return left == created(); // looked at last: it does not fall
    }

    /** How many incarnations were ever made. */
    long created() {
        long sum = 0;
        for (int i = 0; i < SEGMENTS; i++) {
            IndexSegment<K> segment = segmentAt(i);
            sum += segment == null ? 0 : segment.created();
        }
        return sum;
    }

    /** The highest generation of the incarnations that are gone. */
    long highestGeneration() {
        long highest = generationsBefore;
        for (int i = 0; i < SEGMENTS; i++) {
            IndexSegment<K> segment = segmentAt(i);
            highest = segment == null ? highest : Math.max(highest, segment.highestGeneration());
        }
        return highest;
    }

    /** What is there; what stays all the while is met once, and so is what was put in before the walk began. */
    Iterable<ControlBlock<K>> values() {
        return Walk::new;
    }

    /** Stands for no block: what {@link #create} answers when there is no room for one. */
    @SuppressWarnings("unchecked") // it has no key
    static <K> ControlBlock<K> noRoom() {
        return (ControlBlock<K>) NO_ROOM;
    }

    private @Nullable IndexSegment<K> segment(int hash) {
        return segmentAt(hash >>> SEGMENT_SHIFT);
    }

    @SuppressWarnings("unchecked") // what needSegment has put there
    private @Nullable IndexSegment<K> segmentAt(int i) {
        return (IndexSegment<K>) SEGMENT.getVolatile(segments, i);
    }

    private IndexSegment<K> needSegment(int hash) {
        IndexSegment<K> present = segment(hash);
        if (present != null) {
            return present;
        }
        IndexSegment<K> fresh = new IndexSegment<>(generationsBefore);
        if (SEGMENT.compareAndSet(segments, hash >>> SEGMENT_SHIFT, null, fresh)) {
            return fresh;
        }
        return needSegment(hash);
    }

    /** Goes through the positions of one segment's table after another. Owned by one thread. */
    private final class Walk implements Iterator<ControlBlock<K>> {

        private int segment;
        private @Nullable Object[] table = {};
        private int position;
        private Iterator<ControlBlock<K>> sameHash = List.<ControlBlock<K>>of().iterator();
        private @Nullable ControlBlock<K> next;

        @Override
        public boolean hasNext() {
            while (next == null && (sameHash.hasNext() || position < table.length || segment < SEGMENTS)) {
                look();
            }
            return next != null;
        }

        private void look() {
            if (sameHash.hasNext()) {
                next = sameHash.next();
            } else if (position < table.length) {
                Object entry = IndexSegment.entryAt(table, position++);
                next = IndexSegment.asBlock(entry);
                SameHash<K> several = next == null ? IndexSegment.asSeveral(entry) : null;
                if (several != null) {
                    sameHash = several.blocks().iterator();
                }
            } else {
                IndexSegment<K> present = segmentAt(segment++);
                position = present == null ? table.length : 0;
                table = present == null ? table : present.table();
            }
        }

        @Override
        public ControlBlock<K> next() {
            ControlBlock<K> found = hasNext() ? next : null;
            if (found == null) {
                throw new NoSuchElementException();
            }
            next = null;
            return found;
        }
    }
}
