package io.asyncslot.cluster;

/**
 * A deadline as a caller gives it: after a delay, counted by the database from the moment of the statement, or at a
 * point of database time.
 *
 * @param relative whether {@code micros} counts from now
 * @param micros microseconds from now, or since 1970; not negative, saturating at {@link SlotStore#NEVER}
 */
record When(boolean relative, long micros) {

    When {
        if (micros < 0) {
            throw new IllegalArgumentException("'micros' must not be negative: " + micros);
        }
        micros = Math.min(micros, SlotStore.NEVER);
    }

    static When in(long micros) {
        return new When(true, micros);
    }

    static When at(long micros) {
        return new When(false, micros);
    }
}
