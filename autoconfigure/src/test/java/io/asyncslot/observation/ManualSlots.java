package io.asyncslot.observation;

import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** A backend whose time the test moves; callbacks run on one thread that is not the test's. */
final class ManualSlots implements AutoCloseable {

    private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));

    /** The backend of the latest context. */
    private volatile JvmBackend backend = JvmBackend.manual();

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    /** Puts backend, ticker and executor into a context. */
    UnaryOperator<ApplicationContextRunner> beans() {
        return runner -> runner.withBean("manualTicker", ManualTicker.class, () -> ticker)
                .withBean("manualBackend", JvmBackend.class, this::renewed)
                .withBean("asyncSlotTaskExecutor", Executor.class, () -> Runnable::run);
    }

    private JvmBackend renewed() {
        backend = JvmBackend.manual();
        return backend;
    }

    /** Lets time pass and runs what is due. */
    void advance(Duration span) {
        ticker.advance(span);
        run(() -> backend.pump());
    }

    /** Runs something on the callbacks' thread. */
    void run(Runnable action) {
        CompletableFuture.runAsync(action, thread).join();
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
