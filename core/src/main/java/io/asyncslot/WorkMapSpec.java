package io.asyncslot;

/**
 * What a work map is to be. Immutable.
 *
 * @param <K> the key type
 */
public final class WorkMapSpec<K> extends SlotMapSpec<K> {

    private WorkMapSpec(Builder<K> builder) {
        super(builder);
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

        private Builder(String name, Class<K> keyType) {
            super(name, keyType);
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
