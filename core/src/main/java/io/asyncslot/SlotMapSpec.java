package io.asyncslot;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The description of a map: the settings that timer maps and work maps share. Immutable.
 *
 * @param <K> the key type
 */
public abstract sealed class SlotMapSpec<K> permits TimerMapSpec, WorkMapSpec {

    /** Largest value of {@link #historySize()}. */
    public static final int MAX_HISTORY = 128;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

    private final String name;
    private final Class<K> keyType;
    private final SlotCallback<? super K> callback;
    private final @Nullable String backend;
    private final int concurrency;
    private final int maxEntries;
    private final int historySize;
    private final WhenIdle whenIdle;
    private final SlotRole role;
    private final @Nullable SlotValues<?> values;

    SlotMapSpec(Builder<K, ?> builder) {
        this.name = builder.name;
        this.keyType = builder.keyType;
        SlotCallback<? super K> given = builder.callback;
        if (given == null) {
            throw new IllegalArgumentException("map '" + builder.name + "' needs a callback: call callback(...)");
        }
        this.callback = given;
        this.backend = builder.backend;
        this.concurrency = builder.concurrency;
        this.maxEntries = builder.maxEntries;
        this.historySize = builder.historySize;
        this.whenIdle = builder.whenIdle;
        this.role = builder.role;
        this.values = builder.values;
    }

    /**
     * The map's name.
     *
     * @return letters, digits, dot, dash and underscore, at most 100
     */
    public String name() {
        return name;
    }

    /**
     * The type of the map's keys.
     *
     * @return the key type
     */
    public Class<K> keyType() {
        return keyType;
    }

    /**
     * The callback, which runs when a slot fires.
     *
     * @return the callback
     */
    public SlotCallback<? super K> callback() {
        return callback;
    }

    /**
     * The chosen backend.
     *
     * @return a backend's name, or null for the registry's default
     */
    public @Nullable String backend() {
        return backend;
    }

    /**
     * How many callbacks of this map may run at the same time.
     *
     * @return the limit; 0 for the executor's limit only
     */
    public int concurrency() {
        return concurrency;
    }

    /**
     * How many slots the map may hold. Freed slots do not count.
     *
     * @return the capacity; 0 for the limit of the heap only
     */
    public int maxEntries() {
        return maxEntries;
    }

    /**
     * How many entries of history each slot keeps.
     *
     * @return the number of {@link SlotEvent}s per slot; 0 if history is off
     */
    public int historySize() {
        return historySize;
    }

    /**
     * What happens to an idle slot: nothing is pending, and no callback runs.
     *
     * @return whether it is freed or stays
     */
    public WhenIdle whenIdle() {
        return whenIdle;
    }

    /**
     * The role of this process for the map.
     *
     * @return whether it runs the map's callback, or only arms slots
     */
    public SlotRole role() {
        return role;
    }

    /**
     * The values that the slots carry.
     *
     * @return their type and how they are merged; null when they carry none
     */
    public @Nullable SlotValues<?> values() {
        return values;
    }

    /**
     * The features that the map needs and that not every backend has.
     *
     * @return the features, in the order of their enum
     */
    public Set<SlotFeature> features() {
        Set<SlotFeature> features = EnumSet.noneOf(SlotFeature.class);
        if (values != null) {
            features.add(SlotFeature.VALUES);
        }
        if (role == SlotRole.CLIENT) {
            features.add(SlotFeature.CLIENT_ROLE);
        }
        return features;
    }

    /**
     * Builds a spec. Not thread-safe.
     *
     * @param <K> the key type
     * @param <B> the builder's own type
     */
    public abstract static sealed class Builder<K, B extends Builder<K, B>>
            permits TimerMapSpec.Builder, WorkMapSpec.Builder {

        private final String name;
        private final Class<K> keyType;
        private @Nullable SlotCallback<? super K> callback;
        private @Nullable String backend;
        private int concurrency;
        private int maxEntries;
        private int historySize;
        private WhenIdle whenIdle = WhenIdle.FREE;
        private SlotRole role = SlotRole.WORKER;
        private @Nullable SlotValues<?> values;

        Builder(String name, Class<K> keyType) {
            if (name == null || !NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("'name' of a map must be 1 to 100 letters, digits, '.', '_' or '-',"
                        + " and begin with a letter or digit: '" + name + "'");
            }
            if (keyType == null || keyType.isPrimitive()) {
                throw new IllegalArgumentException(
                        "'keyType' of map '" + name + "' must be a reference type: " + keyType);
            }
            if (keyType.isArray()) {
                throw new IllegalArgumentException("'keyType' of map '" + name
                        + "' must not be an array, which is equal to itself only: " + keyType.getTypeName());
            }
            this.name = name;
            this.keyType = keyType;
        }

        /**
         * Sets the callback, which runs when a slot fires. Required.
         *
         * @param value the callback
         * @return this builder
         */
        public B callback(SlotCallback<? super K> value) {
            this.callback = value;
            return self();
        }

        /**
         * Chooses the backend.
         *
         * @param value a backend's name; null or empty for the registry's default
         * @return this builder
         */
        public B backend(@Nullable String value) {
            this.backend = value == null || value.isEmpty() ? null : value;
            return self();
        }

        /**
         * Limits how many callbacks of this map run at the same time; the others wait in the order of arrival.
         *
         * @param value the limit, 0 for none
         * @return this builder
         */
        public B concurrency(int value) {
            this.concurrency = notNegative("concurrency", value);
            return self();
        }

        /**
         * Limits how many slots the map holds; a start of a further key is then rejected.
         *
         * @param value the capacity, 0 for none
         * @return this builder
         */
        public B maxEntries(int value) {
            this.maxEntries = notNegative("maxEntries", value);
            return self();
        }

        /**
         * Sets how many entries of history each slot keeps; an entry takes 16 bytes per slot.
         *
         * @param value 0 (off) to {@link SlotMapSpec#MAX_HISTORY}
         * @return this builder
         */
        public B historySize(int value) {
            if (notNegative("historySize", value) > MAX_HISTORY) {
                throw new IllegalArgumentException(
                        "'historySize' of map '" + name + "' must be at most " + MAX_HISTORY + ": " + value);
            }
            this.historySize = value;
            return self();
        }

        /**
         * Decides what happens to an idle slot, of which nothing is pending and no callback runs. The default is {@link WhenIdle#FREE}.
         *
         * @param value whether it is freed or stays
         * @return this builder
         */
        public B whenIdle(WhenIdle value) {
            if (value == null) {
                throw new IllegalArgumentException("'whenIdle' of map '" + name
                        + "' must not be null: set FREE or KEEP, or leave it out, which means FREE");
            }
            this.whenIdle = value;
            return self();
        }

        /**
         * Sets the role of this process for the map. The default is {@link SlotRole#WORKER}.
         *
         * @param value whether it runs the callback, or only arms slots
         * @return this builder
         */
        public B role(SlotRole value) {
            if (value == null) {
                throw new IllegalArgumentException("'role' of map '" + name
                        + "' must not be null: set WORKER or CLIENT, or leave it out, which means WORKER");
            }
            this.role = value;
            return self();
        }

        /**
         * Lets the slots carry values, which the callback finds in {@link SlotFiring#value()}. To receive them as a parameter, call
         * {@link #callback(SlotValues, ValueCallback)} instead.
         *
         * @param value their type and how they are merged; null for none
         * @return this builder
         */
        public B values(@Nullable SlotValues<?> value) {
            this.values = value;
            return self();
        }

        /**
         * Lets the slots carry values, and sets a callback that receives one value per firing.
         *
         * @param <V> their type
         * @param value their type and how they are merged; not collected
         * @param callback the callback; its value is null if the slot was started without one
         * @return this builder
         * @throws IllegalArgumentException if one of the two is null, or the values are collected
         */
        public <V> B callback(SlotValues<V> value, ValueCallback<? super K, ? super V> callback) {
            if (value == null || value.merge() == Merge.COLLECT) {
                throw new IllegalArgumentException("map '" + name + "' has " + value
                        + ": a firing of it has no single value; call collecting(...) where values are collected");
            }
            values(value);
            return callback(value.calling(callback));
        }

        /**
         * Lets the slots collect values, and sets a callback that receives all of them.
         *
         * @param <V> the type of each
         * @param value their type; collected
         * @param callback the callback; its list is unmodifiable, and empty if the slot was started without a value
         * @return this builder
         * @throws IllegalArgumentException if one of the two is null, or the values are not collected
         */
        public <V> B collecting(SlotValues<V> value, ValueCallback<? super K, ? super List<V>> callback) {
            if (value == null || value.merge() != Merge.COLLECT) {
                throw new IllegalArgumentException("map '" + name + "' has " + value
                        + ": a firing of it has no list of values; call callback(...) where values are not collected");
            }
            values(value);
            return callback(value.calling(callback));
        }

        String name() {
            return name;
        }

        abstract B self();

        private int notNegative(String property, int value) {
            if (value < 0) {
                throw new IllegalArgumentException(
                        "'" + property + "' of map '" + name + "' must not be negative: " + value);
            }
            return value;
        }
    }
}
