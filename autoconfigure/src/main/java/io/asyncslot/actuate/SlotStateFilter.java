package io.asyncslot.actuate;

import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What slots can be asked for by name: their states, and what an operator looks for. ARMED and RUNNING hold for
 * RUNNING_ARMED too. FAILED is a slot whose latest firing failed; it needs the map's history.
 */
enum SlotStateFilter implements Predicate<SlotSnapshot> {
    ALL(slot -> true),
    READY(slot -> slot.state() == SlotState.READY),
    BUSY(slot -> slot.state() == SlotState.BUSY),
    FREED(slot -> slot.state() == SlotState.FREED),
    IDLE(slot -> slot.runState() == RunState.IDLE),
    ARMED(slot -> slot.runState().isArmed()),
    RUNNING(slot -> slot.runState().isRunning()),
    RUNNING_ARMED(slot -> slot.runState() == RunState.RUNNING_ARMED),
    OVERDUE(slot -> isDueWithin(slot, Duration.ZERO)),
    PAUSED(slot -> slot.pausedSince() != null),
    FAILED(SlotStateFilter::hasFailed);

    @SuppressWarnings("ImmutableEnumChecker") // the predicates have no state
    private final Predicate<SlotSnapshot> matches;

    SlotStateFilter(Predicate<SlotSnapshot> matches) {
        this.matches = matches;
    }

    /**
     * The filter of a name, whatever its case.
     *
     * @throws IllegalArgumentException if there is no such state
     */
    static SlotStateFilter of(@Nullable String name) {
        if (name == null) {
            return ALL;
        }
        return Arrays.stream(values())
                .filter(filter -> filter.name().equals(name.strip().toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "'state' must be one of " + Arrays.toString(values()) + ": '" + name + "'"));
    }

    /** Whether something is pending that is due in at most this time. */
    static boolean isDueWithin(SlotSnapshot slot, Duration span) {
        Duration left = slot.timeLeft();
        return left != null && left.compareTo(span) <= 0;
    }

    private static boolean hasFailed(SlotSnapshot slot) {
        SlotSnapshot.LastFiring firing = slot.lastFiring();
        return firing != null && firing.failure() != null;
    }

    @Override
    public boolean test(SlotSnapshot slot) {
        return matches.test(slot);
    }
}
