package io.asyncslot.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A deadline as a caller gives it: after a delay, counted by the database from the moment of the statement, or at a
 * point of database time.
 *
 * @param relative whether {@code micros} counts from now
 * @param micros microseconds from now, or since 1970; not negative, saturating at {@link SlotStore#NEVER}
 * @param schedule the key's own schedule, which it is a point of and which the slot goes on by; null for none
 */
record When(boolean relative, long micros, @Nullable String schedule) {

    When {
        if (micros < 0) {
            throw new IllegalArgumentException("'micros' must not be negative: " + micros);
        }
        micros = Math.min(micros, SlotStore.NEVER);
    }

    static When in(long micros) {
        return new When(true, micros, null);
    }

    static When at(long micros) {
        return new When(false, micros, null);
    }

    /** The same as a point of a schedule. */
    When of(String ofSchedule) {
        return new When(relative, micros, ofSchedule);
    }

    /** The same as a point of database time, which is {@code now} at the moment. */
    When fixed(long now) {
        return relative ? new When(false, now + micros, schedule) : this;
    }
}
