package io.asyncslot.jvm;

import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import org.jspecify.annotations.Nullable;

/**
 * Slots by the time they are to be looked at: what is near in an exact heap, what is farther off in coarse buckets that
 * are moved down as their time comes near. Lateness like a heap, cost like a wheel. Not thread-safe: the driver's own.
 */
final class DeadlineWheel {

    /*
     * Levels
     *
     *   heap       everything before begin[0]
     *   level 0    [begin[0], begin[1])   buckets of 1.024 ms
     *   level 1    [begin[1], begin[2])   buckets of 262 ms
     *   level 2    [begin[2], begin[3])   buckets of 67 s, then 4.8 h, 51 d, 36 y
     *
     * begin[l] is a multiple of the width of a bucket of level l, and only grows. To open a bucket is to move begin[l]
     * past it, so that what is filed from now on goes to the level below, and then to move its slots down, some at a
     * time. A bucket of level l is opened when its start is at most one such bucket away, so that a crowded one is moved
     * down during a whole span of the level below before the first of its slots is due; 512 places a level are
     * enough for the two spans that the level below then covers.
     *
     * While the heap is empty the next bucket of level 0 is opened at once: the driver then sleeps until a deadline,
     * not until a bucket begins.
     *
     * Who asks for a slot's place gives its promise, which is the start of its bucket; the place itself holds level and
     * index. A promise made by a bucket is never later than the deadlines in it, so nothing is early or forgotten; when
     * it has elapsed the slot is looked at and filed by the deadline that it has then.
     */

    private static final int LEVELS = 6;
    private static final int LEVEL_BITS = 8;
    private static final int FINEST_BITS = 10;
    private static final int PLACES = 2 << LEVEL_BITS;
    private static final int PLACE_MASK = PLACES - 1;
    private static final int POSITION_BITS = 28;
    private static final int POSITION_MASK = (1 << POSITION_BITS) - 1;

    private final DeadlineHeap near = new DeadlineHeap();
    private final @Nullable Level[] levels = new Level[LEVELS];

    /** The first time that each level has not opened; one more for the end of the last. */
    private final long[] begin = new long[LEVELS + 1];

    private int buckets;

    DeadlineWheel() {
        begin[LEVELS] = Long.MAX_VALUE;
    }

    /** What is near, by exact deadline. */
    DeadlineHeap near() {
        return near;
    }

    int size() {
        return near.size() + buckets;
    }

    boolean isEmpty() {
        return size() == 0;
    }

    /** Makes room for some more, so that {@link #insert} cannot fail. */
    void reserve(int more) {
        near.reserve(more);
    }

    /**
     * Files a slot and answers when it will be looked at: the deadline, or somewhat before. What a bucket has no memory
     * for goes to the heap, where room was made for it.
     */
    long insert(ControlBlock<?> block, long deadline) {
        if (deadline < begin[0]) {
            near.insert(block, deadline);
            return deadline;
        }
        int l = 0;
        while (deadline >= begin[l + 1]) {
            l++;
        }
        long number = deadline >>> shift(l);
        int place;
        try {
            place = level(l).add((int) number & PLACE_MASK, block);
        } catch (OutOfMemoryError e) {
            near.insert(block, deadline);
            return deadline;
        }
        block.position(l + 1 << POSITION_BITS | place);
        buckets++;
        return number << shift(l);
    }

    /** Takes a filed slot out. */
    void remove(ControlBlock<?> block, long promise) {
        int position = block.position();
        int l = (position >>> POSITION_BITS) - 1;
        if (l < 0) {
            near.remove(block);
            return;
        }
        ControlBlock<?> moved = level(l).remove((int) (promise >>> shift(l)) & PLACE_MASK, position & POSITION_MASK);
        if (moved != null) {
            moved.position(position);
        }
        block.position(-1);
        buckets--;
    }

    /**
     * Moves slots whose bucket is to be opened into {@code batch}; the caller looks at them and files them again.
     *
     * @param now microseconds of the wheel's clock
     * @return how many; 0 when no bucket is to be opened now
     */
    int open(long now, @Nullable ControlBlock<?>[] batch) {
        if (buckets == 0 && begin[0] > now) {
            return 0;
        }
        boolean changed;
        do {
            changed = false;
            for (int l = 0; l < LEVELS; l++) {
                long before = begin[l];
                Bucket opened = advance(l, now);
                if (opened != null) {
                    int count = opened.drainTo(batch);
                    buckets -= count;
                    return count;
                }
                changed |= begin[l] != before;
            }
        } while (changed);
        return 0;
    }

    /** Opens what is to be opened of one level; answers a bucket being moved down, null when there is none. */
    private @Nullable Bucket advance(int l, long now) {
        Level level = levels[l];
        Bucket moving = level == null ? null : level.moving();
        if (moving != null) {
            return moving;
        }
        long width = 1L << shift(l);
        long horizon = now + width;
        long limit = limit(l);
        if (level != null && !level.isEmpty()) {
            long next = level.nextOccupied(begin[l] >>> shift(l)) << shift(l);
            if (next < limit && (next <= horizon || l == 0 && near.isEmpty())) {
                raise(l, next, now);
                begin[l] = next + width;
                return level.open((int) (next >>> shift(l)) & PLACE_MASK);
            }
            limit = Math.min(limit, next);
        }
        raise(l, Math.min(past(l, now), limit), now);
        return null;
    }

    /**
     * Moves a level's beginning on, over buckets that are empty; and those of the levels below that had opened all up to
     * it, so that no level ever covers more than its places.
     */
    private void raise(int l, long to, long now) {
        long from = begin[l];
        if (to <= from) {
            return;
        }
        begin[l] = to;
        for (int below = l - 1; below >= 0 && begin[below] == from; below--) {
            begin[below] = Math.max(from, Math.min(to, past(below, now)));
        }
    }

    /** The end of the last bucket that a level opens by now. */
    private static long past(int l, long now) {
        return ((now >>> shift(l)) + 2) << shift(l);
    }

    /** How far a level may open: not past a bucket above it that is not moved down yet. */
    private long limit(int l) {
        if (l + 1 == LEVELS) {
            return begin[LEVELS];
        }
        Level above = levels[l + 1];
        boolean moving = above != null && above.moving() != null;
        return moving ? begin[l + 1] - (1L << shift(l + 1)) : begin[l + 1];
    }

    /** When something is to be done next, in microseconds of the wheel's clock; NEVER when nothing is filed. */
    long nextLook() {
        long look = near.isEmpty() ? Micros.NEVER : near.minKey();
        for (int l = 0; l < LEVELS && buckets != 0; l++) {
            Level level = levels[l];
            if (level != null && level.moving() != null) {
                return 0;
            }
            if (level != null && !level.isEmpty()) {
                long start = level.nextOccupied(begin[l] >>> shift(l)) << shift(l);
                look = Math.min(look, start - (1L << shift(l)));
            }
        }
        return look;
    }

    private Level level(int l) {
        Level level = levels[l];
        if (level == null) {
            level = new Level();
            levels[l] = level;
        }
        return level;
    }

    private static int shift(int l) {
        return FINEST_BITS + LEVEL_BITS * l;
    }

    /** The buckets of one level, by their number modulo the number of places. */
    private static final class Level {

        private final @Nullable Bucket[] places = new Bucket[PLACES];

        /** A bit for each place whose bucket holds something and is not being moved down. */
        private final long[] occupied = new long[PLACES / Long.SIZE];

        private int count;
        private @Nullable Bucket moving;

        boolean isEmpty() {
            return count == 0;
        }

        /** The bucket being moved down, null when there is none. */
        @Nullable
        Bucket moving() {
            if (moving != null && moving.isEmpty()) {
                moving = null;
            }
            return moving;
        }

        int add(int place, ControlBlock<?> block) {
            Bucket bucket = places[place];
            if (bucket == null) {
                bucket = new Bucket();
                places[place] = bucket;
            }
            int at = bucket.add(block);
            if (at == 0) {
                occupied[place / Long.SIZE] |= 1L << place;
                count++;
            }
            return at;
        }

        @Nullable
        ControlBlock<?> remove(int place, int at) {
            Bucket bucket = places[place];
            if (bucket == null || at >= bucket.size()) {
                throw new IllegalStateException("no slot at " + at + " of bucket " + place);
            }
            ControlBlock<?> moved = bucket.remove(at);
            if (bucket.isEmpty() && bucket != moving) {
                vacate(place);
            }
            return moved;
        }

        Bucket open(int place) {
            Bucket bucket = places[place];
            if (bucket == null || bucket.isEmpty()) {
                throw new IllegalStateException("no bucket at " + place);
            }
            vacate(place);
            moving = bucket;
            return bucket;
        }

        private void vacate(int place) {
            occupied[place / Long.SIZE] &= ~(1L << place);
            count--;
        }

        /** The number of the first occupied bucket from {@code number} on; only when not empty. */
        long nextOccupied(long number) {
            int from = (int) number & PLACE_MASK;
            int index = from / Long.SIZE;
            long bits = occupied[index] & -1L << from;
            for (int i = 0; i <= occupied.length; i++) {
                if (bits != 0) {
                    int place = index * Long.SIZE + Long.numberOfTrailingZeros(bits);
                    return number + (place - from & PLACE_MASK);
                }
                index = index + 1 & occupied.length - 1;
                bits = occupied[index];
            }
            throw new IllegalStateException("no occupied bucket");
        }
    }
}
