package io.asyncslot;

import org.jspecify.annotations.Nullable;

/**
 * The callback of a map with values; otherwise as {@link SlotCallback}.
 *
 * @param <K> the map's key type
 * @param <P> what a firing receives: the map's value type, or a {@link java.util.List} of it if values are collected
 */
@FunctionalInterface
public interface ValueCallback<K, P extends @Nullable Object> {

    /**
     * Runs once for one firing.
     *
     * @param key the slot's key
     * @param value what the firing carries, the same for all its attempts; null, or an empty list, if the slot was started without a value
     * @param firing what fired, when and how late; valid during this call only
     * @throws Exception if anything goes wrong; it ends this run only
     */
    void run(K key, P value, SlotFiring firing) throws Exception;
}
