package io.asyncslot.spring;

import io.asyncslot.AsyncSlotException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.util.PlaceholderResolutionException;

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
     * Reads an annotation; a placeholder that cannot be resolved is told with the place.
     *
     * @param place annotation and method, as written
     * @throws SlotConfigurationException naming the placeholder
     */
    static <T> T naming(String place, Supplier<T> reading) {
        try {
            return reading.get();
        } catch (PlaceholderResolutionException e) {
            String message = String.valueOf(e.getMessage());
            throw new SlotConfigurationException(
                    place + ": " + Character.toLowerCase(message.charAt(0)) + message.substring(1) + ".",
                    "Set the property, or give the placeholder a default, as in ${my.delay:30m}.",
                    e);
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
