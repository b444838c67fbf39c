package io.asyncslot.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Stacks for runs that stay open over further steps: threads of which one goes on at a time, until it stops or ends. So what
 * happens depends on the choices alone, and nothing here is concurrent.
 */
final class Workers {

    private static final int SPINS = 200;

    /** One stack. */
    final class Worker {
        private final Thread thread = new Thread(this::serve, "simulated-worker");
        private @Nullable Runnable task;
        private volatile boolean turn;

        /** Whether it has a task that has not ended. */
        boolean busy;

        private void serve() {
            for (; ; ) {
                await(this);
                Runnable next = task;
                if (next != null) {
                    next.run();
                }
                boolean unused = Thread.interrupted(); // seen by the next run otherwise, though it is not its own
                task = null;
                busy = false;
                present = null;
                turn = false;
                LockSupport.unpark(main);
            }
        }

        /** Lets it go on until it stops or ends. For the simulation's own thread. */
        void resume() {
            present = this;
            main = Thread.currentThread();
            turn = true;
            LockSupport.unpark(thread);
            for (int spins = 0; turn; spins++) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
        }

        /** Stops until it is resumed. For the thread of this worker. */
        void pause() {
            present = null;
            turn = false;
            LockSupport.unpark(main);
            await(this);
        }
    }

    private final List<Worker> all = new ArrayList<>();
    private volatile @Nullable Thread main;

    /** Whose turn it is; null for the simulation's own thread. */
    @Nullable
    Worker present;

    private static void await(Worker worker) {
        for (int spins = 0; !worker.turn; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(worker);
            }
        }
    }

    /** Runs a task on a stack of its own until it stops or ends; answers the worker that is still busy with it. */
    @Nullable
    Worker run(Runnable task) {
        Worker free = all.stream().filter(worker -> !worker.busy).findFirst().orElse(null);
        if (free == null) {
            free = new Worker();
            free.thread.setDaemon(true);
            free.thread.start();
            all.add(free);
        }
        free.task = task;
        free.busy = true;
        free.resume();
        return free.busy ? free : null;
    }
}
