package io.asyncslot.actuate;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkSlots;
import io.asyncslot.spi.FailedFirings;
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
    DELETE,
    /** Delivers a failed firing again, with the values it had; on backends that keep those. */
    RETRY,
    /** Drops a failed firing, with the values it had; on backends that keep those. */
    FORGET;

    /** How a command that is about a failed firing went. */
    enum FailedOutcome {
        /** It is pending again. */
        RETRIED,
        /** It is dropped. */
        FORGOTTEN,
        /** None is kept, or something newer is pending or runs. */
        NOT_FAILED
    }

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
            case RETRY, FORGET -> SlotStateFilter.FAILED.test(slot);
        };
    }

    /** Whether it is about a firing, whose slot may have been freed. */
    boolean isOfFailedFiring() {
        return this == RETRY || this == FORGET;
    }

    /**
     * Carries the command out.
     *
     * @param delay the delay of a start, null for the map's own
     * @return the outcome
     * @throws IllegalArgumentException if it is about a failed firing, and the map's backend keeps none
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
            case RETRY -> failed(map).retryFailed(key) ? FailedOutcome.RETRIED : FailedOutcome.NOT_FAILED;
            case FORGET -> failed(map).forgetFailed(key) ? FailedOutcome.FORGOTTEN : FailedOutcome.NOT_FAILED;
        };
    }

    @SuppressWarnings("unchecked") // of the map's own keys
    private FailedFirings<Object> failed(SlotMap<Object> map) {
        if (map instanceof FailedFirings<?> failed) {
            return (FailedFirings<Object>) failed;
        }
        throw new IllegalArgumentException("the action " + lowerCase()
                + " needs a backend that keeps failed firings, such as" + " cluster, but map '" + map.name()
                + "' is on '" + map.backend() + "': start the slot instead");
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
