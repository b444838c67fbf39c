package io.asyncslot.kernel;

import io.asyncslot.BackendReport;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.test.contract.BackendContract;
import io.asyncslot.test.contract.Shortage;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;

/** The kernel backend on the kernel of this machine, with slots that end with the process. */
class KernelContractTests extends BackendContract {

    private static final BackendReport FINE = new BackendReport(KernelBackend.NAME, true, List.of(), Map.of());

    private @Nullable ScarceKernel latest;

    @BeforeAll
    static void assumeKernel() {
        RealKernel.assume();
    }

    @Override
    protected SlotBackend backend() {
        ScarceKernel port = new ScarceKernel(LibbpfPort.open(
                KernelSettings.of(16_384, 64, null, "contract kit").valueBytes(64)));
        latest = port;
        return new KernelBackend(() -> port, () -> FINE, options(), true, CircuitBreakerRegistry.ofDefaults());
    }

    KernelOptions options() {
        return KernelOptions.defaults();
    }

    @Override
    protected @Nullable Shortage shortage() {
        return latest;
    }
}
