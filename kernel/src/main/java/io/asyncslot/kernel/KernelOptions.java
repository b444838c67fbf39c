package io.asyncslot.kernel;

/**
 * How a {@link KernelBackend} uses the kernel. Immutable.
 *
 * @param fallback what becomes of a new slot that the kernel refuses
 * @param cpuPin whether a timer stays on the CPU that started it
 */
public record KernelOptions(Fallback fallback, boolean cpuPin) {

    /** What becomes of a slot that the kernel has no room for. */
    public enum Fallback {
        /** The engine measures it in this process, and tries the kernel again from time to time. */
        JVM,
        /** The start that would make it is rejected, and nothing changes. */
        FAIL
    }

    /**
     * What a backend has unless told otherwise: refused slots are measured in this process, and timers are not pinned.
     *
     * @return the options
     */
    public static KernelOptions defaults() {
        return new KernelOptions(Fallback.JVM, false);
    }
}
