package io.asyncslot;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The home of all slot maps of an application. Thread-safe.
 *
 * <p>Lifecycle: maps may be registered and slots armed at any time before {@link #close()}; callbacks run between
 * {@link #start()} and {@link #stop}. A stopped registry keeps its slots and may be started again: slots that fell due meanwhile
 * then fire by their late policy. In a Spring Boot application the context drives all of this.
 */
public interface AsyncSlotRegistry extends AutoCloseable {

    /**
     * The timer map of this name.
     *
     * <p>Before {@link #start()} a map that is not registered yet may be asked for: the handle then finds its map at
     * the first operation, and starting the registry fails if the map is still missing.
     *
     * @param <K> the key type
     * @param map the map's name
     * @param keyType the type of its keys; {@code Object.class} takes any map
     * @return the map
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a work map or has another key type
     */
    <K> TimerSlots<K> timers(String map, Class<K> keyType);

    /**
     * The work map of this name; otherwise as {@link #timers}.
     *
     * @param <K> the key type
     * @param map the map's name
     * @param keyType the type of its keys
     * @return the map
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a timer map or has another key type
     */
    <K> WorkSlots<K> works(String map, Class<K> keyType);

    /**
     * The timer map of this name, whose slots carry values; otherwise as {@link #timers(String, Class)}.
     *
     * @param <K> the key type
     * @param <V> the value type
     * @param map the map's name
     * @param keyType the type of its keys
     * @param valueType the type of its values; {@code Object.class} takes any map with values
     * @return the map
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a work map or has other types
     */
    <K, V> ValueTimerSlots<K, V> timers(String map, Class<K> keyType, Class<V> valueType);

    /**
     * The work map of this name, whose slots carry values; otherwise as {@link #timers(String, Class, Class)}.
     *
     * @param <K> the key type
     * @param <V> the value type
     * @param map the map's name
     * @param keyType the type of its keys
     * @param valueType the type of its values
     * @return the map
     * @throws UnknownSlotMapException if the registry is started and has no such map
     * @throws SlotMapTypeException if the map is a timer map or has other types
     */
    <K, V> ValueWorkSlots<K, V> works(String map, Class<K> keyType, Class<V> valueType);

    /**
     * Registers a timer map.
     *
     * @param <K> the key type
     * @param spec the description of the map
     * @return the map
     * @throws DuplicateSlotMapException if an open map has the name
     * @throws BackendUnavailableException if its backend is unknown or not usable, or does not have what the spec asks for
     * @throws IllegalStateException if the registry is closed
     */
    <K> TimerSlots<K> register(TimerMapSpec<K> spec);

    /**
     * Registers a work map.
     *
     * @param <K> the key type
     * @param spec the description of the map
     * @return the map
     * @throws DuplicateSlotMapException if an open map has the name
     * @throws BackendUnavailableException if its backend is unknown or not usable, or does not have what the spec asks for
     * @throws IllegalStateException if the registry is closed
     */
    <K> WorkSlots<K> register(WorkMapSpec<K> spec);

    /**
     * The open maps.
     *
     * @return the maps, by name
     */
    Collection<SlotMap<?>> maps();

    /**
     * The open map of this name.
     *
     * @param map the map's name
     * @return the map, or empty
     */
    Optional<SlotMap<?>> map(String map);

    /**
     * The open scope of this name. Makes a new one if there is none, or if the former one was closed.
     *
     * @param name what the slots belong to, such as a tenant's id; not blank
     * @return the scope
     * @throws IllegalArgumentException if the name is blank
     * @throws IllegalStateException if the registry is closed
     */
    SlotScope scope(String name);

    /**
     * The maps as transactions see them: operations take effect with the commit, on every backend.
     *
     * @return the view; in a registry that knows no transactions, its operations take effect immediately
     */
    TransactionalSlots transactional();

    /**
     * What the backends say about themselves.
     *
     * @return one report per backend
     */
    List<BackendReport> backends();

    /**
     * Begins to run callbacks. Idempotent.
     *
     * @throws UnknownSlotMapException if a handle names a map that nobody has registered
     * @throws SlotMapTypeException if a handle has another type or key type than its map
     * @throws IllegalStateException if the registry is closed
     */
    void start();

    /**
     * Begins no further callback and waits until none runs. Runs that wait for a permit or a thread return to their slots, armed;
     * starts are still accepted. Idempotent.
     *
     * <p>Inside a callback it stops as well, but does not wait for the callback that calls it: it answers false immediately.
     *
     * @param limit the longest wait
     * @return true when no callback runs any more
     * @throws InterruptedException if the calling thread is interrupted while it waits
     */
    boolean stop(Duration limit) throws InterruptedException;

    /**
     * Tells whether callbacks run.
     *
     * @return true between {@link #start()} and {@link #stop}
     */
    boolean isRunning();

    /**
     * Frees every slot of every map, and ends the backends. Does not wait for running callbacks. Idempotent; after one that an
     * {@link Error} has cut short, the next one continues.
     */
    @Override
    void close();
}
