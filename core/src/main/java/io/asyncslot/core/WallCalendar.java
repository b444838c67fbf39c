package io.asyncslot.core;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.backend.Micros;
import io.asyncslot.backend.Periods;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * What a map whose periods are points of the wall clock does besides: none of its points has two runs, and when the clock
 * is set back its slots look for an earlier point. Thread-safe.
 */
final class WallCalendar<K> extends Calendar<K> implements WallSteps.Follower {

    private static final SlotCause BY_CLOCK = new SlotCause(SlotCause.Type.CLOCK, null);

    private final LocalSlots<K> map;
    private final WallSteps steps;

    private WallCalendar(LocalSlots<K> map, WallSteps steps) {
        this.map = map;
        this.steps = steps;
    }

    /** A calendar that follows the wall clock from now on, until it is closed. */
    static <K> WallCalendar<K> opened(LocalSlots<K> map, WallSteps steps) {
        WallCalendar<K> calendar = new WallCalendar<>(map, steps);
        steps.follow(calendar);
        return calendar;
    }

    @Override
    FiredRun.Points points(ControlBlock<K> block) {
        return CalendarDetails.of(block);
    }

    @Override
    void closed() {
        steps.leave(this);
    }

    @Override
    int begin() {
        return steps.begin();
    }

    /** The first point of a series from one on that has not had its run; of a slot that is absent, any. */
    long unfired(@Nullable ControlBlock<K> block, Periods periods, long point) {
        return block == null ? point : CalendarDetails.of(block).fired(periods).unfired(periods, point);
    }

    /**
     * After a slot was armed for a deadline that was derived.
     *
     * @param due the deadline in nanoseconds of the monotonic clock, or {@link CalendarDetails#OF_SCHEDULE}
     * @param seen what {@link #begin} answered before
     */
    void derived(ControlBlock<K> block, long deadline, long due, int seen) {
        long word;
        long generation;
        do {
            word = block.word();
            generation = block.generation();
        } while (word != block.word());
        if (StateWord.isArmed(word) && StateWord.deadline(word) == deadline) { // else armed by somebody else since
            CalendarDetails.of(block).derived.set(new CalendarDetails.Derived(generation, deadline, due));
            check(block, seen);
        }
    }

    @Override
    void check(ControlBlock<K> block, int seen) {
        if (steps.isPast(seen)) {
            bringForward(block);
        }
    }

    @Override
    void delayed(ControlBlock<K> block, long deadline, long nanos, int seen) {
        derived(block, deadline, due(deadline, nanos), seen);
    }

    /** The moment of a deadline on the monotonic clock, which nobody sets: rounded up by the time between two readings. */
    long due(long deadline, long wallNanos) {
        return map.ticker().monotonicNanos() + (Micros.toNanos(deadline) - wallNanos);
    }

    /** The wall clock was set back. Ends with what the schedule of a slot threw last, once all slots have been looked at. */
    @Override
    public void wallSetBack() {
        Throwable failure = null;
        map.keeper().batchBegins();
        try {
            for (Iterator<ControlBlock<K>> walk = map.blocks(); walk.hasNext(); ) {
                try {
                    bringForward(walk.next());
                } catch (RuntimeException | Error e) { // the others follow the clock all the same
                    failure = e;
                }
            }
        } finally {
            map.keeper().batchEnds();
        }
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
    }

    /**
     * Lets a slot that waits for a derived point wait for an earlier one instead, if there is one that has not had its run.
     * What a caller asked for by name, or is due already, stays.
     */
    private void bringForward(ControlBlock<K> block) {
        CalendarDetails<K> details = CalendarDetails.of(block);
        if (!map.copies().enter(block)) {
            return;
        }
        long deadline = Periods.NONE;
        boolean moved = false;
        long word = 0;
        try {
            do {
                word = block.word();
                CalendarDetails.Derived derived = details.derived.get();
                if (StateWord.isFreed(word) || !StateWord.isArmed(word)) {
                    deadline = Periods.NONE;
                    derived = null;
                } else if (StateWord.isPeriod(word)) {
                    deadline = earlier(block, details, StateWord.deadline(word), CalendarDetails.OF_SCHEDULE);
                    derived = null;
                } else if (derived != null
                        && derived.deadline() == StateWord.deadline(word)
                        && derived.generation() == block.generationOf(word)) {
                    deadline = earlier(block, details, derived.deadline(), derived.due());
                } else {
                    deadline = Periods.NONE;
                }
                CalendarDetails.Derived next = derived == null ? null : derived.movedTo(deadline); // before the step
                if (deadline != Periods.NONE && block.tryBringForward(word, deadline)) {
                    moved = true;
                    if (derived != null) {
                        details.derived.compareAndSet(derived, next);
                    }
                }
            } while (deadline != Periods.NONE && !moved);
        } finally {
            try {
                map.copies().leave(block, moved);
            } finally {
                if (moved) {
                    map.pauses().passOn(block);
                }
            }
        }
        if (moved) {
            broughtForward(block, word, deadline);
        }
    }

    private void broughtForward(ControlBlock<K> block, long before, long deadline) {
        try {
            long now = map.now();
            long pending = StateWord.deadline(before);
            map.notes().note(block, Kind.MOVED, now, deadline - now, BY_CLOCK, pending, block.generationOf(before));
        } catch (Throwable e) {
            map.notes().unnoted(e);
        }
    }

    /** An earlier deadline than the one that was derived; {@link Periods#NONE} to leave it. */
    private long earlier(ControlBlock<K> block, CalendarDetails<K> details, long deadline, long due) {
        long monotonic = map.ticker().monotonicNanos(); // first: what is left is never too little
        long nanos = map.nanos();
        long now = Micros.floor(nanos);
        if (deadline <= now) {
            return Periods.NONE;
        }
        Periods periods = block.periods(map.periods());
        long point = due == CalendarDetails.OF_SCHEDULE
                ? details.fired(periods).unfired(periods, periods.pointAfter(deadline, now))
                : Micros.ceil(nanos + Math.max(0, due - monotonic));
        return point < deadline ? point : Periods.NONE;
    }

    @Override
    public String toString() {
        return map.toString();
    }
}
