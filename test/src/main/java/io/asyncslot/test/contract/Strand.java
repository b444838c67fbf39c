package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An action on a thread of its own. */
final class Strand {

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;
    private final long patienceMillis;

    Strand(String what, long patienceMillis, Action action) {
        this.patienceMillis = patienceMillis;
        this.thread = new Thread(() -> perform(action), what);
        thread.setDaemon(true);
        thread.start();
    }

    private void perform(Action action) {
        try {
            action.run();
        } catch (Throwable e) {
            failure.set(e);
        }
    }

    /** Waits for its end; fails when it failed or does not end. */
    void join() throws InterruptedException {
        thread.join(patienceMillis);
        if (thread.isAlive()) {
            AssertionError hangs = new AssertionError("'" + thread.getName() + "' does not end");
            hangs.setStackTrace(thread.getStackTrace());
            throw hangs;
        }
        Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError("'" + thread.getName() + "' failed", failed);
        }
    }

    /** Waits until the thread waits for something, in a way that an operation which awaits does. */
    void awaitWaiting() {
        long until = System.nanoTime() + patienceMillis * 1_000_000L;
        while (System.nanoTime() - until < 0) {
            switch (thread.getState()) {
                case WAITING, TIMED_WAITING, BLOCKED:
                    return;
                case TERMINATED:
                    throw new AssertionError("'" + thread.getName() + "' has not waited", failure.get());
                default:
                    Thread.onSpinWait();
            }
        }
        assertThat(thread.getState()).as(thread.getName()).isEqualTo(Thread.State.WAITING);
    }
}
