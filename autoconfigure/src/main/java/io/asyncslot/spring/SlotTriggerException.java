package io.asyncslot.spring;

import io.asyncslot.AsyncSlotException;
import org.jspecify.annotations.Nullable;

/**
 * A trigger annotation could not act: its expression failed, or yielded what the map cannot take. The message names
 * annotation, method, expression, value, rule and remedy.
 */
public final class SlotTriggerException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    /**
     * Made by the interceptor of the trigger annotations.
     *
     * @param problem what is wrong
     * @param remedy what to do about it, a sentence
     * @param cause what the expression threw, or null
     */
    public SlotTriggerException(String problem, String remedy, @Nullable Throwable cause) {
        super(problem, remedy);
        if (cause != null) {
            initCause(cause);
        }
    }
}
