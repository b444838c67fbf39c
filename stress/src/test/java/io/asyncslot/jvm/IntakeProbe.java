package io.asyncslot.jvm;

/** Lets tests see whether the driver has taken in what operations left. */
public final class IntakeProbe {

    private IntakeProbe() {}

    /** Whether commands wait in the intake. */
    public static boolean hasCommands(JvmBackend backend) {
        return backend.engine().hasCommands();
    }
}
