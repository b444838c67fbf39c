package io.asyncslot.cluster.store;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended on its node.
 *
 * @param begun the run, as it began
 * @param result what became of its callback
 * @param took how long that ran, in microseconds
 * @param error what it threw; null if nothing
 * @param notBefore before when no further run of the slot may begin, in microseconds of database time; {@link SlotStore#NONE} for
 *     what its begin has said
 */
public record Finish(
        StartedRun begun,
        Result result,
        long took,
        @Nullable String error,
        long notBefore) {

    private static final int LONGEST_ERROR = 1_000;

    public Finish(StartedRun begun, Result result, long took, @Nullable String error) {
        this(begun, result, took, error, SlotStore.NONE);
    }

    /** What became of a callback. The statement that ends runs compares with the ordinals. */
    public enum Result {
        /** It was not called: the run was left out or put off. */
        NOT_CALLED,
        /** It returned. */
        RETURNED,
        /** It failed, and another attempt follows. */
        FAILED_ONCE,
        /** It failed, and no attempt follows. */
        FAILED
    }

    /** The text of an error as the database can have it: of bounded length, and without what UTF-8 or PostgreSQL has no form for. */
    public static String text(String error) {
        String bounded = error.length() > LONGEST_ERROR ? error.substring(0, LONGEST_ERROR) + "..." : error;
        return new String(bounded.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', '?');
    }
}
