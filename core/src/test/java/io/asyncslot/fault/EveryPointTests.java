package io.asyncslot.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operation, hand-over, run and completion fails at each allocation and at each call out of the code under test in
 * turn. Which points those are is counted, not listed: an operation is done when it passes without coming to the next one.
 */
class EveryPointTests {

    private static final int LEAST_POINTS = 500;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Logger LOG = Logger.getLogger("io.asyncslot");

    private int points;

    @BeforeAll
    static void silence() {
        LOG.setLevel(Level.OFF); // thousands of failures are told
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(null);
    }

    @TestFactory
    Stream<DynamicTest> failsAtEveryPoint() throws Exception {
        Class<?> scenarios = new FaultyClasses().loadClass(FaultScenarios.class.getName());
        Method run = scenarios.getMethod("run", String.class, boolean.class, boolean.class, FaultPoints.Kind.class);
        List<DynamicTest> tests = new ArrayList<>();
        for (String name : names(scenarios, "names")) {
            for (int variant = 0; variant < 12; variant++) {
                boolean rich = (variant & 1) != 0;
                boolean inline = (variant & 2) != 0;
                FaultPoints.Kind kind = FaultPoints.Kind.values()[variant >> 2];
                if (inline && names(scenarios, "namesWithTasks").contains(name)) {
                    continue; // an executor that runs tasks at once has none in its hands
                }
                tests.add(DynamicTest.dynamicTest(
                        name + (rich ? ", with all there is" : "") + (inline ? ", inline" : "") + ", " + kind,
                        () -> points +=
                                assertTimeoutPreemptively(LIMIT, () -> invoked(run, name, rich, inline, kind))));
            }
        }
        tests.add(DynamicTest.dynamicTest(
                "points", () -> assertThat(points).as("points that have failed").isGreaterThan(LEAST_POINTS)));
        return tests.stream();
    }

    @SuppressWarnings("unchecked")
    private static List<String> names(Class<?> scenarios, String method) throws Exception {
        return (List<String>) scenarios.getMethod(method).invoke(null);
    }

    private static int invoked(Method run, String name, boolean rich, boolean inline, FaultPoints.Kind kind)
            throws Throwable {
        try {
            return (int) run.invoke(null, name, rich, inline, kind);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
