package io.asyncslot;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a timer map is to be. Immutable.
 *
 * @param <K> the key type
 */
public final class TimerMapSpec<K> extends SlotMapSpec<K> {

    private final @Nullable Duration delay;
    private final @Nullable Duration every;
    private final @Nullable SlotSchedule schedule;
    private final SlotClock clock;
    private final LatePolicy late;

    private TimerMapSpec(Builder<K> builder) {
        super(builder);
        this.delay = builder.delay;
        this.every = builder.every;
        this.schedule = builder.schedule;
        this.clock = builder.schedule != null ? SlotClock.REALTIME : builder.clock;
        this.late = builder.late;
        if (every != null && schedule != null) {
            throw new IllegalArgumentException(
                    "map '" + name() + "' has both 'every' (" + every + ") and a schedule; choose one");
        }
        if (schedule != null && builder.clock == SlotClock.BOOTTIME) {
            throw new IllegalArgumentException(
                    "map '" + name() + "' has a schedule, which lives on the REALTIME clock, but 'clock' is BOOTTIME");
        }
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
     * The delay of a start that names none.
     *
     * @return the delay, or null when a start must name one
     */
    public @Nullable Duration delay() {
        return delay;
    }

    /**
     * The period of a fixed-rate map.
     *
     * @return the period, or null when the map is not of fixed rate
     */
    public @Nullable Duration every() {
        return every;
    }

    /**
     * The series of a calendar map.
     *
     * @return the schedule, or null when the map has none
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

        private Builder(String name, Class<K> keyType) {
            super(name, keyType);
        }

        /**
         * Sets the delay of a start that names none; on a periodic map, that of the first period.
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
         * Chooses the clock of the deadlines; {@link SlotClock#MONOTONIC} unless said.
         *
         * @param value the clock
         * @return this builder
         */
        public Builder<K> clock(SlotClock value) {
            this.clock = value;
            return this;
        }

        /**
         * Says what happens to missed periods; {@link LatePolicy#ONCE} unless said.
         *
         * @param value the policy
         * @return this builder
         */
        public Builder<K> late(LatePolicy value) {
            this.late = value;
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
