package io.asyncslot.cluster.store;

import io.asyncslot.SlotLimit;
import org.jspecify.annotations.Nullable;

/**
 * The result of an arming operation.
 *
 * @param <O> the operation's outcome enum
 * @param outcome what happened
 * @param incarnation the incarnation afterwards; 0 if there is none, {@link SlotStore#NONE} if the operation did
 *     nothing because something else was pending than it expected
 * @param generation the generation that is pending now; 0 if the operation did not arm or move anything
 * @param due when it is due, in microseconds of database time; 0 in the same case
 * @param point the point of its map's grid that it belongs to: {@code due}, unless a firing is delivered again; 0 in
 *     the same case
 * @param claimed whether the claiming node must hold it now. False during a run: the end of the run passes the slot on
 * @param schedule the key's own schedule, if the pending deadline is a point of it; null for none
 * @param held how the map's shape has changed the requested deadline
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
     * How a map's shape has changed a deadline.
     *
     * @param limit the limit that has moved it; null for none
     * @param span how far away it is now, in microseconds; 0 if nothing has moved it
     */
    public record Held(@Nullable SlotLimit limit, long span) {

        /** Nothing has moved it. */
        public static final Held NOT = new Held(null, 0);
    }

    public Armed(O outcome, long incarnation, long generation, long due, long point, boolean claimed) {
        this(outcome, incarnation, generation, due, point, claimed, null, Held.NOT);
    }

    /** The same for a key with its own schedule; null for none. */
    public Armed<O> following(@Nullable String ofKey) {
        return new Armed<>(outcome, incarnation, generation, due, point, claimed, ofKey, held);
    }

    /** Nothing was armed. */
    public static <O extends Enum<O>> Armed<O> nothing(O outcome) {
        return new Armed<>(outcome, 0, 0, 0, 0, false);
    }

    /** Something else was pending than expected: try again with that. */
    public static <O extends Enum<O>> Armed<O> changed(O outcome) {
        return new Armed<>(outcome, SlotStore.NONE, 0, 0, 0, false);
    }

    public boolean foundChange() {
        return incarnation == SlotStore.NONE;
    }
}
