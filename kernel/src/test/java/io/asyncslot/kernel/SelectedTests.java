package io.asyncslot.kernel;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.EnumMap;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.opentest4j.TestAbortedException;

/** Runs the test classes named by its arguments, where there is no build tool: in the guest of {@code src/test/vm/run}. */
final class SelectedTests implements TestExecutionListener {

    private final Map<Status, Integer> counts = new EnumMap<>(Status.class);

    private SelectedTests() {}

    public static void main(String[] classes) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        for (String name : classes) {
            request.selectors(DiscoverySelectors.selectClass(name));
        }
        SelectedTests listener = new SelectedTests();
        LauncherDiscoveryRequest built = request.build();
        LauncherFactory.create().execute(built, listener);
        System.out.printf(
                "tests: %d successful, %d skipped, %d failed%n",
                listener.count(Status.SUCCESSFUL), listener.count(Status.ABORTED), listener.count(Status.FAILED));
        System.exit(listener.count(Status.FAILED) == 0 ? 0 : 1);
    }

    private int count(Status status) {
        return counts.getOrDefault(status, 0);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.isTest() || result.getThrowable().isPresent()) {
            counts.merge(result.getStatus(), 1, Integer::sum);
            System.out.println(result.getStatus() + " " + test.getDisplayName()
                    + result.getThrowable().map(SelectedTests::shown).orElse(""));
        }
    }

    private static String shown(Throwable thrown) {
        if (thrown instanceof TestAbortedException) {
            return ": " + thrown.getMessage();
        }
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return "\n" + text;
    }
}
