package io.asyncslot.kernel;

/**
 * The features of a kernel, found by inspection and not by its version.
 *
 * @param release the kernel's name for itself, such as "6.18.44"
 * @param program which variant of the program is in the kernel
 * @param cancelAsync whether a timer can be cancelled without waiting for its callback (bpf_timer_cancel_async)
 * @param referenceCount whether the kernel's control block has a reference count
 * @param pinned whether slots stay when this process ends
 */
public record KernelFeatures(
        String release, String program, boolean cancelAsync, boolean referenceCount, boolean pinned) {}
