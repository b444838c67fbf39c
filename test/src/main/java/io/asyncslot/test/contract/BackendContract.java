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
 * What a backend must pass to be a backend: every cell of the table of operations and states, every promise, and the
 * conformance list, in real time and through the public API only.
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
 * <p>Each scenario has a registry of its own. Race scenarios report themselves as skipped where the machine did not show
 * the race. What a backend cannot have is named in {@link #gaps()} and reported as skipped with the reason.
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
     * @return a new backend, that no registry has had
     * @throws Exception if it cannot be made; every scenario fails then
     */
    protected abstract SlotBackend backend() throws Exception;

    /**
     * Makes a started registry with the backend under test as its default one. The kit closes it.
     *
     * @param executor runs the callbacks
     * @param listener is told what they did
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
     * What the backend cannot have.
     *
     * @return the gaps; none unless overridden
     */
    protected ContractGaps gaps() {
        return ContractGaps.none();
    }

    /**
     * How far apart deadlines must be so that an operation is done between them: some hundred times what one operation
     * takes.
     *
     * @return the distance; 10 ms unless overridden
     */
    protected Duration step() {
        return Duration.ofMillis(10);
    }

    /**
     * How long to wait for what must happen before it is said not to happen.
     *
     * @return the longest wait; 10 s unless overridden
     */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    /**
     * Makes the resources of the backend made last run short.
     *
     * @return the shortage; null, unless overridden, where there is no way to make one
     */
    protected @Nullable Shortage shortage() {
        return null;
    }

    /** A gap that names no scenario would hide nothing, and nobody would see it. */
    @Test
    void everyGapNamesAScenario() {
        assertThat(ContractIndex.names()).containsAll(gaps().scenarios());
    }
}
