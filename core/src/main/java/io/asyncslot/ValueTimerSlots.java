package io.asyncslot;

import java.time.Duration;
import java.time.Instant;

/**
 * A timer map whose slots carry values. Thread-safe; {@link ValueSlots} describes what values do.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public interface ValueTimerSlots<K, V> extends TimerSlots<K>, ValueSlots<K, V> {

    /**
     * As {@link #start(Object)}, and merges a value with the pending ones, by the map's rule.
     *
     * @param key the key
     * @param value the value
     * @return as {@link #start(Object)}; also {@link StartOutcome#REJECTED}, with nothing changed, if the slot has as many values
     *     as the map allows
     * @throws IllegalArgumentException if key or value are not acceptable
     * @throws IllegalStateException if the map has no delay
     */
    StartOutcome startWith(K key, V value);

    /**
     * As {@link #start(Object, Duration)}, and merges a value with the pending ones, by the map's rule.
     *
     * @param key the key
     * @param delay time from now, not negative
     * @param value the value
     * @return as {@link #startWith}
     * @throws IllegalArgumentException if key, delay or value are not acceptable
     */
    StartOutcome start(K key, Duration delay, V value);

    /**
     * As {@link #startAt(Object, Instant)}, and merges a value with the pending ones, by the map's rule.
     *
     * @param key the key
     * @param deadline the point in time
     * @param value the value
     * @return as {@link #startWith}
     * @throws IllegalArgumentException if key, deadline or value are not acceptable
     */
    StartOutcome startAt(K key, Instant deadline, V value);
}
