package io.asyncslot.cluster.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run that has begun: the database records this before the callback does anything.
 *
 * @param id the slot
 * @param token the token that ends this run and no other
 * @param incarnation the incarnation that runs
 * @param generation the fence token of this firing
 * @param due when it was due, in microseconds of database time
 * @param began when it began, in microseconds of database time
 * @param attempt how often this firing has been delivered, at least 1
 * @param values the values that the run receives, in order of acceptance; null in a map without values
 * @param state whether its callback is to be called
 */
public record StartedRun(
        SlotId id,
        long token,
        long incarnation,
        long generation,
        long due,
        long began,
        int attempt,
        @Nullable List<byte[]> values,
        State state) {

    /** The duty of the node. */
    public enum State {
        /** The callback is to be called. */
        RUNS,
        /** Nothing: the run has passed its values on, and they are gone. It only has to end. */
        OVER,
        /**
         * The slot has values, but its map is declared without values here. The run is for a version of the application
         * that knows them.
         */
        FOREIGN
    }

    public StartedRun(
            SlotId id,
            long token,
            long incarnation,
            long generation,
            long due,
            long began,
            int attempt,
            @Nullable List<byte[]> values) {
        this(id, token, incarnation, generation, due, began, attempt, values, State.RUNS);
    }
}
