package io.asyncslot;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * On whose account something happens to slots: what a slot's history notes beside each operation, where it is not a
 * plain call. Immutable.
 *
 * <p>Whoever operates on slots for somebody else says so with {@link #during}. Slots without history never ask.
 *
 * @param type what it is
 * @param name which one: annotation and method, user, attempt; null where the type says it all
 */
public record SlotCause(Type type, @Nullable String name) {

    private static final ThreadLocal<@Nullable SlotCause> CURRENT = new ThreadLocal<>();

    /** What can be the cause. */
    public enum Type {
        /** A trigger annotation; name: annotation, class and method. */
        ANNOTATION,
        /** The Actuator endpoint; name: the user, where there is one. */
        ENDPOINT,
        /** The slot's own callback. */
        CALLBACK,
        /** A retry of a failed run; name: which retry. */
        RETRY,
        /** What guards the callback and did not let it pass; name: which guard, and why. */
        GUARD,
        /** The slot's own period. */
        PERIOD,
        /** The wall clock, which was set back. */
        CLOCK,
        /** The end of a scope that the slot belonged to; name: the scope. */
        SCOPE,
        /** A BPF program of the user's, in the kernel. */
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
     * The cause of what the calling thread does.
     *
     * @return the cause of the innermost {@link #during} on this thread; null when it is a plain call
     */
    public static @Nullable SlotCause current() {
        return CURRENT.get();
    }

    /**
     * Does something on account of this cause: what the calling thread does to slots meanwhile is noted with it. May be
     * nested; afterwards the cause is what it was before.
     *
     * @param <T> the type of the answer
     * @param action what to do, on this thread
     * @return what the action answers
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
