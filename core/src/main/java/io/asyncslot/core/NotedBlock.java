package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotType;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * An incarnation of a slot that can tell what happened to it. That it was made, and armed anew or moved since, it notes in
 * itself; the first event beside those makes it a {@link History}. Thread-safe, lock-free.
 *
 * @param <K> the key type
 */
class NotedBlock<K> extends ControlBlock<K> {

    /*
     * The story
     *
     *    63         28 27  26   25   24  23 22   13 12        0
     *   +-------------+---+----+----+------+-------+----------+
     *   | made, ms    | C | T  | M  | kind | cause |   mark   |
     *   +-------------+---+----+----+------+-------+----------+
     *
     * made   when the incarnation was made, in milliseconds since its map was opened and half of what fits in here; 0 until
     *        that is noted. Set once, by the creator.
     * C      CHANGED: not all spans were the same, so the first one is not known any more.
     * T      TOLD: the history says when the slot was made. Set once, by whoever adds that there.
     * kind   what is counted now: nothing, re-arms or moves; and the cause of all of them.
     * mark   of moves, how many. Of re-arms, the generation before the first of them: each takes the next one, so they are
     *        counted by the very step that makes them, and one more of them stores nothing here.
     * M      MANY: they are more than can be counted.
     *
     * Beside it the span from the latest arming to its deadline, stored after the step if it is another one than before: the
     * arming was that long before the deadline. Two armings that meet may leave the span of the one with the deadline of
     * the other, until the next one.
     *
     * Whatever else happens is told to the history, and first what is counted here: whoever takes that out of the story, by
     * the CAS that sets kind to 0, adds it there. An arming of another kind or cause does the same, and then counts itself.
     * The history is made before that CAS, so a full heap loses nothing that was noted.
     */

    private static final int MARK_MASK = (1 << 13) - 1;

    /** Beyond that a generation is not so far ahead of the mark, but behind it: that of a run whose key was armed anew since. */
    private static final int BEHIND = MARK_MASK / 4 * 3;

    private static final int CAUSE_SHIFT = 13;
    private static final int CAUSE_MASK = Causes.MOST - 1;
    private static final long KIND_MASK = 3L << 23;
    private static final long REARMS = 1L << 23;
    private static final long MOVES = 2L << 23;
    private static final long MANY = 1L << 25;
    private static final long TOLD = 1L << 26;
    private static final long CHANGED = 1L << 27;
    private static final int MADE_SHIFT = 28;
    private static final long MADE_HALF = 1L << 63 - MADE_SHIFT;
    private static final long MICROS_PER_MILLI = 1_000;

    /** What is left of a story when that which is counted has been taken out. */
    private static final long LEFT = -1L << MADE_SHIFT | CHANGED | TOLD;

    private static final long UNKNOWN = -1;

    /** How often a reader looks while others change what is noted: the last look may show an event twice, or not yet. */
    private static final int MOST_LOOKS = 100;

    private static final VarHandle STORY;
    private static final VarHandle SPAN;
    private static final VarHandle MADE_BY;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STORY = lookup.findVarHandle(NotedBlock.class, "story", long.class);
            SPAN = lookup.findVarHandle(NotedBlock.class, "span", int.class);
            MADE_BY = lookup.findVarHandle(NotedBlock.class, "madeBy", char.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Changed by CAS, by any thread; volatile. */
    private volatile long story;

    /** As {@link History#packed}; 0 for none. By the creator by CAS, then opaque by any thread that has armed; opaque reads. */
    @SuppressWarnings("UnusedVariable") // by its handle
    private int span;

    /** The number of the first arming's cause. Stored by the creator before it sets {@code made}; opaque. */
    @SuppressWarnings("UnusedVariable") // by its handle
    private char madeBy;

    NotedBlock(
            SlotHome<K> map,
            K key,
            int hash,
            long deadline,
            long generation,
            boolean commanded,
            @Nullable SlotDetails<K> details) {
        super(map, key, hash, deadline, generation, commanded, details);
    }

    /** Made from what a former process left, and does not know when it was made. */
    NotedBlock(RecoveredSlot<K> slot, int hash, int references, SlotDetails<K> details) {
        super(slot, hash, references, details);
    }

    /**
     * Notes that it was made; for its creator, once.
     *
     * @param now microseconds of the map's clock
     * @param detail the span to its deadline, or -1
     * @param cause a number, 0 for none
     */
    final void made(long now, long detail, int cause, @Nullable SlotLimit limit) {
        long made = Math.floorDiv(now - map().openedAt(), MICROS_PER_MILLI) + MADE_HALF;
        if (limit != null || made <= 0 || made >= 2 * MADE_HALF) {
            History history = needDetails().needHistory();
            history.add(madeKind(), now, detail, cause, limit);
            return;
        }
        boolean unused = SPAN.compareAndSet(this, 0, History.packed(detail)); // not over that of a re-arm
        MADE_BY.setOpaque(this, (char) cause);
        for (long seen = story; !STORY.compareAndSet(this, seen, seen | made << MADE_SHIFT); ) {
            seen = story;
        }
        SlotDetails<K> details = details();
        History history = details == null ? null : details.history();
        if (history != null) {
            tellMade(history);
        }
    }

    /**
     * Notes that it was armed anew or moved; for who has done that.
     *
     * @param kind {@link Kind#REARMED} or {@link Kind#MOVED}
     * @param now microseconds of the map's clock
     * @param detail the span to the deadline
     * @param cause a number, 0 for none
     * @param before the deadline that was pending before, -1 for none
     */
    final void armed(Kind kind, long now, long detail, int cause, long before) {
        int packed = History.packed(detail);
        boolean rearm = kind == Kind.REARMED;
        long counted = (rearm ? REARMS : MOVES) | (long) cause << CAUSE_SHIFT;
        for (; ; ) {
            long seen = story;
            if ((seen & (KIND_MASK | (long) CAUSE_MASK << CAUSE_SHIFT)) == counted) {
                if ((seen & MANY) != 0 || rearm && count(seen, generation()) < History.MOST) {
                    break;
                }
                long more = count(seen, 0) < History.MOST && !rearm ? seen + 1 : seen | MANY;
                if (STORY.compareAndSet(this, seen, more)) {
                    break;
                }
            } else if ((seen & KIND_MASK) == 0) {
                long mark = rearm ? generation() - 1 & MARK_MASK : 1;
                if (STORY.compareAndSet(this, seen, seen & LEFT | counted | mark)) {
                    break;
                }
            } else {
                tellArmings(needDetails().needHistory(), now, before, rearm ? generation() - 1 : generation());
            }
        }
        if (packed != (int) SPAN.getOpaque(this)) {
            SPAN.setOpaque(this, packed);
            for (long seen = story; (seen & (TOLD | CHANGED)) == 0; seen = story) {
                if (STORY.compareAndSet(this, seen, seen | CHANGED)) {
                    break;
                }
            }
        }
    }

    /**
     * Notes that something else happened to it.
     *
     * @param limit null for none
     * @param before the deadline that was pending before, -1 for none
     * @param generation the generation of the latest start before
     */
    final void happened(
            Kind kind, long now, long detail, int cause, @Nullable SlotLimit limit, long before, long generation) {
        History history = needDetails().needHistory();
        tellArmings(history, now, before, generation);
        history.add(kind, now, detail, cause, limit);
    }

    /** Tells a history what is noted here. */
    private void tellArmings(History history, long now, long before, long generation) {
        tellMade(history);
        for (long seen = story; (seen & KIND_MASK) != 0; seen = story) {
            long detail = span();
            if (STORY.compareAndSet(this, seen, seen & LEFT)) {
                long at = at(before, detail, now);
                history.add(kind(seen), at, detail, cause(seen), null, count(seen, generation));
                return;
            }
        }
    }

    private void tellMade(History history) {
        for (long seen = story; isUntold(seen); seen = story) {
            if (STORY.compareAndSet(this, seen, seen | TOLD)) {
                history.add(madeKind(), madeAt(seen), madeFor(seen), madeBy());
                return;
            }
        }
    }

    /**
     * All that is known of it, oldest first.
     *
     * @param now microseconds of the map's clock
     * @param before the deadline that is pending, or was when nothing happened to it any more; -1 for none
     */
    final List<SlotEvent> events(
            long now, long before, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
        for (int look = 1; ; look++) {
            long seen = story;
            long generation = generation();
            SlotDetails<K> details = details(); // at each look: the first event makes it
            History history = details == null ? null : details.history();
            List<SlotEvent> events = new ArrayList<>();
            if (isUntold(seen)) {
                events.add(new SlotEvent(
                        toInstant.apply(madeAt(seen)),
                        madeKind(),
                        History.duration(madeFor(seen)),
                        toCause.apply(madeBy())));
            }
            if (history != null) {
                events.addAll(history.entries(toInstant, toCause));
            }
            if ((seen & KIND_MASK) != 0) {
                long detail = span();
                History.addLatest(
                        events,
                        new SlotEvent(
                                toInstant.apply(at(before, detail, now)),
                                kind(seen),
                                History.duration(detail),
                                toCause.apply(cause(seen)),
                                count(seen, generation)));
            }
            if (story == seen || look == MOST_LOOKS) { // nothing has gone from here to the history meanwhile
                return events;
            }
        }
    }

    private static boolean isUntold(long story) {
        return (story & TOLD) == 0 && story >>> MADE_SHIFT != 0;
    }

    private Kind madeKind() {
        return type() == SlotType.WORK ? Kind.SUBMITTED : Kind.STARTED;
    }

    /** When it was made, in whole milliseconds since the map was opened, whatever has happened since. */
    private long madeAt(long story) {
        long made = (story >>> MADE_SHIFT) - MADE_HALF;
        return Math.max(0, made * MICROS_PER_MILLI + map().openedAt());
    }

    private long madeFor(long story) {
        return (story & CHANGED) == 0 ? span() : UNKNOWN;
    }

    private int madeBy() {
        return (char) MADE_BY.getOpaque(this);
    }

    private long span() {
        return History.micros((int) SPAN.getOpaque(this));
    }

    /**
     * When the latest arming was: its span before its deadline, both rounded up, so up to a microsecond from now. Not later: then
     * deadline and span are not of the same arming.
     */
    private static long at(long before, long detail, long now) {
        long at = before - detail;
        return before < 0 || detail < 0 || at > now + 1 ? now : Math.max(0, at);
    }

    private static Kind kind(long story) {
        return (story & KIND_MASK) == REARMS ? Kind.REARMED : Kind.MOVED;
    }

    private static int cause(long story) {
        return (int) (story >>> CAUSE_SHIFT) & CAUSE_MASK;
    }

    private static int count(long story, long generation) {
        if ((story & MANY) != 0) {
            return History.MOST;
        }
        int mark = (int) story & MARK_MASK;
        int count = (story & KIND_MASK) == REARMS ? (int) generation - mark & MARK_MASK : mark;
        return count > BEHIND ? 1 : Math.max(1, Math.min(count, History.MOST));
    }
}
