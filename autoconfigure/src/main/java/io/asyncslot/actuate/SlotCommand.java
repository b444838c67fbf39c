package io.asyncslot.actuate;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkSlots;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the endpoint can do to a slot. */
enum SlotCommand {
    /** Arms the slot, making it if need be. */
    START,
    /** Removes what is pending. */
    CANCEL,
    /** Makes the slot due now: what is pending, or else a run of its own. */
    FIRE,
    /** Holds back runs. */
    PAUSE,
    /** Ends a pause. */
    RESUME,
    /** Frees the slot. */
    DELETE;

    private static final List<String> NAMES =
            Arrays.stream(values()).map(SlotCommand::lowerCase).toList();

    /**
     * The command of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    static SlotCommand of(@Nullable String name) {
        for (SlotCommand command : values()) {
            if (name != null && command.name().equalsIgnoreCase(name.strip())) {
                return command;
            }
        }
        throw new IllegalArgumentException(
                "'action' must be one of " + NAMES + (name == null ? "" : ": '" + name + "'"));
    }

    String lowerCase() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it would change a slot that looks like this. */
    boolean concerns(SlotSnapshot slot) {
        Duration left = slot.timeLeft();
        return switch (this) {
            case START, DELETE -> true;
            case CANCEL -> slot.runState().isArmed();
            case FIRE -> left != null && !left.isZero();
            case PAUSE -> slot.pausedSince() == null;
            case RESUME -> slot.pausedSince() != null;
        };
    }

    /**
     * Carries the command out.
     *
     * @param delay the delay of a start, null for the map's own
     * @return the outcome
     */
    Enum<?> perform(SlotMap<Object> map, Object key, @Nullable Duration delay) {
        return switch (this) {
            case START ->
                map.type() == SlotType.WORK
                        ? works(map).submit(key)
                        : delay == null ? timers(map).start(key) : timers(map).start(key, delay);
            case CANCEL -> map.cancel(key);
            case FIRE -> map.type() == SlotType.WORK ? works(map).submit(key) : fire(timers(map), key);
            case PAUSE -> map.pause(key);
            case RESUME -> map.resume(key);
            case DELETE -> map.delete(key);
        };
    }

    /** What is pending is moved and keeps its generation; a slot with nothing pending is started. */
    private static Enum<?> fire(TimerSlots<Object> map, Object key) {
        TouchOutcome moved = map.touch(key, Duration.ZERO);
        return moved == TouchOutcome.NOT_ARMED ? map.start(key, Duration.ZERO) : moved;
    }

    private static TimerSlots<Object> timers(SlotMap<Object> map) {
        return (TimerSlots<Object>) map;
    }

    private static WorkSlots<Object> works(SlotMap<Object> map) {
        return (WorkSlots<Object>) map;
    }
}
