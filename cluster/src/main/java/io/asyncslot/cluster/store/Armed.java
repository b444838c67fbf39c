package io.asyncslot.cluster.store;

import io.asyncslot.SlotLimit;
import org.jspecify.annotations.Nullable;

/**
 * What an arming operation did.
 *
 * @param <O> the operation's outcome enum
 * @param outcome what happened
 * @param incarnation the incarnation it left; 0 when there is none, {@link SlotStore#NONE} when it did nothing because something
 *     else was pending than it expected
 * @param generation the generation of what is pending now; 0 when the outcome did not arm or move anything
 * @param due when that is due, in microseconds of database time; 0 as before
 * @param point the point of its map's grid that it belongs to: {@code due}, unless a firing is delivered again; 0 as before
 * @param claimed whether the claiming node has to hold it now. False while a run goes on: its end hands the slot on
 * @param schedule the key's own schedule, which what is pending is a point of; null for none
 * @param held what the map's shape has made of the deadline that was asked for
 */
public record Armed<O extends Enum<O>>(
        O outcome,
        long incarnation,
        long generation,
        long due,
        long point,
        boolean claimed,
        @Nullable String schedule,
        Held held) {

    /**
     * What a map's shape has made of a deadline.
     *
     * @param limit what has moved it; null for nothing
     * @param span how far off it is now, in microseconds; 0 where nothing has moved it
     */
    public record Held(@Nullable SlotLimit limit, long span) {

        /** Nothing has moved it. */
        public static final Held NOT = new Held(null, 0);
    }

    public Armed(O outcome, long incarnation, long generation, long due, long point, boolean claimed) {
        this(outcome, incarnation, generation, due, point, claimed, null, Held.NOT);
    }

    /** Nothing was armed. */
    public static <O extends Enum<O>> Armed<O> nothing(O outcome) {
        return new Armed<>(outcome, 0, 0, 0, 0, false);
    }

    /** Something else was pending than was expected: to be tried again with that. */
    public static <O extends Enum<O>> Armed<O> changed(O outcome) {
        return new Armed<>(outcome, SlotStore.NONE, 0, 0, 0, false);
    }

    public boolean foundChange() {
        return incarnation == SlotStore.NONE;
    }
}
