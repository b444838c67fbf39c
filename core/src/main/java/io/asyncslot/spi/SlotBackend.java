package io.asyncslot.spi;

import io.asyncslot.BackendReport;
import io.asyncslot.SlotFeature;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.Set;

/**
 * Measures time and holds the slots of its maps. One instance serves one registry, which calls {@link #init} once, then opens maps
 * and drives the lifecycle. From then on it must be thread-safe.
 *
 * <p>A backend is correct if it passes the backend contract kit.
 */
public interface SlotBackend extends AutoCloseable {

    /**
     * The name by which properties and builders choose it.
     *
     * @return the name, lower case
     */
    String name();

    /**
     * Its report on itself. May be called at any time, even before {@link #init}.
     *
     * @return the report
     */
    BackendReport report();

    /**
     * Receives the objects of the registry.
     *
     * @param context ticker, executor, listener, limits
     */
    void init(BackendContext context);

    /**
     * The features of this backend that not every backend has.
     *
     * @return the features; none by default
     */
    default Set<SlotFeature> features() {
        return Set.of();
    }

    /**
     * Opens a timer map. One with values is an {@link io.asyncslot.ValueTimerSlots}. The map tells the listener when it is closed.
     *
     * @param <K> the key type
     * @param spec the description of the map
     * @return the map
     */
    <K> TimerSlots<K> open(TimerMapSpec<K> spec);

    /**
     * Opens a work map. One with values is an {@link io.asyncslot.ValueWorkSlots}. The map tells the listener when it is closed.
     *
     * @param <K> the key type
     * @param spec the description of the map
     * @return the map
     */
    <K> WorkSlots<K> open(WorkMapSpec<K> spec);

    /** Begins to run callbacks. Idempotent; may follow {@link #stop}. */
    void start();

    /**
     * Stops beginning callbacks and waits until none runs. Slots stay armed. Inside one of its own callbacks it does not wait, but
     * answers false immediately.
     *
     * @param limit the longest wait
     * @return true when no callback runs any more
     * @throws InterruptedException if the calling thread is interrupted while it waits
     */
    boolean stop(Duration limit) throws InterruptedException;

    /**
     * The registry is about to close the maps, and then this backend, for good. A backend whose slots outlive the process
     * lets go of them here, so that closing the maps does not delete them.
     */
    default void detach() {}

    /** Frees everything. The registry has closed the maps before. Idempotent. */
    @Override
    void close();
}
