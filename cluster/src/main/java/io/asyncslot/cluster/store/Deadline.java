package io.asyncslot.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * A deadline as a caller gives it: after a delay, counted by the database from the moment of the statement, or at a
 * point of database time.
 *
 * @param relative whether {@code micros} counts from now
 * @param micros microseconds from now, or since 1970; not negative, saturating at {@link SlotStore#NEVER}
 * @param schedule the key's own schedule, if the deadline is a point of it; it also sets the deadlines that follow.
 *     Null for none
 */
public record Deadline(
        boolean relative, long micros, @Nullable String schedule) {

    public Deadline {
        if (micros < 0) {
            throw new IllegalArgumentException("'micros' must not be negative: " + micros);
        }
        micros = Math.min(micros, SlotStore.NEVER);
    }

    public static Deadline in(long micros) {
        return new Deadline(true, micros, null);
    }

    public static Deadline at(long micros) {
        return new Deadline(false, micros, null);
    }

    /** The same as a point of a schedule. */
    public Deadline of(String ofSchedule) {
        return new Deadline(relative, micros, ofSchedule);
    }

    /** The same as a point of database time, with {@code now} as the current time. */
    public Deadline fixed(long now) {
        return relative ? new Deadline(false, now + micros, schedule) : this;
    }
}
