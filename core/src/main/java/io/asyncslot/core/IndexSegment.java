package io.asyncslot.core;

import io.asyncslot.backend.Locks;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One part of a {@link SlotIndex}: a table of control blocks. Thread-safe: it is its own lock for writers; readers need
 * none.
 */
final class IndexSegment<K> extends ReentrantLock {

    /*
     * The table
     *
     * The first position of a hash is given by its low bits, what finds that taken goes to the next free one. A position
     * holds nothing, a block, a SameHash with all blocks of one hash, or LEFT where something was that others were put
     * behind. At most half of the positions are not empty.
     *
     * Reading without the lock
     *
     * An entry never moves within a table, so whoever walks from its first position to an empty one meets it. A table that
     * is too full or too empty is copied, and the copy published when it is complete: a reader in the old one finds what
     * was there when the copy was made, which is what was there when it began, or after.
     *
     * Keys
     *
     * They are hashed and compared outside the lock. A creator finds out what there is for its key, then locks, and begins
     * again if the entry of that hash, or the tree in it, is not the very same object any more. Whoever takes a block out
     * knows it by its identity and by the hash that it keeps.
     */

    static final int FIRST_POSITIONS = 4;

    private static final Object LEFT = new Object();
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle CREATED;
    private static final VarHandle HIGHEST;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            CREATED = lookup.findVarHandle(IndexSegment.class, "created", long.class);
            HIGHEST = lookup.findVarHandle(IndexSegment.class, "highestGeneration", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final long serialVersionUID = 1L;

    /** Power of two long. Replaced under the lock; volatile; entries put in volatile, taken out by release, read by acquire or volatile. */
    private transient volatile @Nullable Object[] table = new Object[FIRST_POSITIONS];

    /** Positions that are not empty. With the lock only; plain. */
    private transient int used;

    /** Those of them that hold something. With the lock only; plain. */
    private transient int held;

    /** Blocks that were ever made here. Written under the lock, read by anyone; opaque. */
    private transient long created;

    /** Those of them that are gone. Written under the lock; volatile, since who has written it then looks for closers. */
    private transient volatile long left;

    /**
     * How far the generations of blocks that have left got, so that those of later incarnations of the same keys are
     * higher. Not per key: a number may be left out but none is given twice to a key. Written under the lock, read by anyone; opaque.
     */
    private transient long highestGeneration;

    IndexSegment(long generationsBefore) {
        HIGHEST.setOpaque(this, generationsBefore);
    }

    long created() {
        return (long) CREATED.getOpaque(this);
    }

    long left() {
        return left;
    }

    long highestGeneration() {
        return (long) HIGHEST.getOpaque(this);
    }

    /** The present table. Whoever walks it meets all that was published before. */
    @Nullable
    Object[] table() {
        return table;
    }

    static @Nullable Object entryAt(@Nullable Object[] table, int position) {
        return ENTRY.getVolatile(table, position);
    }

    @SuppressWarnings("unchecked") // what create and gone have put there
    static <K> @Nullable ControlBlock<K> asBlock(@Nullable Object entry) {
        return entry instanceof ControlBlock<?> block ? (ControlBlock<K>) block : null;
    }

    @SuppressWarnings("unchecked") // what create has put there
    static <K> @Nullable SameHash<K> asSeveral(@Nullable Object entry) {
        return entry instanceof SameHash<?> several ? (SameHash<K>) several : null;
    }

    @Nullable
    ControlBlock<K> get(K key, int hash) {
        Object entry = find(table, hash);
        ControlBlock<K> block = asBlock(entry);
        if (block != null) {
            return isOf(block, key) ? block : null;
        }
        SameHash<K> several = asSeveral(entry);
        return several == null ? null : several.get(key);
    }

    /** See {@link SlotIndex#create}. */
    @Nullable
    ControlBlock<K> create(BlockMaker<K> maker, K key, int hash, long deadline) {
        for (; ; ) {
            Object seen = find(table, hash);
            ControlBlock<K> present = asBlock(seen);
            SameHash<K> several = asSeveral(seen);
            if (present != null && !isOf(present, key)) {
                several = new SameHash<>(present);
            }
            SameHash.Place<K> place = several == null ? null : several.place(key);
            present = place == null ? present : place.present();
            if (present != null && !StateWord.isFreed(present.word())) {
                return null;
            }
            Locks.lock(this);
            try {
                if (find(table, hash) == seen && (place == null || place.isUpToDate())) {
                    if (seen == null) {
                        makeRoom();
                    } else if (place != null) {
                        place.prepare();
                    }
                    ControlBlock<K> fresh = maker.make(key, hash, present, deadline, highestGeneration + 1);
                    if (fresh == null) {
                        return SlotIndex.noRoom();
                    }
                    if (present != null) {
                        raiseGeneration(present);
                    }
                    CREATED.setOpaque(this, created + 1);
                    put(hash, seen, place == null ? fresh : place.put(fresh));
                    return fresh;
                }
            } finally {
                unlock();
            }
        }
    }

    /** With the lock held, and room for one more: puts in the entry of a hash, in place of the one that is there. */
    private void put(int hash, @Nullable Object former, Object entry) {
        @Nullable Object[] present = table;
        int position;
        if (former == null) {
            position = freePosition(present, hash);
            used += present[position] == null ? 1 : 0;
            held++;
        } else {
            position = position(present, hash, former);
        }
        ENTRY.setVolatile(present, position, entry);
    }

    /** See {@link SlotIndex#gone}. */
    boolean gone(ControlBlock<K> block, @Nullable ControlBlock<K> former) {
        Locks.lock(this);
        try {
            raiseGeneration(block);
            boolean replaced = former != null && replace(block, former);
            if (!replaced) {
                unlink(block);
            }
            countLeft();
            return replaced;
        } finally {
            unlock();
        }
    }

    /** See {@link SlotIndex#remove}. */
    void remove(ControlBlock<K> block) {
        Locks.lock(this);
        try {
            raiseGeneration(block);
            unlink(block);
        } finally {
            unlock();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // with the lock held
    private void countLeft() {
        left = left + 1;
    }

    private void raiseGeneration(ControlBlock<K> block) {
        HIGHEST.setOpaque(this, Math.max(highestGeneration, block.generation()));
    }

    /** With the lock held. */
    private boolean replace(ControlBlock<K> block, ControlBlock<K> former) {
        @Nullable Object[] present = table;
        int position = position(present, block.hash(), block);
        if (position >= 0) {
            ENTRY.setVolatile(present, position, former);
            return true;
        }
        SameHash<K> several = asSeveral(find(present, block.hash()));
        return several != null && several.replace(block, former);
    }

    /** With the lock held: takes a block out if it is there. */
    private void unlink(ControlBlock<K> block) {
        @Nullable Object[] present = table;
        int hash = block.hash();
        int position = position(present, hash, block);
        if (position >= 0) {
            clear(present, position);
            return;
        }
        SameHash<K> several = asSeveral(find(present, hash));
        if (several != null) {
            several.left();
            ControlBlock<K> last = several.last();
            if (last != null) {
                ENTRY.setVolatile(present, position(present, hash, several), last);
            } else if (several.isEmpty()) {
                clear(present, position(present, hash, several));
            }
        }
    }

    /** With the lock held. Positions before an empty one need not say that something was there. */
    private void clear(@Nullable Object[] present, int position) {
        int mask = present.length - 1;
        held--;
        if (present[position + 1 & mask] == null) {
            int at = position;
            do {
                ENTRY.setRelease(present, at, null);
                used--;
                at = at - 1 & mask;
            } while (present[at] == LEFT);
        } else {
            ENTRY.setRelease(present, position, LEFT);
        }
        if (present.length > FIRST_POSITIONS && held < present.length / 8) {
            try {
                copyTo(present.length / 2);
            } catch (OutOfMemoryError e) {
                // a table that is larger than need be serves as well
            }
        }
    }

    /** With the lock held: sees to it that one more position may be used. */
    private void makeRoom() {
        int length = table.length;
        if (used + 1 > length / 2) {
            copyTo(held + 1 > length / 8 * 3 && length << 1 > 0 ? length << 1 : length);
        }
    }

    /** With the lock held: another table of what is held, published when it is complete. */
    private void copyTo(int length) {
        @Nullable Object[] copy = new Object[length];
        for (Object entry : table) {
            ControlBlock<K> block = asBlock(entry);
            SameHash<K> several = block == null ? asSeveral(entry) : null;
            if (block != null) {
                copy[freePosition(copy, block.hash())] = block;
            } else if (several != null) {
                copy[freePosition(copy, several.hash())] = several;
            }
        }
        used = held;
        table = copy;
    }

    /** The entry of a hash; null when there is none. */
    private static @Nullable Object find(@Nullable Object[] table, int hash) {
        int mask = table.length - 1;
        for (int at = hash & mask; ; at = at + 1 & mask) {
            Object entry = ENTRY.getAcquire(table, at);
            if (entry == null || isOf(entry, hash)) {
                return entry;
            }
        }
    }

    /** With the lock held: where an entry of a hash is; -1 when it is not there. Reads no other entry, only where it lies. */
    private static int position(@Nullable Object[] table, int hash, Object wanted) {
        int mask = table.length - 1;
        for (int at = hash & mask; ; at = at + 1 & mask) {
            Object entry = table[at];
            if (entry == wanted) {
                return at;
            }
            if (entry == null) {
                return -1;
            }
        }
    }

    /** With the lock held: where the entry of a hash belongs that has none. */
    private static int freePosition(@Nullable Object[] table, int hash) {
        int mask = table.length - 1;
        int at = hash & mask;
        while (table[at] != null && table[at] != LEFT) {
            at = at + 1 & mask;
        }
        return at;
    }

    private static boolean isOf(Object entry, int hash) {
        if (entry instanceof ControlBlock<?> block) {
            return block.hash() == hash;
        }
        return entry instanceof SameHash<?> several && several.hash() == hash;
    }

    private static <K> boolean isOf(ControlBlock<K> block, K key) {
        K other = block.key();
        return other == key || other.equals(key);
    }
}
