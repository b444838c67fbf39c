package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotException;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.DuplicateSlotMapException;
import io.asyncslot.SlotMapTypeException;
import io.asyncslot.UnknownSlotMapException;
import io.asyncslot.spring.SlotConfigurationException;
import java.util.Locale;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to do when a configuration of slots cannot be: made by Spring Boot when the start of a context fails. */
final class AsyncSlotFailureAnalyzer extends AbstractFailureAnalyzer<AsyncSlotException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, AsyncSlotException cause) {
        return new FailureAnalysis(sentence(String.valueOf(cause.getMessage())), action(cause), cause);
    }

    private static String action(AsyncSlotException cause) {
        if (cause instanceof SlotConfigurationException configuration) {
            return configuration.action();
        }
        if (cause instanceof BackendUnavailableException backend) {
            return backend.remedy()
                    + " The backend is named by 'asyncslot.backend', 'asyncslot.maps.<map>.backend' or an annotation.";
        }
        if (cause instanceof UnknownSlotMapException unknown) {
            return "Correct the name " + unknown.unknown()
                    + ", or bind a callback to such a map with @TimerSlot, @WorkSlot or AsyncSlotRegistry.register(...)"
                    + " before the context has started.";
        }
        if (cause instanceof DuplicateSlotMapException duplicate) {
            return "Give one of the maps named '" + duplicate.map()
                    + "' another name, or register it in one place only: by annotation or in code.";
        }
        if (cause instanceof SlotMapTypeException type) {
            return "Ask for the map '" + type.map()
                    + "' by its own kind and key type: AsyncSlotRegistry.timers(...) or works(...), with the type of the"
                    + " callback's key parameter.";
        }
        return "Correct what the description names.";
    }

    private static String sentence(String text) {
        String begun = text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
        return begun.endsWith(".") ? begun : begun + ".";
    }
}
