package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** A process that uses values is killed at each call and each store of an operation in turn: see {@link ValueKillPoints}. */
class ValueKillTests {

    private static final int LEAST_POINTS = 1_000;

    private int points;

    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> killedAtEveryPoint() throws Exception {
        Class<?> scenarios = new FaultyClasses(true).loadClass(ValueKillPoints.class.getName());
        Method run = scenarios.getMethod("run", String.class);
        List<DynamicTest> tests = new ArrayList<>();
        for (String name : (List<String>) scenarios.getMethod("names").invoke(null)) {
            tests.add(DynamicTest.dynamicTest(name, () -> points += invoked(run, name)));
        }
        tests.add(DynamicTest.dynamicTest("points", () -> {
            System.out.println("killed at " + points + " points of " + (tests.size() - 1) + " operations with values");
            assertThat(points).as("points at which the process was killed").isGreaterThan(LEAST_POINTS);
        }));
        return tests.stream();
    }

    private static int invoked(Method run, String name) throws Throwable {
        try {
            return (int) run.invoke(null, name);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
