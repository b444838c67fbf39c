package io.asyncslot.backend;

import java.util.concurrent.locks.ReentrantLock;

/** Takes locks where nothing may be thrown any more: half of a step is done, and nobody else does the other half. */
public final class Locks {

    private Locks() {}

    /**
     * Takes a lock, however full the heap is: a lock that others hold needs a node for the queue of those who wait.
     *
     * @param lock held for a few instructions only, by whoever has it
     */
    @SuppressWarnings("ThreadPriorityCheck") // who holds it may need this processor
    public static void lock(ReentrantLock lock) {
        try {
            lock.lock();
        } catch (OutOfMemoryError e) {
            while (!lock.tryLock()) {
                Thread.yield();
            }
        }
    }
}
