package io.asyncslot;

import java.time.Duration;

/**
 * Owns slots on behalf of a tenant, a session or a bean, so that they end with it: closing the scope cancels and deletes
 * every slot that was started through it and waits for their callbacks. Thread-safe; got from
 * {@link AsyncSlotRegistry#scope}.
 *
 * <p>A slot belongs to the scope through which its key was started last; of two scopes that start it at the same moment,
 * to one of them. It goes on belonging to it until it is freed, wherever that is done, also when it fires or is
 * started again past the scope. What belongs to a scope is known in this process only.
 *
 * <p>The views of a scope see its own slots and no others: to {@code cancel}, {@code touch} or {@code find}, a key of
 * another scope is absent. A start takes the key over. Operations on a map as a whole - to close it, to pause it, to replace its
 * callback - are not a scope's to do and throw {@link UnsupportedOperationException}; its counters are the whole map's. To a
 * view a closed scope is a closed map: a start answers {@link StartOutcome#CLOSED}.
 *
 * <p>A start through a view costs an atomic step of the key's owner beside the map's own start. For each new key two others are looked up,
 * so that those whose slots were deleted past the scope are forgotten.
 */
public interface SlotScope extends AutoCloseable {

    /** How long {@link #close()} waits for running callbacks. */
    Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    /**
     * The scope's name.
     *
     * @return the name
     */
    String name();

    /**
     * The scope's view of a timer map; otherwise as {@link AsyncSlotRegistry#timers}.
     *
     * @param <K> the key type
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the view
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a work map or has another key type
     */
    <K> TimerSlots<K> timers(String map, Class<K> keyType);

    /**
     * The scope's view of a work map; otherwise as {@link AsyncSlotRegistry#works}.
     *
     * @param <K> the key type
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the view
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a timer map or has another key type
     */
    <K> WorkSlots<K> works(String map, Class<K> keyType);

    /**
     * The scope's view of a timer map whose slots carry values; otherwise as
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
    <K, V> ValueTimerSlots<K, V> timers(String map, Class<K> keyType, Class<V> valueType);

    /**
     * The scope's view of a work map whose slots carry values; otherwise as
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
    <K, V> ValueWorkSlots<K, V> works(String map, Class<K> keyType, Class<V> valueType);

    /**
     * Counts the scope's slots, in all maps. Looks at each of them.
     *
     * @return how many there are
     */
    long slots();

    /**
     * Tells whether the scope was closed.
     *
     * @return true once a close has begun
     */
    boolean isClosed();

    /**
     * Closes the scope: no further start, every slot of it deleted, then waits until none of their callbacks runs. The
     * callbacks see {@link SlotFiring#cancelled()}. The registry's next scope of this name is a new one.
     *
     * <p>May be called again: it then deletes what an earlier close could not, and waits for what still runs.
     *
     * @param limit the longest wait; zero closes without waiting
     * @return what was done and what is left; {@link CloseOutcome#WOULD_DEADLOCK}, with nothing changed, when called from
     *     a callback of one of its slots
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws BackendUnavailableException if a backend could not be reached; the scope is closed, and all slots are
     *     deleted that could be
     * @throws InterruptedException if the calling thread is interrupted while it waits; the scope is closed all the same
     */
    ScopeReport close(Duration limit) throws InterruptedException;

    /**
     * Closes the scope and waits {@link #CLOSE_LIMIT} at most; so a scope that is a bean is closed with its context. Logs
     * a warning when a callback still runs, or when called from one of its own.
     */
    @Override
    void close();
}
