package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.asyncslot.AsyncSlotException;
import io.asyncslot.spi.SlotBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.opentest4j.TestAbortedException;

/** That the kit can fail: each kind of wrong backend is found by the scenarios that are there for it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WrongBackendTests {

    /** Faults for which something never comes; only these are found because patience is over, so there is little of it. */
    private static final Set<Fault> LOSSES = EnumSet.of(
            Fault.AWAITS_ITSELF,
            Fault.DELETE_WAITS_FOR_THE_RUN,
            Fault.FAILURE_ENDS_THE_SERIES,
            Fault.KEEPS_THE_OLD_CALLBACK,
            Fault.LEAKS_A_REFERENCE,
            Fault.LOSES_A_FIRE_IN_TEN,
            Fault.LOSES_A_REARM_TO_EARLIER,
            Fault.LOSES_A_TOUCH,
            Fault.NEVER_RELEASES_A_BINDING,
            Fault.REFUSED_RUN_IS_LOST,
            Fault.RESUME_LOSES_WHAT_WAITED,
            Fault.RETRY_IS_A_NEW_FIRING);

    static Stream<Arguments> faults() {
        return Arrays.stream(Fault.values())
                .flatMap(fault -> Arrays.stream(fault.found()).map(scenario -> Arguments.of(fault, scenario)));
    }

    @ParameterizedTest(name = "{0} is found by {1}")
    @MethodSource("faults")
    void isFound(Fault fault, String scenario) throws Exception {
        Throwable failure = failure(fault, scenario);
        boolean race = scenario.startsWith("P6") || scenario.startsWith("P10");
        for (int i = 0; i < (race ? 30 : 5) && isUnseen(fault, failure); i++) {
            failure = failure(fault, scenario);
        }
        assumeFalse(race && isUnseen(fault, failure), "SKIPPED: the machine did not show the race");
        if (fault == Fault.NOTHING) {
            assertThat(failure).as("%s against a right backend", scenario).isNull();
        } else {
            assertThat(failure)
                    .as("%s against a backend that is wrong in this way: %s", scenario, fault)
                    .isInstanceOfAny(AssertionError.class, AsyncSlotException.class);
            assertThat(LOSSES.contains(fault) || !isTimeout(failure))
                    .as("%s has its own words for %s, not: %s", scenario, fault, failure)
                    .isTrue();
        }
    }

    private static boolean isTimeout(Throwable failure) {
        return String.valueOf(failure.getMessage())
                .matches("(?s)after PT.*still not: .*|.* none in the last PT.*|.*does not end|.*comes to rest: .*");
    }

    /** Whether the machine did not show the race, or was too slow to show the fault. */
    private static boolean isUnseen(Fault fault, @Nullable Throwable failure) {
        return failure instanceof TestAbortedException || failure == null && fault != Fault.NOTHING;
    }

    /** Runs one scenario as the kit's extension does. */
    private static @Nullable Throwable failure(Fault fault, String scenario) throws Exception {
        Contract contract = new Contract(fault);
        try (ContractRig rig = new ContractRig(contract)) {
            Optional<Cell> cell =
                    Cell.all().filter(one -> one.id().equals(scenario)).findFirst();
            if (cell.isPresent()) {
                CellRun.check(rig, cell.get());
            } else {
                invoke(contract, scenario, rig);
            }
            rig.verify();
            return null;
        } catch (AssertionError | TestAbortedException | AsyncSlotException e) {
            return e;
        }
    }

    private static void invoke(Contract contract, String scenario, ContractRig rig) throws Exception {
        Method found = Arrays.stream(BackendContract.class.getMethods())
                .filter(method -> method.isAnnotationPresent(Scenario.class))
                .filter(method -> method.getAnnotation(Scenario.class).id().equals(scenario))
                .findFirst()
                .orElseThrow();
        found.setAccessible(true);
        try {
            found.invoke(contract, rig);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof AssertionError error) {
                throw error;
            }
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** The contract of the backend that is wrong. */
    private static final class Contract extends BackendContract {

        private final Fault fault;

        Contract(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected SlotBackend backend() {
            return new WrongBackend(fault);
        }

        @Override
        protected Duration patience() {
            return LOSSES.contains(fault) ? Duration.ofMillis(700) : super.patience();
        }
    }
}
