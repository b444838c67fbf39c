package io.asyncslot.jvm;

/** Lets tests of other packages see what an engine still holds. */
public final class EngineProbe {

    private EngineProbe() {}

    /** How many slots are filed by deadline; for a time when the engine is idle. */
    public static int filed(JvmBackend backend) {
        return backend.engine().filed();
    }

    /** Whether commands wait in the intake. */
    public static boolean hasCommands(JvmBackend backend) {
        return backend.engine().hasCommands();
    }

    /** Whether the engine's driver has ended for good. */
    public static boolean isGone(JvmBackend backend) {
        return backend.engine().isGone();
    }

    /** Makes the engine take in what waits. */
    public static void wake(JvmBackend backend) {
        backend.engine().hurry(0);
    }
}
