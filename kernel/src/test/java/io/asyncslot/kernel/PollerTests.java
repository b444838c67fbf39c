package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendReport;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** The thread that waits for the kernel's events, when what it calls throws Errors. */
class PollerTests {

    private final SimulatedKernel kernel = new SimulatedKernel(new KernelTicker(), 16, 32);
    private final Object monitor = new Object();
    private final AtomicInteger closes = new AtomicInteger();

    /** What a call of this method fails with; empty for nothing. */
    private volatile String failing = "";

    private KernelPort port() {
        KernelPort simulated = kernel.attach(false);
        return (KernelPort) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {KernelPort.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals(failing)) {
                        throw new OutOfMemoryError("injected");
                    }
                    if (method.getName().equals("close")) {
                        closes.incrementAndGet();
                    }
                    if (method.getName().equals("poll") && (long) arguments[1] != 0) {
                        Thread.sleep(1);
                    }
                    synchronized (monitor) {
                        return method.invoke(simulated, arguments);
                    }
                });
    }

    private KernelBackend backend() {
        BackendReport fine = new BackendReport(KernelBackend.NAME, true, List.of(), Map.of());
        return new KernelBackend(
                this::port, () -> fine, KernelOptions.defaults(), true, CircuitBreakerRegistry.ofDefaults());
    }

    @Test
    void errorsDoNotEndIt_healthTellsOfThem_andNothingIsLost() {
        Handler throwing = new Handler() {
            @Override
            public void publish(LogRecord logged) {
                throw new OutOfMemoryError("the log fails, too");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(KernelEngine.class.getName());
        log.addHandler(throwing);
        AtomicInteger fired = new AtomicInteger();
        KernelBackend backend = backend();
        try (AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build()) {
            TimerSlots<String> map = registry.register(TimerMapSpec.named("t", String.class)
                    .callback((key, firing) -> fired.incrementAndGet())
                    .build());
            registry.start();
            for (String method : List.of("poll", "run")) {
                fired.set(0);
                failing = method;
                assertThat(map.start("a", Duration.ofMillis(20))).isEqualTo(StartOutcome.STARTED);
                await().until(() -> !backend.report().available());
                assertThat(backend.report().reasons())
                        .as("reasons while %s fails", method)
                        .anyMatch(reason -> reason.contains("is restarted") && reason.contains("injected"));
                await().until(() -> (long) backend.report().details().get("driverFailures") > 3);
                failing = "";
                await().until(() -> fired.get() == 1);
                await().until(() -> backend.report().available());
            }
        } finally {
            log.removeHandler(throwing);
        }
        assertThat(closes).hasValue(1);
    }

    @Test
    void memoryIsGivenBack_whenTheEngineCannotBeMade() {
        failing = "capacity";
        AsyncSlotRegistryBuilder builder = new AsyncSlotRegistryBuilder(Runnable::run).backend(backend());
        try {
            builder.build();
        } catch (OutOfMemoryError e) {
            assertThat(e).hasMessage("injected");
        }
        assertThat(closes).hasValue(1);
    }
}
