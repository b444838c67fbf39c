package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One slot at one moment. Immutable; looking never creates or changes a slot.
 *
 * @param map the map's name
 * @param key the key
 * @param type timer or work
 * @param backend the backend that measures its time
 * @param state READY, BUSY or FREED, as the kernel's control block would say
 * @param runState pending, running, both or neither
 * @param references the live reference count: 1 at rest (the map's own), more while operations or commands are in
 *     flight
 * @param generation the generation of the latest start
 * @param deadline when it is due, on the wall clock; null when nothing is pending
 * @param timeLeft time until then, zero when overdue; null when nothing is pending
 * @param lastFiring the last firing, null when it never fired or when history is off
 * @param history the last transitions, oldest first; empty when history is off
 */
public record SlotSnapshot(
        String map,
        Object key,
        SlotType type,
        String backend,
        SlotState state,
        RunState runState,
        int references,
        long generation,
        @Nullable Instant deadline,
        @Nullable Duration timeLeft,
        @Nullable LastFiring lastFiring,
        List<SlotEvent> history) {

    /**
     * How the latest firing went.
     *
     * @param firedAt when the callback began, on the wall clock
     * @param generation its generation
     * @param lateness how long after the deadline it began
     * @param duration how long it ran; null while it still runs
     * @param failure type and message of what it threw; null when it ended normally or still runs
     */
    public record LastFiring(
            Instant firedAt,
            long generation,
            Duration lateness,
            @Nullable Duration duration,
            @Nullable String failure) {}
}
