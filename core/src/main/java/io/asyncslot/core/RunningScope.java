package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/**
 * The runs that the current thread is inside, innermost first, each from its begin until its slot shows that it has
 * ended: more than one where an executor runs tasks in the calling thread. The kernel's {@code hrtimer_running}, as a
 * chain. Owned by one thread.
 */
record RunningScope(ControlBlock<?> block, @Nullable RunningScope outer) {

    private static final ThreadLocal<@Nullable RunningScope> CURRENT = new ThreadLocal<>();

    static @Nullable RunningScope current() {
        return CURRENT.get();
    }

    static void enter(ControlBlock<?> block) {
        CURRENT.set(new RunningScope(block, CURRENT.get()));
        RunLoop.inCallback(true);
    }

    static void leave() {
        RunningScope scope = CURRENT.get();
        if (scope == null || scope.outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(scope.outer);
        }
    }

    /** Whether the calling thread is inside a run of a map whose time this timekeeper measures. */
    static boolean isInside(Timekeeper keeper) {
        for (RunningScope s = current(); s != null; s = s.outer) {
            if (s.block.map().keeper() == keeper) {
                return true;
            }
        }
        return false;
    }

    /** Whether one of the scopes is a run of this key of this map, of whatever incarnation. */
    static boolean isInside(@Nullable RunningScope scope, SlotHome<?> map, Object key) {
        for (RunningScope s = scope; s != null; s = s.outer) {
            if (s.block.map() == map && s.block.key().equals(key)) {
                return true;
            }
        }
        return false;
    }

    /** Whether one of the scopes is a run of this very incarnation. */
    static boolean isInside(@Nullable RunningScope scope, ControlBlock<?> block) {
        for (RunningScope s = scope; s != null; s = s.outer) {
            if (s.block == block) {
                return true;
            }
        }
        return false;
    }

    /** Whether one of the scopes is a run of this map. */
    static boolean isInside(@Nullable RunningScope scope, SlotHome<?> map) {
        for (RunningScope s = scope; s != null; s = s.outer) {
            if (s.block.map() == map) {
                return true;
            }
        }
        return false;
    }

    /** Whether a callback waits for one of the runs we are inside: for its slot, or for its map to close. */
    static boolean isAwaited(RunningScope scope) {
        for (RunningScope s = scope; s != null; s = s.outer) {
            SlotDetails<?> details = s.block.details();
            if (details != null && details.isAwaitedByCallback()
                    || s.block.map().closersInCallbacks() != 0) {
                return true;
            }
        }
        return false;
    }
}
