package io.asyncslot;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A calendar-like series of points in time, such as a cron expression in a zone. Must be stateless and thread-safe.
 */
@FunctionalInterface
public interface SlotSchedule {

    /**
     * The first point of the series strictly after a given one.
     *
     * @param after where to look from
     * @return the next point, or null when the series has ended
     */
    @Nullable
    Instant next(Instant after);
}
