package io.asyncslot;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The description of a work map. Immutable.
 *
 * @param <K> the key type
 */
public final class WorkMapSpec<K> extends SlotMapSpec<K> {

    private final @Nullable Duration minInterval;

    private WorkMapSpec(Builder<K> builder) {
        super(builder);
        this.minInterval = builder.minInterval;
    }

    /**
     * The least time between the beginnings of two runs of a key.
     *
     * @return the interval; null if a run may follow immediately
     */
    public @Nullable Duration minInterval() {
        return minInterval;
    }

    @Override
    public Set<SlotFeature> features() {
        Set<SlotFeature> features = super.features();
        if (minInterval != null) {
            features.add(SlotFeature.MIN_INTERVAL);
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
     * Builds a work map's spec. Not thread-safe.
     *
     * @param <K> the key type
     */
    public static final class Builder<K> extends SlotMapSpec.Builder<K, Builder<K>> {

        private @Nullable Duration minInterval;

        private Builder(String name, Class<K> keyType) {
            super(name, keyType);
        }

        /**
         * Spaces the runs of each key: the first submit runs immediately, and further ones are one run that begins no sooner than this
         * after the last one began. A slot stays until its interval is over, even in a map that frees idle slots; a delete ends
         * slot and interval. Attempts of a failed firing follow the delay of their retry, and each counts as a beginning.
         *
         * @param value the interval, at least one microsecond; null for none
         * @return this builder
         */
        public Builder<K> minInterval(@Nullable Duration value) {
            if (value != null && value.compareTo(Duration.ofNanos(1_000)) < 0) {
                throw new IllegalArgumentException(
                        "'minInterval' of map '" + name() + "' must be at least one microsecond: " + value);
            }
            this.minInterval = value;
            return this;
        }

        /**
         * Checks and builds.
         *
         * @return the spec
         * @throws IllegalArgumentException if the callback is missing
         */
        public WorkMapSpec<K> build() {
            return new WorkMapSpec<>(this);
        }

        @Override
        Builder<K> self() {
            return this;
        }
    }
}
