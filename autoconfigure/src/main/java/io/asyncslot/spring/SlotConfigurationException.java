package io.asyncslot.spring;

import io.asyncslot.AsyncSlotException;
import org.jspecify.annotations.Nullable;

/** Annotations or properties ask for something that cannot be. Ends the start of the application context. */
public final class SlotConfigurationException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    private final String action;

    /**
     * Made where annotations and properties are read.
     *
     * @param message what is wrong, naming place, value and rule
     * @param action what to do about it, a sentence
     */
    public SlotConfigurationException(String message, String action) {
        this(message, action, null);
    }

    /**
     * Made where annotations and properties are read.
     *
     * @param message what is wrong, naming place, value and rule
     * @param action what to do about it, a sentence
     * @param cause what was thrown, or null
     */
    public SlotConfigurationException(String message, String action, @Nullable Throwable cause) {
        super(message);
        this.action = action;
        if (cause != null) {
            initCause(cause);
        }
    }

    /**
     * What to do about it.
     *
     * @return the remedy, a sentence
     */
    public String action() {
        return action;
    }
}
