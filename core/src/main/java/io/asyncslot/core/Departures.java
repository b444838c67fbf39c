package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotSnapshot.LastFiring;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the slots freed last from one map with history went through: a ring. Thread-safe, lock-free. */
final class Departures {

    /*
     * A slot that had nothing to tell but that it was armed is kept as its control block, and what freed it in numbers beside
     * it: so a delete makes no object. Whoever adds takes a place first, by a CAS to TAKEN, then stores the numbers, and
     * the block last; a place that another one has taken just now is left to that one. A reader looks at the place, reads the
     * numbers, and looks again: since a block leaves once, the same block has the same numbers.
     */

    static final int SIZE = 256;

    /** In the place of a block that somebody stores the numbers of. */
    static final Object TAKEN = new Object();

    private static final Kind[] KINDS = Kind.values();
    private static final int CAUSE_BITS = Integer.numberOfTrailingZeros(Causes.MOST);

    /** Told, a block, TAKEN or null. By CAS and, of a place that was taken, release; any thread, acquire. */
    final AtomicReferenceArray<@Nullable Object> ring = new AtomicReferenceArray<>(SIZE);

    /** When a block was freed. By who has taken the place, plain; read by anyone, between two looks at the place. */
    private final long[] times = new long[SIZE];

    /** What was pending then. As above. */
    private final long[] deadlines = new long[SIZE];

    /** What freed it, and the number of the cause. As above. */
    private final int[] ends = new int[SIZE];

    /** Number of the next entry. Any thread, by atomic add. */
    private final AtomicInteger added = new AtomicInteger();

    /** What is kept of a slot that was freed. */
    sealed interface Departure {

        Object key();

        /** Its last generation. */
        long generation();

        /** Its last firing; null when there was none, or it goes on. */
        @Nullable
        LastFiring lastFiring();

        /** What happened to it, oldest first. */
        List<SlotEvent> events(long now, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause);
    }

    /**
     * Of a slot with a history, to which a run that goes on adds: not its control block, whose links would keep others.
     */
    private record Told(
            Object key, long generation, @Nullable LastRun lastRun, History history) implements Departure {

        @Override
        public @Nullable LastFiring lastFiring() {
            return LastRun.shown(lastRun);
        }

        @Override
        public List<SlotEvent> events(
                long now, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
            return history.entries(toInstant, toCause);
        }
    }

    /** What {@link #add(NotedBlock, Kind, long, int, long)} was told. */
    record Untold(NotedBlock<?> block, Kind last, long at, int cause, long deadline) implements Departure {

        @Override
        public Object key() {
            return block.key();
        }

        @Override
        public long generation() {
            return block.generation();
        }

        @Override
        public @Nullable LastFiring lastFiring() {
            return null;
        }

        @Override
        public List<SlotEvent> events(
                long now, LongFunction<Instant> toInstant, IntFunction<@Nullable SlotCause> toCause) {
            List<SlotEvent> events = block.events(at, deadline, toInstant, toCause);
            events.add(new SlotEvent(toInstant.apply(at), last, null, toCause.apply(cause)));
            return events;
        }
    }

    void add(Object key, long generation, @Nullable LastRun lastRun, History history) {
        boolean over = lastRun != null && lastRun.isOver();
        Told told = new Told(key, generation, over ? lastRun : null, history);
        for (int i = 0; i < SIZE; i++) {
            int place = added.getAndIncrement() & SIZE - 1;
            Object present = ring.get(place);
            if (present != TAKEN && ring.compareAndSet(place, present, told)) {
                return;
            }
        }
    }

    /**
     * Adds a slot that had nothing to tell but that it was armed, until it was freed: such a control block has no links.
     *
     * @param last what freed it
     * @param at when, in microseconds of the map's clock
     * @param cause on whose account
     * @param deadline what was pending then; -1 for nothing
     * @return false when all places are being written to just now
     */
    boolean add(NotedBlock<?> block, Kind last, long at, int cause, long deadline) {
        for (int i = 0; i < SIZE; i++) {
            int place = added.getAndIncrement() & SIZE - 1;
            Object present = ring.get(place);
            if (present != TAKEN && ring.compareAndSet(place, present, TAKEN)) {
                times[place] = at;
                deadlines[place] = deadline;
                ends[place] = last.ordinal() << CAUSE_BITS | cause;
                ring.setRelease(place, block);
                return true;
            }
        }
        return false;
    }

    /** What is at a place; null for nothing, or when somebody writes to it. */
    private @Nullable Departure at(int place) {
        Object present = ring.getAcquire(place);
        if (present instanceof Told told) {
            return told;
        }
        if (!(present instanceof NotedBlock<?> block)) {
            return null;
        }
        long time = times[place];
        long deadline = deadlines[place];
        int end = ends[place];
        VarHandle.acquireFence(); // the numbers before the second look
        return ring.getOpaque(place) == block
                ? new Untold(block, KINDS[end >>> CAUSE_BITS], time, end & Causes.MOST - 1, deadline)
                : null;
    }

    /** Calls something with each freed slot that is remembered, the latest first, until it has had enough. */
    void each(Predicate<Departure> more) {
        int end = added.get();
        for (int i = 1; i <= SIZE; i++) {
            Departure departure = at(end - i & SIZE - 1);
            if (departure != null && !more.test(departure)) {
                return;
            }
        }
    }

    /** The latest freed slot whose key has a text; empty when none is remembered. */
    <R> Optional<R> find(String keyText, Function<Departure, R> view) {
        int end = added.get();
        for (int i = 1; i <= SIZE; i++) {
            Departure departure = at(end - i & SIZE - 1);
            if (departure != null && departure.key().toString().equals(keyText)) {
                return Optional.of(view.apply(departure));
            }
        }
        return Optional.empty();
    }
}
