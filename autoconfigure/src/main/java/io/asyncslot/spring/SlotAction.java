package io.asyncslot.spring;

import io.asyncslot.AsyncSlotException;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Shown;
import java.time.Duration;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * What one trigger of one call is to do, all expressions evaluated. Immutable.
 *
 * @param trigger the trigger
 * @param map the map, of the trigger's type
 * @param key a key of the map
 * @param value a value of the map, null for none
 * @param delay the delay, null for the map's own
 */
record SlotAction(
        SlotTrigger trigger,
        SlotMap<Object> map,
        Object key,
        @Nullable Object value,
        @Nullable Duration delay) {

    private static final Log LOG = LogFactory.getLog(SlotAction.class);

    /**
     * Throws if the map does not take the key.
     *
     * @throws SlotTriggerException naming the place, the expression, the value and the rule
     */
    void checkKey() {
        try {
            map.checkKey(key);
        } catch (IllegalArgumentException e) {
            throw failed(e);
        }
    }

    /**
     * Acts. An outcome that says the slot could not be armed is logged.
     *
     * @throws SlotTriggerException if the map refuses key or delay
     */
    void act() {
        Enum<?> outcome;
        try {
            outcome = trigger.cause().during(this::perform);
        } catch (RuntimeException e) {
            throw failed(e);
        }
        String refusal = refusal(outcome);
        if (refusal != null) {
            LOG.warn(trigger.place() + refusal + " the slot of key '" + Shown.inLine(key) + "': " + outcome);
        } else if (LOG.isDebugEnabled()) {
            LOG.debug(trigger.place() + ": " + outcome + " for key '" + Shown.inLine(key) + "'");
        }
    }

    /** What to say of a trigger that arms and has not, or not surely; null of the others, which find what they find. */
    private static @Nullable String refusal(Enum<?> outcome) {
        if (outcome instanceof StartOutcome start) {
            return switch (start) {
                case STARTED, REARMED -> null;
                case REJECTED, CLOSED, FREED -> " did not arm";
                case IN_DOUBT -> " may not have armed";
            };
        }
        if (outcome instanceof SubmitOutcome submit) {
            return switch (submit) {
                case SUBMITTED, COALESCED -> null;
                case REJECTED, CLOSED -> " did not arm";
                case IN_DOUBT -> " may not have armed";
            };
        }
        return null;
    }

    @SuppressWarnings("unchecked") // the value was checked against the map's value type
    private Enum<?> perform() {
        return switch (trigger.kind()) {
            case START -> start();
            case TOUCH -> delay == null ? timers().touch(key) : timers().touch(key, delay);
            case CANCEL -> map.cancel(key);
            case DELETE -> map.delete(key);
            case SUBMIT ->
                value == null
                        ? ((WorkSlots<Object>) map).submit(key)
                        : ((ValueWorkSlots<Object, Object>) map).submit(key, value);
        };
    }

    @SuppressWarnings("unchecked") // as above
    private StartOutcome start() {
        if (value == null) {
            return delay == null ? timers().start(key) : timers().start(key, delay);
        }
        ValueTimerSlots<Object, Object> slots = (ValueTimerSlots<Object, Object>) map;
        return delay == null ? slots.startWith(key, value) : slots.start(key, delay, value);
    }

    /** All but the value, which is the user's. */
    @Override
    public String toString() {
        return trigger.place() + " for key '" + Shown.inLine(key) + "'";
    }

    /** Acts after the call is over: nobody is left to be told of a failure, so it is logged. */
    void actAfterwards() {
        try {
            act();
        } catch (RuntimeException e) {
            LOG.error("The transaction is committed, but a trigger of it failed. " + e.getMessage(), e);
        }
    }

    private TimerSlots<Object> timers() {
        return (TimerSlots<Object>) map;
    }

    private SlotTriggerException failed(RuntimeException cause) {
        AsyncSlotException known = cause instanceof AsyncSlotException exception ? exception : null;
        return new SlotTriggerException(
                trigger.place() + " has key = \"" + trigger.key().getExpressionString() + "\" with the value '"
                        + Shown.inLine(key)
                        + "'" + (delay == null ? "" : " and the delay " + delay) + ": "
                        + (known == null ? cause.getMessage() : known.problem()),
                known == null ? "Correct the annotation, or leave such calls out with 'condition'." : known.remedy(),
                cause);
    }
}
