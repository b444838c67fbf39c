package io.asyncslot.kernel;

import org.jspecify.annotations.Nullable;

/**
 * What the kernel's BTF says that the program needs, or could use.
 *
 * @param timer whether there are timers in maps
 * @param work whether there are work items in maps
 * @param plainCallback whether the function that sets a work item's callback is there in the form of Linux 7.0
 * @param hiddenCallback whether it is there in the form of Linux 6.10 to 6.19, with a hidden argument
 * @param cancelAsync whether a timer can be cancelled without waiting
 * @param token whether the right to use BPF can be delegated by a token
 */
record KernelTypes(
        boolean timer,
        boolean work,
        boolean plainCallback,
        boolean hiddenCallback,
        boolean cancelAsync,
        boolean token) {

    /** The object for this kernel; null if there is none. */
    @Nullable
    ProgramVariant variant() {
        if (!timer || !work) {
            return null;
        }
        if (plainCallback && cancelAsync) {
            return ProgramVariant.SINCE_7_0;
        }
        return hiddenCallback && !plainCallback ? ProgramVariant.BEFORE_7_0 : null;
    }
}
