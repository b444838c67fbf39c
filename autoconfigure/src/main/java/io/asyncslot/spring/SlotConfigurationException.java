package io.asyncslot.spring;

import io.asyncslot.AsyncSlotException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.util.PlaceholderResolutionException;

/** Annotations or properties ask for something that cannot be. Ends the start of the application context. */
public final class SlotConfigurationException extends AsyncSlotException {

    private static final long serialVersionUID = 1L;

    /**
     * Made where annotations and properties are read.
     *
     * @param problem what is wrong, naming place, value and rule
     * @param remedy what to do about it, a sentence
     */
    public SlotConfigurationException(String problem, String remedy) {
        this(problem, remedy, null);
    }

    /**
     * Made where annotations and properties are read.
     *
     * @param problem what is wrong, naming place, value and rule
     * @param remedy what to do about it, a sentence
     * @param cause what was thrown, or null
     */
    public SlotConfigurationException(String problem, String remedy, @Nullable Throwable cause) {
        super(problem, remedy);
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
}
