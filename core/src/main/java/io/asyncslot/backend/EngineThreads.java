package io.asyncslot.backend;

/**
 * Makes the threads of engines: whoever causes one to be made, it inherits nothing of that thread, neither values such as a
 * user's identity nor a class loader. What an executor makes on such a thread inherits nothing either. Stateless.
 */
public final class EngineThreads {

    private EngineThreads() {}

    /**
     * Runs something rare on a daemon thread of its own.
     *
     * @param task what to do
     */
    public static void runOnce(Runnable task) {
        daemon(task, "asyncslot-once").start();
    }

    /**
     * Makes a daemon thread.
     *
     * @param task what it does
     * @param name its name
     * @return the thread, not started
     */
    public static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(null, task, name, 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(EngineThreads.class.getClassLoader());
        return thread;
    }
}
