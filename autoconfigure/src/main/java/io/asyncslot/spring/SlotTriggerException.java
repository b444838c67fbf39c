package io.asyncslot.spring;

import io.asyncslot.AsyncSlotException;
import org.jspecify.annotations.Nullable;

/**
 * A trigger annotation could not act: its expression failed, or yielded what the map cannot take. The message names
 * annotation, method, expression, value and rule.
 */
public final class SlotTriggerException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    /**
     * Made by the interceptor of the trigger annotations.
     *
     * @param message what is wrong
     * @param cause what the expression threw, or null
     */
    public SlotTriggerException(String message, @Nullable Throwable cause) {
        super(message);
        if (cause != null) {
            initCause(cause);
        }
    }
}
