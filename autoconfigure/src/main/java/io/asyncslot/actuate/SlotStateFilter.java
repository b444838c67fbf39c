package io.asyncslot.actuate;

import io.asyncslot.RunState;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The states that slots can be asked for by name; ARMED and RUNNING hold for RUNNING_ARMED too. */
enum SlotStateFilter implements Predicate<SlotSnapshot> {
    ALL(slot -> true),
    READY(slot -> slot.state() == SlotState.READY),
    BUSY(slot -> slot.state() == SlotState.BUSY),
    FREED(slot -> slot.state() == SlotState.FREED),
    IDLE(slot -> slot.runState() == RunState.IDLE),
    ARMED(slot -> slot.runState().isArmed()),
    RUNNING(slot -> slot.runState().isRunning()),
    RUNNING_ARMED(slot -> slot.runState() == RunState.RUNNING_ARMED);

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
                .filter(filter -> filter.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "'state' must be one of " + Arrays.toString(values()) + ": '" + name + "'"));
    }

    @Override
    public boolean test(SlotSnapshot slot) {
        return matches.test(slot);
    }
}
