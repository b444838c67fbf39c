package io.asyncslot.spring;

import io.asyncslot.SlotMap;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkSlots;
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
 * @param delay the delay, null for the map's own
 */
record SlotAction(
        SlotTrigger trigger,
        SlotMap<Object> map,
        Object key,
        @Nullable Duration delay) {

    private static final Log LOG = LogFactory.getLog(SlotAction.class);

    /**
     * Throws if the map does not take the key.
     *
     * @throws SlotTriggerException naming the place, the expression, the value and the rule
     */
    void checkKey() {
        try {
            map.find(key);
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
        Object outcome;
        try {
            outcome = trigger.cause().during(this::perform);
        } catch (RuntimeException e) {
            throw failed(e);
        }
        String said = outcome.toString();
        boolean arms = trigger.kind() == SlotTrigger.Kind.START || trigger.kind() == SlotTrigger.Kind.SUBMIT;
        if (arms && (said.equals("REJECTED") || said.equals("CLOSED"))) {
            LOG.warn(trigger.place() + " did not arm the slot of key '" + key + "': " + said);
        } else if (LOG.isDebugEnabled()) {
            LOG.debug(trigger.place() + ": " + said + " for key '" + key + "'");
        }
    }

    private Object perform() {
        return switch (trigger.kind()) {
            case START -> delay == null ? timers().start(key) : timers().start(key, delay);
            case TOUCH -> delay == null ? timers().touch(key) : timers().touch(key, delay);
            case CANCEL -> map.cancel(key);
            case DELETE -> map.delete(key);
            case SUBMIT -> ((WorkSlots<Object>) map).submit(key);
        };
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
        return new SlotTriggerException(
                trigger.place() + " has key = \"" + trigger.key().getExpressionString() + "\" with the value '" + key
                        + "'" + (delay == null ? "" : " and the delay " + delay) + ": " + cause.getMessage(),
                cause);
    }
}
