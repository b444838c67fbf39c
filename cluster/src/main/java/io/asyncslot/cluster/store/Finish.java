package io.asyncslot.cluster.store;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended on its node.
 *
 * @param begun the run, as it began
 * @param result the result of its callback
 * @param took how long the callback ran, in microseconds
 * @param error what it threw; null if nothing
 * @param notBefore the earliest time for the next run of the slot, in microseconds of database time;
 *     {@link SlotStore#NONE} to keep the value from the beginning of the run
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

    /** The result of a callback. The statement that ends runs compares with the ordinals. */
    public enum Result {
        /** It was not called: the run was skipped or postponed. */
        NOT_CALLED,
        /** It returned. */
        RETURNED,
        /** It failed, and another attempt follows. */
        FAILED_ONCE,
        /** It failed, and no attempt follows. */
        FAILED
    }

    /**
     * The text of an error in a form that the database accepts: of bounded length, and without characters that UTF-8 or
     * PostgreSQL cannot represent.
     */
    public static String text(String error) {
        String bounded = error.length() > LONGEST_ERROR ? error.substring(0, LONGEST_ERROR) + "..." : error;
        return new String(bounded.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', '?');
    }
}
