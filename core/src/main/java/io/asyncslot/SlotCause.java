package io.asyncslot;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The cause of an operation that is no plain call, such as an annotation or a user. The history of a slot shows it. Immutable.
 *
 * <p>Code that operates on slots on behalf of others calls {@link #during}. Slots without history ignore it.
 *
 * @param type what it is
 * @param name which one: annotation and method, user, attempt; null if the type alone is enough
 */
public record SlotCause(Type type, @Nullable String name) {

    private static final ThreadLocal<@Nullable SlotCause> CURRENT = new ThreadLocal<>();

    /** What can be the cause. */
    public enum Type {
        /** A trigger annotation; name: annotation, class and method. */
        ANNOTATION,
        /** The Actuator endpoint; name: the user, if known. */
        ENDPOINT,
        /** The slot's own callback. */
        CALLBACK,
        /** A retry of a failed run; name: which retry. */
        RETRY,
        /** A guard that held the callback back; name: which guard, and why. */
        GUARD,
        /** The slot's own period. */
        PERIOD,
        /** The wall clock was set back. */
        CLOCK,
        /** The end of a scope that the slot belonged to; name: the scope. */
        SCOPE,
        /** The user's own BPF program in the kernel. */
        KERNEL
    }

    /**
     * Makes a cause.
     *
     * @param type what it is
     * @param name which one, or null
     */
    public SlotCause {
        Objects.requireNonNull(type, "type");
    }

    /**
     * The cause of the calling thread's operations.
     *
     * @return the cause of the innermost {@link #during} on this thread; null when it is a plain call
     */
    public static @Nullable SlotCause current() {
        return CURRENT.get();
    }

    /**
     * Runs an action with this cause: the histories note it for every operation of the calling thread during the action. Calls may
     * be nested; afterwards the former cause is restored.
     *
     * @param <T> the type of the answer
     * @param action the action, run on this thread
     * @return the result of the action
     */
    public <T extends @Nullable Object> T during(Supplier<? extends T> action) {
        SlotCause outer = CURRENT.get();
        CURRENT.set(this);
        try {
            return action.get();
        } finally {
            CURRENT.set(
                    outer); // also null: to remove the entry and make it again for each call costs as much as a start
        }
    }
}
