package io.asyncslot;

import java.time.Duration;
import java.time.Instant;

/**
 * The maps of a registry as transactions see them: an operation takes effect if and when the transaction of the calling thread
 * commits, and not at all if it is rolled back. Without a transaction it takes effect immediately. This is the same on every
 * backend. Thread-safe; {@link AsyncSlotRegistry#transactional()} returns it.
 *
 * <p>Delays count from the moment the operation takes effect. On backends that keep their slots in the transaction's own
 * database the operation is part of the transaction; on others it follows the commit, and is lost if the process ends in between. A
 * key that is not acceptable throws immediately. A start that is refused later (at capacity, or by a closed map) is logged, because
 * no caller is left to receive the outcome.
 */
public interface TransactionalSlots {

    /** When an operation takes effect. */
    enum Effect {
        /** It has taken effect. */
        AT_ONCE,
        /** It takes effect with the commit of the transaction in progress. */
        AT_COMMIT
    }

    /**
     * The timer map of this name; otherwise as {@link AsyncSlotRegistry#timers}.
     *
     * @param <K> the key type
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the view
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a work map or has another key type
     */
    <K> Timers<K> timers(String map, Class<K> keyType);

    /**
     * The work map of this name; otherwise as {@link AsyncSlotRegistry#works}.
     *
     * @param <K> the key type
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the view
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a timer map or has another key type
     */
    <K> Works<K> works(String map, Class<K> keyType);

    /**
     * The timer map of this name, whose slots carry values; otherwise as
     * {@link AsyncSlotRegistry#timers(String, Class, Class)}.
     *
     * @param <K> the key type
     * @param <V> the value type
     * @param map the map's name
     * @param keyType the type of its keys
     * @param valueType the type of its values
     * @return the view
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a work map or has other types
     */
    <K, V> ValueTimers<K, V> timers(String map, Class<K> keyType, Class<V> valueType);

    /**
     * The work map of this name, whose slots carry values; otherwise as
     * {@link AsyncSlotRegistry#works(String, Class, Class)}.
     *
     * @param <K> the key type
     * @param <V> the value type
     * @param map the map's name
     * @param keyType the type of its keys
     * @param valueType the type of its values
     * @return the view
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a timer map or has other types
     */
    <K, V> ValueWorks<K, V> works(String map, Class<K> keyType, Class<V> valueType);

    /**
     * The operations of both types of maps. Each throws {@link IllegalArgumentException} if the key is not acceptable.
     *
     * @param <K> the key type
     */
    interface Slots<K> {

        /**
         * As {@link SlotMap#cancel}.
         *
         * @param key the key
         * @return when it takes effect
         */
        Effect cancel(K key);

        /**
         * As {@link SlotMap#delete}.
         *
         * @param key the key
         * @return when it takes effect
         */
        Effect delete(K key);
    }

    /**
     * A timer map.
     *
     * @param <K> the key type
     */
    interface Timers<K> extends Slots<K> {

        /**
         * As {@link TimerSlots#start(Object)}.
         *
         * @param key the key
         * @return when it takes effect
         */
        Effect start(K key);

        /**
         * As {@link TimerSlots#start(Object, Duration)}.
         *
         * @param key the key
         * @param delay time from when it takes effect, not negative
         * @return when it takes effect
         * @throws IllegalArgumentException if {@code delay} is negative
         */
        Effect start(K key, Duration delay);

        /**
         * As {@link TimerSlots#startAt}.
         *
         * @param key the key
         * @param deadline the point in time
         * @return when it takes effect
         */
        Effect startAt(K key, Instant deadline);

        /**
         * As {@link TimerSlots#start(Object, SlotSchedule)}: arms the slot for the first point after the moment it takes effect.
         *
         * @param key the key
         * @param schedule its points; called when the start takes effect, and later
         * @return when it takes effect
         * @throws IllegalArgumentException if {@code schedule} is null
         * @throws IllegalStateException if the map does not allow it ({@link TimerMapSpec#keySchedules()}), or if the start takes
         *     effect immediately and the schedule has no further point. At a commit, the latter is logged.
         */
        Effect start(K key, SlotSchedule schedule);

        /**
         * As {@link TimerSlots#touch(Object)}.
         *
         * @param key the key
         * @return when it takes effect
         */
        Effect touch(K key);

        /**
         * As {@link TimerSlots#touch(Object, Duration)}.
         *
         * @param key the key
         * @param delay time from when it takes effect, not negative
         * @return when it takes effect
         * @throws IllegalArgumentException if {@code delay} is negative
         */
        Effect touch(K key, Duration delay);
    }

    /**
     * A work map.
     *
     * @param <K> the key type
     */
    interface Works<K> extends Slots<K> {

        /**
         * As {@link WorkSlots#submit}.
         *
         * @param key the key
         * @return when it takes effect
         */
        Effect submit(K key);
    }

    /**
     * A timer map whose slots carry values. A value that is not acceptable throws immediately.
     *
     * @param <K> the key type
     * @param <V> the value type
     */
    interface ValueTimers<K, V> extends Timers<K> {

        /**
         * As {@link ValueTimerSlots#startWith}.
         *
         * @param key the key
         * @param value the value
         * @return when it takes effect
         */
        Effect startWith(K key, V value);

        /**
         * As {@link ValueTimerSlots#start(Object, Duration, Object)}.
         *
         * @param key the key
         * @param delay time from when it takes effect, not negative
         * @param value the value
         * @return when it takes effect
         * @throws IllegalArgumentException if {@code delay} is negative
         */
        Effect start(K key, Duration delay, V value);

        /**
         * As {@link ValueTimerSlots#startAt(Object, Instant, Object)}.
         *
         * @param key the key
         * @param deadline the point in time
         * @param value the value
         * @return when it takes effect
         */
        Effect startAt(K key, Instant deadline, V value);
    }

    /**
     * A work map whose slots carry values. A value that is not acceptable throws immediately.
     *
     * @param <K> the key type
     * @param <V> the value type
     */
    interface ValueWorks<K, V> extends Works<K> {

        /**
         * As {@link ValueWorkSlots#submit(Object, Object)}.
         *
         * @param key the key
         * @param value the value
         * @return when it takes effect
         */
        Effect submit(K key, V value);
    }
}
