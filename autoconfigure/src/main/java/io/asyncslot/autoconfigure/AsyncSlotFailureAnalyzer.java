package io.asyncslot.autoconfigure;

import io.asyncslot.AsyncSlotException;
import io.asyncslot.BackendUnavailableException;
import java.util.Locale;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to do when a configuration of slots cannot be: made by Spring Boot when the start of a context fails. */
final class AsyncSlotFailureAnalyzer extends AbstractFailureAnalyzer<AsyncSlotException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, AsyncSlotException cause) {
        return new FailureAnalysis(sentence(cause.problem()), action(cause), cause);
    }

    private static String action(AsyncSlotException cause) {
        return cause instanceof BackendUnavailableException
                ? cause.remedy()
                        + " The backend is named by 'asyncslot.backend', 'asyncslot.maps.<map>.backend' or an annotation."
                : cause.remedy();
    }

    private static String sentence(String text) {
        String begun = text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
        return begun.endsWith(".") ? begun : begun + ".";
    }
}
