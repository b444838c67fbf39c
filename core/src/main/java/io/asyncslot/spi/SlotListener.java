package io.asyncslot.spi;

import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Hears what callbacks did, and which maps were opened and closed, after it happened. It is called with no lock held, and cannot
 * change an outcome. Exceptions are logged, and have no other effect.
 */
@FunctionalInterface
public interface SlotListener {

    /**
     * A map was registered. Called on the registering thread, before it gets the map.
     *
     * @param map the map
     */
    default void opened(SlotMap<?> map) {}

    /**
     * A map was closed. Called once for each map, on the first closing thread, before that waits for callbacks; they
     * may still complete.
     *
     * @param map the map
     */
    default void closed(SlotMap<?> map) {}

    /**
     * A callback ended. Called on the callback's thread, after the run has ended.
     *
     * @param firing the firing; its values stay readable
     * @param duration how long the callback ran
     * @param failure what it threw, or null when it ended normally
     */
    void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure);
}
