package io.asyncslot.cluster;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WorkSlots;

/**
 * A work map of the cluster backend: its slots can carry a payload. Thread-safe.
 *
 * @param <K> the key type
 */
public interface ClusterWorkSlots<K> extends WorkSlots<K> {

    /**
     * The map as one of the cluster backend.
     *
     * @param <K> the key type
     * @param registry where it is registered
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the map
     * @throws IllegalArgumentException if there is no such map, or it is no work map of the cluster backend with such keys
     */
    @SuppressWarnings("unchecked") // the key type is checked
    static <K> ClusterWorkSlots<K> of(AsyncSlotRegistry registry, String map, Class<K> keyType) {
        SlotMap<?> found = registry.map(map).orElse(null);
        if (found instanceof ClusterWorkSlots<?> slots && slots.keyType() == keyType) {
            return (ClusterWorkSlots<K>) slots;
        }
        throw new IllegalArgumentException("'" + map + "' must be a work map of backend '" + ClusterBackend.NAME
                + "' with keys of type " + keyType.getName() + " but is " + (found == null ? "not registered" : found));
    }

    /**
     * As {@link #submit(Object)}, and gives the slot a payload: of several submits that are merged the latest one's holds.
     *
     * @param key the key
     * @param payload a byte array, kept as it is, or anything that Jackson can write as JSON
     * @return as {@link #submit(Object)}
     * @throws IllegalArgumentException if the key is not acceptable, or the payload is too large or cannot be written
     */
    SubmitOutcome submit(K key, Object payload);
}
