package io.asyncslot;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The description of a timer map. Immutable.
 *
 * @param <K> the key type
 */
public final class TimerMapSpec<K> extends SlotMapSpec<K> {

    private final @Nullable Duration delay;
    private final @Nullable Duration every;
    private final @Nullable SlotSchedule schedule;
    private final SlotClock clock;
    private final LatePolicy late;
    private final @Nullable Duration maxWait;
    private final int flushAt;
    private final boolean keySchedules;

    private TimerMapSpec(Builder<K> builder) {
        super(builder);
        this.delay = builder.delay;
        this.every = builder.every;
        this.schedule = builder.schedule;
        this.keySchedules = builder.keySchedules;
        this.clock = builder.schedule != null || keySchedules ? SlotClock.REALTIME : builder.clock;
        this.late = builder.late;
        this.maxWait = builder.maxWait;
        this.flushAt = builder.flushAt;
        checkShape();
        if (every != null && schedule != null) {
            throw new IllegalArgumentException(
                    "map '" + name() + "' has both 'every' (" + every + ") and a schedule; choose one");
        }
        if (values() != null && (every != null || schedule != null)) {
            throw new IllegalArgumentException("map '" + name() + "' is periodic and has " + values()
                    + ": a value is handed to exactly one firing, and a periodic slot has many from one start;"
                    + " leave out 'every', 'cron' or the schedule, or the values");
        }
        if ((schedule != null || keySchedules) && builder.clock == SlotClock.BOOTTIME) {
            throw new IllegalArgumentException("map '" + name() + "' has "
                    + (schedule != null ? "a schedule, which runs" : "'keySchedules', which run")
                    + " on the REALTIME clock, but 'clock' is BOOTTIME");
        }
        if (keySchedules && (values() != null || maxWait != null)) {
            throw new IllegalArgumentException(
                    "map '" + name() + "' has 'keySchedules', so that one start may have many"
                            + " firings, and "
                            + (values() != null
                                    ? values() + ", each for exactly one firing"
                                    : "'maxWait' (" + maxWait + "), but periods cannot be postponed")
                            + "; leave one of the two out");
        }
    }

    private void checkShape() {
        SlotValues<?> values = values();
        if (maxWait != null && (every != null || schedule != null)) {
            throw new IllegalArgumentException("map '" + name() + "' is periodic and has 'maxWait' (" + maxWait
                    + "): its periods cannot be postponed; leave one of the two out");
        }
        if (maxWait != null && delay != null && maxWait.compareTo(delay) < 0) {
            throw new IllegalArgumentException("'maxWait' of map '" + name() + "' (" + maxWait
                    + ") is shorter than its 'delay' (" + delay + "), so the delay could never elapse");
        }
        if (flushAt != 0 && (values == null || values.merge() != Merge.COLLECT)) {
            throw new IllegalArgumentException("'flushAt' of map '" + name() + "' (" + flushAt
                    + ") counts values that are collected, but "
                    + (values == null ? "the map has no values" : "merge is " + values.merge()));
        }
        if (values != null && values.maxValues() != 0 && flushAt > values.maxValues()) {
            throw new IllegalArgumentException("'flushAt' of map '" + name() + "' (" + flushAt
                    + ") is more than 'maxValues' (" + values.maxValues() + "), so it would never be reached");
        }
    }

    @Override
    public Set<SlotFeature> features() {
        Set<SlotFeature> features = super.features();
        if (maxWait != null) {
            features.add(SlotFeature.MAX_WAIT);
        }
        if (flushAt != 0) {
            features.add(SlotFeature.FLUSH_AT);
        }
        if (keySchedules) {
            features.add(SlotFeature.KEY_SCHEDULES);
        }
        return features;
    }

    /**
     * Begins a spec.
     *
     * @param <K> the key type
     * @param name the map's name
     * @param keyType the type of its keys
     * @return a builder
     * @throws IllegalArgumentException if the name or the type is not acceptable
     */
    public static <K> Builder<K> named(String name, Class<K> keyType) {
        return new Builder<>(name, keyType);
    }

    /**
     * The delay of a start without a delay.
     *
     * @return the delay, or null if each start has to name one
     */
    public @Nullable Duration delay() {
        return delay;
    }

    /**
     * The period of a fixed-rate map.
     *
     * @return the period, or null if the map has no fixed rate
     */
    public @Nullable Duration every() {
        return every;
    }

    /**
     * The series of a calendar map.
     *
     * @return the schedule, or null if the map has none
     */
    public @Nullable SlotSchedule schedule() {
        return schedule;
    }

    /**
     * The clock of the map's deadlines.
     *
     * @return the clock; always {@link SlotClock#REALTIME} with a schedule
     */
    public SlotClock clock() {
        return clock;
    }

    /**
     * What happens to missed periods.
     *
     * @return the policy
     */
    public LatePolicy late() {
        return late;
    }

    /**
     * How long starts and touches can postpone a firing.
     *
     * @return the time from the first start with nothing pending to the latest deadline; null for no bound
     */
    public @Nullable Duration maxWait() {
        return maxWait;
    }

    /**
     * How many collected values make a slot due immediately.
     *
     * @return their number; 0 if the number does not matter
     */
    public int flushAt() {
        return flushAt;
    }

    /**
     * Whether a start may bring a schedule for its key: {@link TimerSlots#start(Object, SlotSchedule)}.
     *
     * @return true if it may; the map is then on {@link SlotClock#REALTIME}
     */
    public boolean keySchedules() {
        return keySchedules;
    }

    /**
     * Builds a timer map's spec. Not thread-safe.
     *
     * @param <K> the key type
     */
    public static final class Builder<K> extends SlotMapSpec.Builder<K, Builder<K>> {

        private @Nullable Duration delay;
        private @Nullable Duration every;
        private @Nullable SlotSchedule schedule;
        private SlotClock clock = SlotClock.MONOTONIC;
        private LatePolicy late = LatePolicy.ONCE;
        private @Nullable Duration maxWait;
        private int flushAt;
        private boolean keySchedules;

        private Builder(String name, Class<K> keyType) {
            super(name, keyType);
        }

        /**
         * Sets the delay of a start without a delay; on a periodic map, the delay of the first period.
         *
         * @param value the delay, not negative; null for none
         * @return this builder
         */
        public Builder<K> delay(@Nullable Duration value) {
            if (value != null && value.isNegative()) {
                throw new IllegalArgumentException("'delay' of map '" + name() + "' must not be negative: " + value);
            }
            this.delay = value;
            return this;
        }

        /**
         * Makes the map periodic: each started slot fires at a fixed rate until it is cancelled or deleted.
         *
         * @param value the period, at least one microsecond; null for none
         * @return this builder
         */
        public Builder<K> every(@Nullable Duration value) {
            if (value != null && value.compareTo(Duration.ofNanos(1_000)) < 0) {
                throw new IllegalArgumentException(
                        "'every' of map '" + name() + "' must be at least one microsecond: " + value);
            }
            this.every = value;
            return this;
        }

        /**
         * Makes the map periodic by a calendar, such as a cron expression: each started slot fires at every point of
         * the series until it is cancelled or deleted. The map's clock is then {@link SlotClock#REALTIME}.
         *
         * @param value the series; null for none
         * @return this builder
         */
        public Builder<K> schedule(@Nullable SlotSchedule value) {
            this.schedule = value;
            return this;
        }

        /**
         * Chooses the clock of the deadlines. The default is {@link SlotClock#MONOTONIC}.
         *
         * @param value the clock
         * @return this builder
         */
        public Builder<K> clock(SlotClock value) {
            this.clock = value;
            return this;
        }

        /**
         * Decides what happens to missed periods. The default is {@link LatePolicy#ONCE}.
         *
         * @param value the policy
         * @return this builder
         */
        public Builder<K> late(LatePolicy value) {
            this.late = value;
            return this;
        }

        /**
         * Limits how long starts and touches can postpone a firing: the first start with nothing pending fixes a latest deadline,
         * and no start or touch moves beyond it. Outcomes stay the same.
         *
         * @param value the longest wait, at least one microsecond and not shorter than the map's delay; null for none
         * @return this builder
         */
        public Builder<K> maxWait(@Nullable Duration value) {
            if (value != null && value.compareTo(Duration.ofNanos(1_000)) < 0) {
                throw new IllegalArgumentException(
                        "'maxWait' of map '" + name() + "' must be at least one microsecond: " + value);
            }
            this.maxWait = value;
            return this;
        }

        /**
         * Makes a slot due immediately when it has collected this many values. Values that a failed firing has passed on do not
         * count, so that the delay of a retry holds. Outcomes stay the same.
         *
         * @param value the number, 0 for none
         * @return this builder
         */
        public Builder<K> flushAt(int value) {
            if (value < 0) {
                throw new IllegalArgumentException("'flushAt' of map '" + name() + "' must not be negative: " + value);
            }
            this.flushAt = value;
            return this;
        }

        /**
         * Allows {@link TimerSlots#start(Object, SlotSchedule)}. The map's clock is then {@link SlotClock#REALTIME}.
         *
         * @param value whether a start may bring its own schedule
         * @return this builder
         */
        public Builder<K> keySchedules(boolean value) {
            this.keySchedules = value;
            return this;
        }

        /**
         * Checks and builds.
         *
         * @return the spec
         * @throws IllegalArgumentException if parts of it contradict each other or the callback is missing
         */
        public TimerMapSpec<K> build() {
            return new TimerMapSpec<>(this);
        }

        @Override
        Builder<K> self() {
            return this;
        }
    }
}
