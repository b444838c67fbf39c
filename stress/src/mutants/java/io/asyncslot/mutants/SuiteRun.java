package io.asyncslot.mutants;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Runs test classes until the first failure: exit code 1 then, 0 when some have passed and none failed, else 3. */
public final class SuiteRun {

    /** The exit code after a failure. */
    static final int FAILED = 1;

    /** What the line begins with that tells of it. */
    static final String FAILURE = "failure: ";

    private static final int NOTHING_RAN = 3;

    private SuiteRun() {}

    /** Arguments are names of classes, each perhaps with the name of a method after a {@code #}. */
    public static void main(String[] tests) {
        List<DiscoverySelector> selectors = new ArrayList<>();
        Map<String, String> methods = new HashMap<>();
        for (String test : tests) {
            String[] parts = test.split("#");
            selectors.add(selectClass(parts[0]));
            if (parts.length > 1) {
                methods.put(parts[0], parts[1]);
            }
        }
        PostDiscoveryFilter chosen = test -> {
            TestSource source = test.getSource().orElse(null);
            boolean out = source instanceof MethodSource method
                    && methods.containsKey(method.getClassName())
                    && !methods.get(method.getClassName()).equals(method.getMethodName());
            return FilterResult.includedIf(!out);
        };
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectors)
                .filters(chosen)
                .build();
        SummaryGeneratingListener summary = new SummaryGeneratingListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                    System.out.println(FAILURE + name(test));
                    result.getThrowable().ifPresent(failure -> failure.printStackTrace(System.out));
                    Runtime.getRuntime().halt(FAILED);
                }
                super.executionFinished(test, result);
            }
        };
        LauncherFactory.create().execute(request, summary);
        summary.getSummary().printTo(new PrintWriter(System.out));
        Runtime.getRuntime().halt(summary.getSummary().getTestsSucceededCount() == 0 ? NOTHING_RAN : 0);
    }

    private static String name(TestIdentifier test) {
        return test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(source -> {
                    MethodSource method = (MethodSource) source;
                    String type = method.getClassName();
                    return type.substring(type.lastIndexOf('.') + 1) + "." + method.getMethodName();
                })
                .orElse(test.getDisplayName());
    }
}
