package io.asyncslot.stress.soak;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** What disturbs a process: collections at random, and threads that take the processors away and give them back. */
final class Noise {

    private static final int SPINNERS = 3;

    private volatile boolean stopped;

    void start() {
        begin("noise-gc", () -> {
            pause(500, 5_000);
            System.gc();
        });
        for (int i = 0; i < SPINNERS; i++) {
            begin("noise-spin-" + i, () -> {
                pause(20, 2_000);
                long end = System.nanoTime() + ThreadLocalRandom.current().nextLong(1_000_000, 300_000_000);
                while (System.nanoTime() < end && !stopped) {
                    Thread.onSpinWait();
                }
            });
        }
    }

    void stop() {
        stopped = true;
    }

    private void begin(String name, Runnable step) {
        Thread thread = new Thread(
                () -> {
                    while (!stopped) {
                        step.run();
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void pause(int fromMillis, int toMillis) {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(fromMillis, toMillis) * 1_000_000L);
    }
}
