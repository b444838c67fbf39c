package io.asyncslot.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One part of a {@link SlotIndex}: chains of control blocks, linked through the blocks. Thread-safe: it is its own lock
 * for writers; readers need none.
 */
final class IndexSegment<K> extends ReentrantLock {

    /*
     * Reading without the lock
     *
     * A new block is linked in before it is published, at the head of its chain. A block taken out keeps its link, so
     * whoever stands on it goes on along the chain. So a block that stays in the table is found, and what is found was
     * there. Two writes may lead a reader past a block that stays: growing links blocks into other chains, and an
     * exchange may put a block back that had been taken out. Both make the version odd, write, and make it even again;
     * a reader that has found nothing believes it only if the version was even and is still the same. If not, it looks
     * again with the lock.
     */

    private static final int FIRST_BINS = 16;
    private static final VarHandle BIN = MethodHandles.arrayElementVarHandle(ControlBlock[].class);
    private static final VarHandle SIZE;
    private static final VarHandle CREATED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            SIZE = lookup.findVarHandle(IndexSegment.class, "size", int.class);
            CREATED = lookup.findVarHandle(IndexSegment.class, "created", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final long serialVersionUID = 1L;

    /** Power of two long. Replaced under the lock; volatile; elements by release and acquire. */
    private transient volatile @Nullable ControlBlock<?>[] bins = new ControlBlock<?>[FIRST_BINS];

    /** Odd while links change in a way that readers may miss a block. Written under the lock; volatile. */
    private transient volatile int version;

    /**
     * Blocks here. Written under the lock: volatile when it falls, since whoever has taken a block out then looks for
     * closers; opaque when it rises, as the link is, since unlocking follows. Read volatile.
     */
    private transient volatile int size;

    /** Blocks that were ever made here. Written under the lock, read by anyone; opaque. */
    private transient long created;

    /**
     * How far the generations of blocks that have left got, so that those of later incarnations of the same keys are
     * higher. Not per key: a number may be left out but none is given twice to a key. With the lock only; plain.
     */
    private transient long highestGeneration;

    int size() {
        return size;
    }

    long created() {
        return (long) CREATED.getOpaque(this);
    }

    @Nullable
    ControlBlock<K> get(K key, int hash) {
        int before = version;
        ControlBlock<K> found = find(key, hash);
        if (found != null || (before & 1) == 0 && version == before) {
            return found;
        }
        lock();
        try {
            return find(key, hash);
        } finally {
            unlock();
        }
    }

    /** See {@link SlotIndex#create}. */
    @Nullable
    ControlBlock<K> create(BlockMaker<K> maker, K key, int hash, long deadline) {
        lock();
        try {
            ControlBlock<K> present = find(key, hash);
            if (present != null && !StateWord.isFreed(present.word())) {
                return null;
            }
            ControlBlock<K> fresh = maker.make(key, hash, present, deadline, highestGeneration + 1);
            if (fresh == null) {
                return SlotIndex.noRoom();
            }
            if (present != null) {
                CREATED.setOpaque(this, created + 1);
                relink(present, hash, fresh);
                return fresh;
            }
            if (size >= bins.length / 4 * 3) {
                grow();
            }
            @Nullable ControlBlock<?>[] table = bins;
            int bin = hash & table.length - 1;
            fresh.nextInBin(head(table, bin));
            BIN.setRelease(table, bin, fresh);
            SIZE.setOpaque(this, size + 1);
            CREATED.setOpaque(this, created + 1);
            return fresh;
        } finally {
            unlock();
        }
    }

    /** Puts {@code other} in place of {@code block} if that is here; takes it out if there is no other. */
    boolean exchange(ControlBlock<K> block, int hash, @Nullable ControlBlock<K> other) {
        lock();
        try {
            return relink(block, hash, other);
        } finally {
            unlock();
        }
    }

    /** What is here; meets all that was published before the caller's last volatile store. */
    List<ControlBlock<K>> copy() {
        VarHandle.fullFence();
        int before = version;
        List<ControlBlock<K>> copy = walk();
        if ((before & 1) == 0 && version == before) {
            return copy;
        }
        lock();
        try {
            return walk();
        } finally {
            unlock();
        }
    }

    private List<ControlBlock<K>> walk() {
        List<ControlBlock<K>> found = new ArrayList<>();
        @Nullable ControlBlock<?>[] table = bins;
        for (int bin = 0; bin < table.length; bin++) {
            for (ControlBlock<K> block = head(table, bin); block != null; block = block.nextInBin()) {
                found.add(block);
            }
        }
        return found;
    }

    private @Nullable ControlBlock<K> find(K key, int hash) {
        char tag = ControlBlock.hashTag(hash);
        @Nullable ControlBlock<?>[] table = bins;
        ControlBlock<K> block = head(table, hash & table.length - 1);
        while (block != null) {
            K other = block.key();
            if (block.hashTag() == tag && (other == key || other.equals(key))) {
                return block;
            }
            block = block.nextInBin();
        }
        return null;
    }

    /** With the lock held. */
    private boolean relink(ControlBlock<K> block, int hash, @Nullable ControlBlock<K> other) {
        @Nullable ControlBlock<?>[] table = bins;
        int bin = hash & table.length - 1;
        ControlBlock<K> before = null;
        ControlBlock<K> present = head(table, bin);
        while (present != block) {
            if (present == null) {
                return false;
            }
            before = present;
            present = present.nextInBin();
        }
        highestGeneration = Math.max(highestGeneration, block.generation());
        ControlBlock<K> after = block.nextInBin();
        if (other != null) {
            version(version + 1);
            other.nextInBin(after);
            after = other;
        } else {
            size(size - 1);
        }
        if (before == null) {
            BIN.setRelease(table, bin, after);
        } else {
            before.nextInBin(after);
        }
        if (other != null) {
            version(version + 1);
        }
        return true;
    }

    /** With the lock held: twice the bins. Each chain is split into two, in its order. */
    private void grow() {
        @Nullable ControlBlock<?>[] old = bins;
        int more = old.length;
        if (more << 1 <= 0) {
            return;
        }
        @Nullable ControlBlock<?>[] table = new ControlBlock<?>[more << 1];
        version(version + 1);
        for (int bin = 0; bin < more; bin++) {
            ControlBlock<K> block = head(old, bin);
            ControlBlock<K> lowTail = null;
            ControlBlock<K> highTail = null;
            while (block != null) {
                ControlBlock<K> next = block.nextInBin();
                block.nextInBin(null);
                if ((SlotIndex.spread(block.key()) & more) == 0) {
                    append(table, bin, lowTail, block);
                    lowTail = block;
                } else {
                    append(table, bin + more, highTail, block);
                    highTail = block;
                }
                block = next;
            }
        }
        bins = table;
        version(version + 1);
    }

    private void append(
            @Nullable ControlBlock<?>[] table, int bin, @Nullable ControlBlock<K> tail, ControlBlock<K> block) {
        if (tail == null) {
            table[bin] = block;
        } else {
            tail.nextInBin(block);
        }
    }

    @SuppressWarnings("unchecked") // what compute has put there
    private @Nullable ControlBlock<K> head(@Nullable ControlBlock<?>[] table, int bin) {
        return (ControlBlock<K>) BIN.getAcquire(table, bin);
    }

    private void version(int value) {
        version = value;
    }

    private void size(int value) {
        size = value;
    }
}
