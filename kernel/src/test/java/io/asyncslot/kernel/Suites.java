package io.asyncslot.kernel;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.opentest4j.TestAbortedException;

/**
 * Runs suites of tests on the kernel of this machine, where there is no build tool, and says what came of them in lines
 * that a script can read: {@code result, suite, scenario, PASSED|FAILED|SKIPPED, detail}, separated by tabs; the
 * probe's details as {@code probe, name, value}; and {@code end, number of results} when all is done. See
 * {@code src/test/vm/matrix}.
 */
final class Suites implements TestExecutionListener {

    private static final Map<String, List<Class<?>>> SUITES = new LinkedHashMap<>();

    static {
        SUITES.put(
                "port",
                List.of(LibbpfPortTests.class, PinsTests.class, ReferenceCountTests.class, RealTokenTests.class));
        SUITES.put("races", List.of(KernelRaceTests.class));
        SUITES.put("leaks", List.of(KernelLeakTests.class));
        SUITES.put("scale", List.of(KernelScaleTests.class));
        SUITES.put("touch", List.of(RealTouchTests.class));
        SUITES.put("engine", List.of(RealEngineTests.class));
        SUITES.put("contract", List.of(KernelContractTests.class));
        SUITES.put("sample", List.of(SampleSuite.class));
    }

    private static final String LOG = "kernel log";
    private static final int DETAIL_LENGTH = 300;

    private final KernelLog log;
    private String suite = "probe";
    private int results;

    private Suites(KernelLog log) {
        this.log = log;
    }

    /** The suites to run, or none for all; with {@code --prove-log-check} the kernel is made to print a call trace. */
    public static void main(String[] arguments) throws IOException {
        List<String> asked = List.of(arguments);
        List<String> names =
                asked.stream().filter(name -> !name.startsWith("--")).toList();
        if (!SUITES.keySet().containsAll(names)) {
            throw new IllegalArgumentException("suites are " + SUITES.keySet() + ", but asked for are " + names);
        }
        Suites suites = new Suites(new KernelLog());
        suites.probe();
        for (String name : names.isEmpty() ? SUITES.keySet() : names) {
            suites.run(name, SUITES.get(name));
        }
        if (asked.contains("--prove-log-check")) {
            suites.proveLogCheck();
        }
        line("end", suites.results);
        System.exit(0); // callbacks of a failed test may hold the process
    }

    private void probe() {
        KernelReport report = KernelProbe.probe(null);
        report.details().forEach((name, value) -> line("probe", name, value));
        boolean available = report.available();
        line("probe", "slots in the kernel", available ? "yes" : "no");
        try (LibbpfPort port = available ? LibbpfPort.open(RealKernel.settings(1, null)) : null) {
            if (port != null) {
                line("probe", "referenceCount", port.features().referenceCount());
            }
        }
        report.findings().forEach(finding -> line("probe", "problem", finding.problem()));
        boolean explained = report.findings().stream()
                .allMatch(finding ->
                        !finding.reason().isEmpty() && !finding.remedy().isEmpty());
        result(
                available ? "slots can be kept in this kernel" : "refused, with reason and remedy",
                available || explained ? "PASSED" : "FAILED",
                String.join(" ", report.reasons()));
    }

    private void run(String name, List<Class<?>> classes) throws IOException {
        suite = name;
        log.mark(name);
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        classes.forEach(type -> request.selectors(DiscoverySelectors.selectClass(type)));
        LauncherDiscoveryRequest built = request.build();
        long began = System.nanoTime();
        LauncherFactory.create().execute(built, this);
        List<String> complaints = log.complaintsSinceMark();
        complaints.forEach(System.out::println);
        result(LOG, complaints.isEmpty() ? "PASSED" : "FAILED", String.join("; ", complaints));
        System.out.printf(Locale.ROOT, "suite %s took %.1f s%n", name, (System.nanoTime() - began) / 1e9);
    }

    /** A check that finds nothing proves something only where it finds what is there. */
    private void proveLogCheck() throws IOException {
        suite = "log check";
        log.mark(suite);
        KernelLog.printCallTrace();
        List<String> complaints = log.complaintsSinceMark();
        result("finds a call trace that was asked for", complaints.isEmpty() ? "FAILED" : "PASSED", "");
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        Throwable thrown = result.getThrowable().orElse(null);
        if (!test.isTest() && thrown == null) {
            return;
        }
        String name = test.getDisplayName().replaceFirst("\\([A-Za-z, ]*\\)$", test.isTest() ? "" : "$0");
        String scenario = test.isTest() ? name : "all of " + name;
        String outcome = result.getStatus() == Status.SUCCESSFUL
                ? "PASSED"
                : thrown instanceof TestAbortedException ? "SKIPPED" : "FAILED";
        if (outcome.equals("FAILED") && thrown != null) {
            StringWriter trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace));
            System.out.println(trace);
        }
        String detail = thrown == null ? "" : String.valueOf(thrown.getMessage());
        result(scenario, outcome, detail.replaceFirst("^(Assumption failed: )?(SKIPPED: )?", ""));
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        result(test.getDisplayName(), "SKIPPED", reason);
    }

    private void result(String scenario, String outcome, @Nullable String detail) {
        results++;
        line("result", suite, scenario, outcome, detail);
    }

    private static void line(@Nullable Object... fields) {
        StringBuilder line = new StringBuilder();
        for (Object field : fields) {
            String text = String.valueOf(field).replaceAll("\\s+", " ").strip();
            line.append(line.isEmpty() ? "" : "\t")
                    .append(text.length() > DETAIL_LENGTH ? text.substring(0, DETAIL_LENGTH) + "..." : text);
        }
        System.out.println(line);
    }
}
