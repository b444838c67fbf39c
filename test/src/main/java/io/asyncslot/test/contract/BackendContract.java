package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The tests that every backend must pass: every cell of the table of operations and states, every promise, and the
 * conformance list. They run in real time and use the public API only.
 *
 * <pre>{@code
 * class MyBackendContractTests extends BackendContract {
 *
 *     @Override
 *     protected SlotBackend backend() {
 *         return new MyBackend();
 *     }
 * }
 * }</pre>
 *
 * <p>Each scenario has its own registry. A race scenario reports itself as skipped if the race did not occur on this
 * machine. Scenarios that a backend cannot support are named in {@link #gaps()}, and reported as skipped with the
 * reason.
 *
 * <p>Most scenarios wait more than they compute: they run at the same time if JUnit's parallel execution is enabled. Put
 * a {@code @ResourceLock} on the subclass if its backends share something.
 */
@ExtendWith(ContractExtension.class)
@DisplayNameGeneration(ContractNames.class)
@Timeout(value = 90, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class BackendContract
        implements TableScenarios,
                FiringScenarios,
                RunScenarios,
                RaceScenarios,
                LifetimeScenarios,
                FreedomScenarios,
                AwaitScenarios,
                PeriodScenarios,
                PauseScenarios,
                RetryScenarios,
                ValueScenarios,
                ValueRaceScenarios,
                ShapeScenarios,
                IntervalScenarios,
                KeyScheduleScenarios,
                MapScenarios,
                ConformanceScenarios {

    /** For subclasses. */
    protected BackendContract() {}

    /**
     * Makes a backend.
     *
     * @return a new backend that no registry has used
     * @throws Exception if it cannot be made; every scenario fails then
     */
    protected abstract SlotBackend backend() throws Exception;

    /**
     * Makes a started registry with the backend under test as its default one. The kit closes it.
     *
     * @param executor runs the callbacks
     * @param listener receives what they did
     * @return the registry
     * @throws Exception if it cannot be made; the scenario fails then
     */
    protected AsyncSlotRegistry registry(Executor executor, SlotListener listener) throws Exception {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                .backend(backend())
                .listener(listener)
                .build();
        registry.start();
        return registry;
    }

    /**
     * The scenarios that the backend cannot support.
     *
     * @return the gaps; none unless overridden
     */
    protected ContractGaps gaps() {
        return ContractGaps.none();
    }

    /**
     * The distance between two deadlines that leaves time for an operation between them: about a hundred times the
     * duration of one operation.
     *
     * @return the distance; 10 ms unless overridden
     */
    protected Duration step() {
        return Duration.ofMillis(10);
    }

    /**
     * How long to wait for an expected event before the scenario fails.
     *
     * @return the longest wait; 10 s unless overridden
     */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    /**
     * Exhausts the resources of the backend that was made last. Keep that backend in a field of the instance: scenarios may
     * run at the same time, each on its own instance.
     *
     * @return the shortage; null, which is the default, if there is no way to cause one
     */
    protected @Nullable Shortage shortage() {
        return null;
    }

    /** A gap that names no scenario would hide nothing, and no one would notice it. */
    @Test
    void everyGapNamesAScenario() {
        assertThat(ContractIndex.names()).containsAll(gaps().scenarios());
    }
}
