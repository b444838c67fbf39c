package io.asyncslot.resilience;

/**
 * One run that is interrupted when its time is over, and not a moment after it has ended. Thread-safe.
 *
 * <p>Both sides take the monitor: an alarm that comes first interrupts, and the end then takes back an interrupt that
 * the callback has not met; an alarm that comes after the end finds that, and does nothing.
 */
final class TimedRun implements Runnable {

    private final Thread thread;

    /** Guarded by {@code this}, as is the next. */
    private boolean over;

    private boolean timedOut;

    /** For the thread that runs. */
    TimedRun() {
        this.thread = Thread.currentThread();
    }

    /** The alarm. */
    @Override
    public synchronized void run() {
        if (!over) {
            timedOut = true;
            thread.interrupt();
        }
    }

    /**
     * The end of the run, on its own thread.
     *
     * @return whether its time was over before
     */
    synchronized boolean end() {
        over = true;
        if (timedOut) {
            Thread.interrupted();
        }
        return timedOut;
    }
}
