package io.asyncslot;

import java.time.Duration;

/**
 * Owns slots on behalf of a tenant, a session or a bean, so that they end with it: closing the scope cancels and deletes
 * every slot that was started through it and waits for their callbacks. Thread-safe; got from
 * {@link AsyncSlotRegistry#scope}.
 *
 * <p>The last scope to start a slot owns it; if two scopes start it at the same moment, one of them owns it. It stays the owner
 * until the slot is freed, even if the slot fires, or is started again without the scope. Only this process knows the owner.
 *
 * <p>The views of a scope show only its own slots: for {@code cancel}, {@code touch} or {@code find}, a key of another scope is
 * absent. A start takes the key over. A view cannot close or pause the whole map, or replace its callback: these operations throw
 * {@link UnsupportedOperationException}. Its counters are those of the whole map. After the scope is closed, a view acts as a
 * closed map: a start answers {@link StartOutcome#CLOSED}.
 *
 * <p>A start through a view takes one more atomic step, to note the owner. For each new key it looks up two others, and forgets
 * those whose slots are gone.
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
     * Counts the scope's slots in all maps, and looks at each of them.
     *
     * @return the number of slots
     */
    long slots();

    /**
     * Tells whether the scope was closed.
     *
     * @return true once a close has begun
     */
    boolean isClosed();

    /**
     * Closes the scope: it accepts no further start, deletes its slots, and waits until none of their callbacks runs. The
     * callbacks see {@link SlotFiring#cancelled()}. The registry's next scope of this name is a new one.
     *
     * <p>May be called again: it then deletes what an earlier close could not, and waits for what still runs.
     *
     * @param limit the longest wait; zero closes without waiting
     * @return what was done, and what is left; {@link CloseOutcome#WOULD_DEADLOCK}, with nothing changed, when called from
     *     a callback of one of its slots
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws BackendUnavailableException if a backend could not be reached; the scope is closed, and every slot that could be
     *     deleted is deleted
     * @throws InterruptedException if the calling thread is interrupted while it waits; the scope is closed nevertheless
     */
    ScopeReport close(Duration limit) throws InterruptedException;

    /**
     * Closes the scope and waits {@link #CLOSE_LIMIT} at most; so a scope that is a bean is closed with its context. Logs
     * a warning when a callback still runs, or when called from one of its own.
     */
    @Override
    void close();
}
