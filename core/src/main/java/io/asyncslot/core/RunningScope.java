package io.asyncslot.core;

import java.util.function.Predicate;
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
        return isAny(scope, block -> block.map() == map && block.key().equals(key));
    }

    /** Whether one of the scopes is a run of this very incarnation. */
    static boolean isInside(@Nullable RunningScope scope, ControlBlock<?> block) {
        return isAny(scope, each -> each == block);
    }

    /** Whether one of the scopes is a run of this map. */
    static boolean isInside(@Nullable RunningScope scope, SlotHome<?> map) {
        return isAny(scope, block -> block.map() == map);
    }

    /** Whether a callback waits for one of the runs we are inside: for its slot, or for its map to close. */
    static boolean isAwaited(RunningScope scope) {
        return isAny(scope, block -> {
            SlotDetails<?> details = block.details();
            return details != null && details.isAwaitedByCallback()
                    || block.map().closersInCallbacks() != 0;
        });
    }

    /** Looks at the slots whose runs we are inside: of a run whose map was closed also at those that maps which followed have of it. */
    private static boolean isAny(@Nullable RunningScope scope, Predicate<ControlBlock<?>> condition) {
        for (RunningScope s = scope; s != null; s = s.outer) {
            ControlBlock<?> block = s.block;
            while (block != null) {
                if (condition.test(block)) {
                    return true;
                }
                SlotDetails<?> details = block.details();
                FormerRun run = details == null ? null : details.passedOn;
                block = run == null ? null : (ControlBlock<?>) run.heir();
            }
        }
        return false;
    }
}
