package io.asyncslot.spi;

import io.asyncslot.SlotFiring;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Is told what callbacks did, after it happened. Called on the callback's thread with no lock held, after the run has
 * ended; cannot change an outcome. What it throws is logged and goes no further.
 */
@FunctionalInterface
public interface SlotListener {

    /**
     * A callback ended.
     *
     * @param firing the firing; its values stay readable
     * @param duration how long the callback ran
     * @param failure what it threw, or null when it ended normally
     */
    void completed(SlotFiring firing, Duration duration, @Nullable Throwable failure);
}
