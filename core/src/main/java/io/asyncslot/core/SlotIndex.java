package io.asyncslot.core;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the latest incarnation of a key: a hash index whose nodes are the control blocks themselves, which saves an
 * object and a cache miss per slot. Reads take no lock; writes lock one of {@value #SEGMENTS} segments for a few
 * instructions. Thread-safe.
 *
 * @param <K> the key type
 */
final class SlotIndex<K> {

    static final int SEGMENTS = 64;
    private static final int SEGMENT_SHIFT = Integer.SIZE - Integer.numberOfTrailingZeros(SEGMENTS);
    private static final int GOLDEN_RATIO = 0x9E3779B9;

    @SuppressWarnings("NullAway") // nobody looks into it
    private static final ControlBlock<?> NO_ROOM = new ControlBlock<>(null, "", 0, 0, 0, false, null);

    private final IndexSegment<K>[] segments;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    SlotIndex() {
        IndexSegment[] made = new IndexSegment[SEGMENTS];
        for (int i = 0; i < SEGMENTS; i++) {
            made[i] = new IndexSegment<K>();
        }
        this.segments = made;
    }

    /** The incarnation of a key; null when there is none. */
    @Nullable
    ControlBlock<K> get(K key) {
        int hash = spread(key);
        return segment(hash).get(key, hash);
    }

    /**
     * Makes and links in a new incarnation, in one atomic step, unless a live one is there.
     *
     * @return the new one; null when a live one is there; {@link #noRoom} when the maker has made none
     */
    @Nullable
    ControlBlock<K> create(BlockMaker<K> maker, K key, long deadline) {
        int hash = spread(key);
        return segment(hash).create(maker, key, hash, deadline);
    }

    /** Puts {@code other}, of the same key, in place of {@code block} if that is there. */
    boolean replace(ControlBlock<K> block, ControlBlock<K> other) {
        int hash = spread(block.key());
        return segment(hash).exchange(block, hash, other);
    }

    /** Takes a block out if it is there. */
    void remove(ControlBlock<K> block) {
        int hash = spread(block.key());
        segment(hash).exchange(block, hash, null);
    }

    /** Whether every segment was empty when it was looked at. */
    boolean isEmpty() {
        for (IndexSegment<K> segment : segments) {
            if (segment.size() != 0) {
                return false;
            }
        }
        return true;
    }

    /** How many incarnations were ever made. */
    long created() {
        long sum = 0;
        for (IndexSegment<K> segment : segments) {
            sum += segment.created();
        }
        return sum;
    }

    /** What is there, one segment copied at a time: what stays all the while is met once. */
    Iterable<ControlBlock<K>> values() {
        return () -> new Iterator<>() {
            private int next;
            private Iterator<ControlBlock<K>> present = Collections.emptyIterator();

            @Override
            public boolean hasNext() {
                while (!present.hasNext() && next < SEGMENTS) {
                    present = segments[next++].copy().iterator();
                }
                return present.hasNext();
            }

            @Override
            public ControlBlock<K> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                return present.next();
            }
        };
    }

    /** Stands for no block: what {@link #create} answers when there is no room for one. */
    @SuppressWarnings("unchecked") // it has no key
    static <K> ControlBlock<K> noRoom() {
        return (ControlBlock<K>) NO_ROOM;
    }

    private IndexSegment<K> segment(int hash) {
        return segments[hash >>> SEGMENT_SHIFT];
    }

    static int spread(Object key) {
        int hash = key.hashCode() * GOLDEN_RATIO;
        return hash ^ hash >>> Short.SIZE;
    }
}
