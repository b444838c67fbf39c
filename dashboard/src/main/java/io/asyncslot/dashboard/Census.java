package io.asyncslot.dashboard;

import io.asyncslot.SlotMap;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * What going over all slots once tells that no counter does. Immutable.
 *
 * @param at when it began
 * @param tookMillis how long it took
 * @param from where the first bucket of deadlines begins
 * @param widthSeconds how many seconds a bucket spans
 * @param due how many slots are due in each bucket
 * @param later how many slots are due after the last bucket
 * @param overdue how many slots of each map have been due for more than a second; maps that have none are left out
 */
@SuppressWarnings("ArrayRecordComponent") // nobody changes them, or compares two of these
record Census(
        Instant at, long tookMillis, Instant from, int widthSeconds, int[] due, long later, Map<String, Long> overdue) {

    /** How many seconds a bucket spans. */
    static final int WIDTH = 30;

    /** What is due for less is about to run: it is counted in the first bucket. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** How many buckets there are: those of one hour. */
    static final int BUCKETS = 120;

    /**
     * Goes over all slots of some maps. Calls no code of users, and keeps no slot.
     *
     * @param now the time
     */
    static Census take(Collection<SlotMap<?>> maps, Instant now) {
        long began = System.nanoTime();
        Instant from = Instant.ofEpochSecond(now.getEpochSecond() / WIDTH * WIDTH);
        Count count = new Count(from, now.minus(GRACE));
        for (SlotMap<?> map : maps) {
            count.overdue = 0;
            map.scan(
                    Integer.MAX_VALUE,
                    slot -> {
                        Instant deadline = slot.deadline();
                        Duration left = slot.timeLeft();
                        if (deadline != null && left != null) {
                            count.add(deadline, left);
                        }
                        return false;
                    },
                    slot -> {});
            if (count.overdue > 0) {
                count.byMap.put(map.name(), count.overdue);
            }
        }
        long took = (System.nanoTime() - began) / 1_000_000;
        return new Census(now, took, from, WIDTH, count.due, count.later, count.byMap);
    }

    /** What is counted on the way; of one thread. */
    private static final class Count {

        private final Instant from;
        private final Instant overdueBefore;
        private final int[] due = new int[BUCKETS];
        private final Map<String, Long> byMap = new HashMap<>();
        private long later;
        private long overdue;

        Count(Instant from, Instant overdueBefore) {
            this.from = from;
            this.overdueBefore = overdueBefore;
        }

        void add(Instant deadline, Duration left) {
            if (left.isZero() && !deadline.isAfter(overdueBefore)) {
                overdue++;
                return;
            }
            long bucket = Math.max(0, Math.floorDiv(deadline.getEpochSecond() - from.getEpochSecond(), WIDTH));
            if (bucket < BUCKETS) {
                due[(int) bucket]++;
            } else {
                later++;
            }
        }
    }
}
