package io.asyncslot.cluster;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A timer map of the cluster backend: its slots can carry a payload. Thread-safe.
 *
 * @param <K> the key type
 */
public interface ClusterTimerSlots<K> extends TimerSlots<K> {

    /**
     * The map as one of the cluster backend.
     *
     * @param <K> the key type
     * @param registry where it is registered
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the map
     * @throws IllegalArgumentException if there is no such map, or it is no timer map of the cluster backend with such keys
     */
    @SuppressWarnings("unchecked") // the key type is checked
    static <K> ClusterTimerSlots<K> of(AsyncSlotRegistry registry, String map, Class<K> keyType) {
        SlotMap<?> found = registry.map(map).orElse(null);
        if (found instanceof ClusterTimerSlots<?> slots && slots.keyType() == keyType) {
            return (ClusterTimerSlots<K>) slots;
        }
        throw new IllegalArgumentException("'" + map + "' must be a timer map of backend '" + ClusterBackend.NAME
                + "' with keys of type " + keyType.getName() + " but is " + (found == null ? "not registered" : found));
    }

    /**
     * As {@link #start(Object, Duration)}, and gives the slot a payload. It stays until another start gives another one or
     * the slot is deleted.
     *
     * @param key the key
     * @param delay time from now, not negative
     * @param payload a byte array, kept as it is, or anything that Jackson can write as JSON
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException if key or delay are not acceptable, or the payload is too large or cannot be written
     */
    StartOutcome start(K key, Duration delay, Object payload);

    /**
     * As {@link #startAt(Object, Instant)}, and gives the slot a payload.
     *
     * @param key the key
     * @param deadline the point in time
     * @param payload as in {@link #start(Object, Duration, Object)}
     * @return as {@link #start(Object)}
     * @throws IllegalArgumentException as {@link #start(Object, Duration, Object)}
     */
    StartOutcome startAt(K key, Instant deadline, Object payload);

    /**
     * Looks at a slot's payload.
     *
     * @param <T> the type
     * @param key the key
     * @param type {@code byte[].class} for the bytes as they are; any other type is read from JSON
     * @return the payload; empty when there is no slot or it has none
     * @throws IllegalArgumentException if the key is not acceptable or the payload cannot be read as that type
     */
    <T> Optional<T> payload(K key, Class<T> type);
}
