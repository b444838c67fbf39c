package io.asyncslot.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down how each test ended, and what it measured: {@code container-results.tsv} with the columns kernel, suite,
 * scenario, result, detail. For tests that run one after the other.
 */
final class Findings implements BeforeEachCallback, TestWatcher {

    private static final Logger LOG = LoggerFactory.getLogger(Findings.class);
    private static final Path FILE =
            Path.of(System.getProperty("asyncslot.container.results", "target"), "container-results.tsv");

    private static @Nullable String noted;
    private static boolean begun;

    /** Notes what the running test measured. */
    static synchronized void note(String format, Object... values) {
        String text = String.format(Locale.ROOT, format, values);
        LOG.info("{}", text);
        noted = noted == null ? text : noted + "; " + text;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        clear();
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        write(context, "PASSED", "");
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        write(context, "FAILED", reason(cause));
    }

    @Override
    public void testAborted(ExtensionContext context, @Nullable Throwable cause) {
        write(context, "SKIPPED", reason(cause));
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        write(context, "SKIPPED", reason.orElse("disabled"));
    }

    private static String reason(@Nullable Throwable cause) {
        String message = cause == null ? null : cause.getMessage();
        return message == null
                ? String.valueOf(cause)
                : message.strip().lines().findFirst().orElse("");
    }

    private static synchronized void clear() {
        noted = null;
    }

    private static synchronized void write(ExtensionContext context, String result, String reason) {
        String detail = noted == null ? reason : reason.isEmpty() ? noted : noted + "; " + reason;
        String scenario = context.getRequiredTestMethod()
                .getName()
                .replaceAll("([A-Z])", " $1")
                .toLowerCase(Locale.ROOT);
        String line = String.join(
                "\t", System.getProperty("os.version"), "container", scenario, result, detail.replaceAll("\\s+", " "));
        try {
            if (!begun) {
                Files.deleteIfExists(FILE);
                begun = true;
            }
            Files.writeString(FILE, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
