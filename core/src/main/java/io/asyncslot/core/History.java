package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.backend.Micros;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The last transitions of one slot: a ring of two words an entry. Lock-free; any thread may add and look.
 *
 * <p>What repeats itself without changing much, such as a re-arm, takes one entry however often it happens: its count
 * rises, and time, span and cause are the latest. It is folded into one of the newest entries, as long as only such ones
 * follow: into that of the same kind and cause, or, when there are too many causes, of the same kind. So no number of
 * re-arms pushes out the cancel before them.
 *
 * <p>An entry is written in two steps, so a reader may meet one half old and half new, or a place taken and not yet
 * written: both halves carry the lap round the ring they belong to, and the reader leaves out what does not match, and
 * what a later writer has taken the place of meanwhile.
 */
final class History {

    private static final int KIND_BITS = 4;
    private static final int LAP_BITS = 8;
    private static final int LAP_MASK = (1 << LAP_BITS) - 1;
    private static final int CAUSE_BITS = 10;
    private static final int CAUSE_MASK = (1 << CAUSE_BITS) - 1;
    private static final int COUNT_BITS = 12;

    /** The greatest count; stands for more, too. */
    static final int MOST = (1 << COUNT_BITS) - 1;

    /** A span has 30 bits, and two that give its unit: microseconds for 17 minutes, milliseconds for 12 days, then seconds, for 34 years. */
    private static final int SPAN_BITS = 30;

    private static final int UNIT_BITS = 2;
    private static final long SPAN_MASK = (1L << SPAN_BITS + UNIT_BITS) - 1;
    private static final long MOST_UNITS = (1L << SPAN_BITS) - 2;
    private static final long MICROS_PER_MILLI = 1_000;
    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final long[] MICROS_PER_UNIT = {1, MICROS_PER_MILLI, MICROS_PER_SECOND};

    /** What a shape made of a deadline: 0 for nothing, else its ordinal and one. */
    private static final int LIMIT_BITS = 2;

    private static final int LIMIT_MASK = (1 << LIMIT_BITS) - 1;

    /** The second word, from its low end: lap, cause, count, limit, span and its unit. */
    private static final int CAUSE_SHIFT = LAP_BITS;

    private static final int COUNT_SHIFT = CAUSE_SHIFT + CAUSE_BITS;
    private static final int LIMIT_SHIFT = COUNT_SHIFT + COUNT_BITS;
    private static final int SPAN_SHIFT = LIMIT_SHIFT + LIMIT_BITS;

    /** How many of the newest entries are looked at for one to fold into. */
    private static final int LOOK_BACK = 4;

    private static final Kind[] KINDS = Kind.values();
    private static final SlotLimit[] LIMITS = SlotLimit.values();

    /** A bit for each kind whose events are folded. */
    private static final int FOLDS;

    private static final VarHandle ADDED;
    private static final VarHandle RING = MethodHandles.arrayElementVarHandle(long[].class);

    static {
        int folds = 0;
        for (Kind kind : KINDS) {
            folds |= kind.repeats() ? 1 << kind.ordinal() : 0;
        }
        FOLDS = folds;
        try {
            ADDED = MethodHandles.lookup().findVarHandle(History.class, "added", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Two words an entry. Stored with release by whoever has the entry's number, read with acquire. Who folds changes the
     * second word by CAS, and with it the count, and then stores the first.
     */
    private final long[] ring;

    /** Number of the next entry. Taken by atomic add, by whoever adds. */
    private volatile int added;

    History(int size) {
        this.ring = new long[2 * size];
    }

    /**
     * Adds an entry.
     *
     * @param kind what happened
     * @param now when, in microseconds of the map's clock
     * @param detail a span in microseconds, or -1 for none
     * @param cause the number of what caused it, 0 for none; less than 1,024
     */
    void add(Kind kind, long now, long detail, int cause) {
        add(kind, now, detail, cause, null);
    }

    /** As {@link #add(Kind, long, long, int)}; {@code limit} null for none. */
    void add(Kind kind, long now, long detail, int cause, @Nullable SlotLimit limit) {
        add(kind, now, detail, cause, limit, 1);
    }

    /**
     * As {@link #add(Kind, long, long, int)}, of something that has happened more than once.
     *
     * @param limit null for none
     * @param count how often, at most {@link #MOST}; {@code now}, {@code detail} and {@code limit} are the latest
     */
    void add(Kind kind, long now, long detail, int cause, @Nullable SlotLimit limit, int count) {
        if ((FOLDS >>> kind.ordinal() & 1) != 0 && fold(kind, now, detail, cause, limit, count)) {
            return;
        }
        int number = (int) ADDED.getAndAdd(this, 1);
        int round = round(number);
        int at = 2 * number - round * ring.length;
        RING.setRelease(ring, at, first(kind, now, lap(round)));
        RING.setRelease(ring, at + 1, second(detail, count, cause, limit, lap(round)));
    }

    /** Counts events in an entry that is there; false when there is none to count them in. */
    private boolean fold(Kind kind, long now, long detail, int cause, @Nullable SlotLimit limit, int more) {
        int size = ring.length / 2;
        int most = Math.max(1, Math.min(LOOK_BACK, size / 2));
        int number = added - 1;
        int round = round(number);
        int at = 2 * number - round * ring.length;
        int sameAt = -1; // where the newest entry of the same kind is, and its round
        int sameRound = 0;
        for (int back = 0; back < most; back++) {
            long head = (long) RING.getAcquire(ring, at);
            if ((head & LAP_MASK) != lap(round) || (FOLDS >>> kind(head) & 1) == 0) {
                return false;
            }
            if (kind(head) == kind.ordinal()) {
                if (cause((long) RING.getAcquire(ring, at + 1)) == cause) {
                    return fold(at, kind, now, detail, cause, limit, more, lap(round));
                }
                if (sameAt < 0) {
                    sameAt = at;
                    sameRound = round;
                }
            }
            at -= 2;
            if (at < 0) {
                at += ring.length;
                round--;
            }
        }
        return sameAt >= 0 && fold(sameAt, kind, now, detail, cause, limit, more, lap(sameRound));
    }

    private boolean fold(
            int at, Kind kind, long now, long detail, int cause, @Nullable SlotLimit limit, int more, long lap) {
        for (; ; ) {
            long seen = (long) RING.getAcquire(ring, at + 1);
            if ((seen & LAP_MASK) != lap) {
                return false; // overtaken by a whole lap
            }
            long folded = second(detail, Math.min(count(seen) + more, MOST), cause, limit, lap);
            if (RING.compareAndSet(ring, at + 1, seen, folded)) {
                RING.setRelease(ring, at, first(kind, now, lap));
                return true;
            }
        }
    }

    private static long first(Kind kind, long now, long lap) {
        return (now << KIND_BITS | kind.ordinal()) << LAP_BITS | lap;
    }

    private static long second(long detail, int count, int cause, @Nullable SlotLimit limit, long lap) {
        long held = limit == null ? 0 : limit.ordinal() + 1;
        return (packed(detail) & SPAN_MASK) << SPAN_SHIFT
                | held << LIMIT_SHIFT
                | (long) count << COUNT_SHIFT
                | (long) cause << CAUSE_SHIFT
                | lap;
    }

    private static @Nullable SlotLimit limit(long second) {
        int held = (int) (second >>> LIMIT_SHIFT) & LIMIT_MASK;
        return held == 0 ? null : LIMITS[held - 1];
    }

    private static int kind(long head) {
        return (int) (head >>> LAP_BITS) & (1 << KIND_BITS) - 1;
    }

    private static int count(long second) {
        return (int) (second >>> COUNT_SHIFT) & MOST;
    }

    private static int cause(long second) {
        return (int) (second >>> CAUSE_SHIFT) & CAUSE_MASK;
    }

    /**
     * A span and its unit in 32 bits, rounded up to whole units; 0 for none. Up, because what was that long before a deadline then
     * is not in the future.
     */
    static int packed(long detail) {
        long packed;
        if (detail <= MOST_UNITS) {
            packed = (Math.max(detail, -1) + 1) << UNIT_BITS;
        } else if (detail <= MOST_UNITS * MICROS_PER_MILLI) {
            packed = (ceiling(detail, MICROS_PER_MILLI) + 1) << UNIT_BITS | 1;
        } else {
            packed = (Math.min(ceiling(detail, MICROS_PER_SECOND), MOST_UNITS) + 1) << UNIT_BITS | 2;
        }
        return (int) packed;
    }

    private static long ceiling(long micros, long unit) {
        return micros / unit + (micros % unit == 0 ? 0 : 1);
    }

    /** What {@link #packed} made of a span; -1 for none. */
    static long micros(int packed) {
        long span = (packed & SPAN_MASK) >>> UNIT_BITS;
        return span == 0 ? -1 : (span - 1) * MICROS_PER_UNIT[packed & (1 << UNIT_BITS) - 1];
    }

    private static @Nullable Duration unpacked(long second) {
        return duration(micros((int) (second >>> SPAN_SHIFT)));
    }

    static @Nullable Duration duration(long micros) {
        return micros < 0 ? null : Micros.toDuration(micros);
    }

    /**
     * The entries, oldest first.
     *
     * @param toInstant how a moment of the map's clock is shown
     * @param toCause what a cause's number stands for
     * @return at most as many entries as the ring holds
     */
    List<SlotEvent> entries(LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
        int size = ring.length / 2;
        int end = added;
        List<SlotEvent> entries = new ArrayList<>(size);
        int begin = Integer.compareUnsigned(end, size) < 0 ? 0 : end - size;
        for (int number = begin; number != end; number++) {
            int round = round(number);
            int at = 2 * (number - round * size);
            long head = (long) RING.getAcquire(ring, at);
            long detail = (long) RING.getAcquire(ring, at + 1);
            long lap = lap(round);
            boolean overtaken = added - number > size; // as many writers later the lap bits are the same again
            if (overtaken || (head & LAP_MASK) != lap || (detail & LAP_MASK) != lap) {
                continue;
            }
            add(
                    entries,
                    new SlotEvent(
                            toInstant.apply(head >>> LAP_BITS + KIND_BITS),
                            KINDS[kind(head)],
                            unpacked(detail),
                            toCause.apply(cause(detail)),
                            count(detail),
                            limit(detail)));
        }
        return entries;
    }

    /** Among entries that events are folded into the one whose latest event came last is the last. */
    private static void add(List<SlotEvent> entries, SlotEvent event) {
        int at = entries.size();
        while (event.kind().repeats()
                && at > 0
                && entries.get(at - 1).kind().repeats()
                && entries.get(at - 1).time().isAfter(event.time())) {
            at--;
        }
        entries.add(at, event);
    }

    /** Adds what happened last: counted in the entry that it would be counted in if it were added to the ring. */
    static void addLatest(List<SlotEvent> entries, SlotEvent latest) {
        int end = entries.size();
        for (int at = end - 1; at >= 0 && at >= end - LOOK_BACK; at--) {
            SlotEvent entry = entries.get(at);
            if (!entry.kind().repeats()) {
                break;
            }
            if (entry.kind() == latest.kind() && Objects.equals(entry.cause(), latest.cause())) {
                entries.remove(at);
                int count = Math.min(entry.count() + latest.count(), MOST);
                SlotEvent both = new SlotEvent(latest.time(), latest.kind(), latest.detail(), latest.cause(), count);
                add(entries, both);
                return;
            }
        }
        add(entries, latest);
    }

    /** How often the ring was full before an entry; most rings never are. */
    private int round(int number) {
        int size = ring.length / 2;
        return Integer.compareUnsigned(number, size) < 0 ? 0 : Integer.divideUnsigned(number, size);
    }

    /** The low bits of a round's number, counted from 1, so that a place never written is of no round looked for first. */
    private static long lap(int round) {
        return round + 1L & LAP_MASK;
    }
}
