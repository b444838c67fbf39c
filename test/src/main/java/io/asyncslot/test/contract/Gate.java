package io.asyncslot.test.contract;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds callbacks until it is opened. */
final class Gate {

    private final CountDownLatch latch = new CountDownLatch(1);
    private final long patienceNanos;

    Gate(long patienceNanos) {
        this.patienceNanos = patienceNanos;
    }

    void pass() throws InterruptedException {
        if (!latch.await(patienceNanos, TimeUnit.NANOSECONDS)) {
            throw new IllegalStateException("nobody opened the gate");
        }
    }

    void open() {
        latch.countDown();
    }
}
