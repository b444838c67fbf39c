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
 * What measures time and holds the slots of its maps. One instance serves one registry, which calls
 * {@link #init} once, then opens maps, and drives the lifecycle. Must be thread-safe from then on.
 *
 * <p>A backend is right when its maps pass the backend contract kit.
 */
public interface SlotBackend extends AutoCloseable {

    /**
     * The name that properties and builders choose it by.
     *
     * @return the name, lower case
     */
    String name();

    /**
     * What it says about itself. May be called at any time, also before {@link #init}.
     *
     * @return the report
     */
    BackendReport report();

    /**
     * Receives what the registry injects.
     *
     * @param context ticker, executor, listener, limits
     */
    void init(BackendContext context);

    /**
     * What maps of this backend may have beyond what every backend has.
     *
     * @return the features; none unless overridden
     */
    default Set<SlotFeature> features() {
        return Set.of();
    }

    /**
     * Opens a timer map. One with values is an {@link io.asyncslot.ValueTimerSlots}. The map tells the listener when it is closed.
     *
     * @param <K> the key type
     * @param spec what the map is to be
     * @return the map
     */
    <K> TimerSlots<K> open(TimerMapSpec<K> spec);

    /**
     * Opens a work map. One with values is an {@link io.asyncslot.ValueWorkSlots}. The map tells the listener when it is closed.
     *
     * @param <K> the key type
     * @param spec what the map is to be
     * @return the map
     */
    <K> WorkSlots<K> open(WorkMapSpec<K> spec);

    /** Begins to run callbacks. Idempotent; may follow {@link #stop}. */
    void start();

    /**
     * Stops beginning callbacks and waits until none runs. Slots stay armed. Inside one of its own callbacks it does not
     * wait, but answers false at once.
     *
     * @param limit the longest wait
     * @return true when no callback runs any more
     * @throws InterruptedException if the calling thread is interrupted while it waits
     */
    boolean stop(Duration limit) throws InterruptedException;

    /**
     * The registry is about to close the maps, and then this backend, for good. A backend whose slots outlive the process
     * lets go of them here, so that they are not deleted by the closing of their maps.
     */
    default void detach() {}

    /** Frees everything. The registry has closed the maps before. Idempotent. */
    @Override
    void close();
}
