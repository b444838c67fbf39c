package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.SlotId;
import org.jspecify.annotations.Nullable;

/**
 * The callbacks of this backend that the current thread is inside, innermost first: more than one where an executor runs
 * tasks in the calling thread. Owned by one thread.
 */
record RunScope(Run run, @Nullable RunScope outer) {

    private static final ThreadLocal<@Nullable RunScope> CURRENT = new ThreadLocal<>();

    static @Nullable RunScope current() {
        return CURRENT.get();
    }

    static void enter(Run run) {
        CURRENT.set(new RunScope(run, CURRENT.get()));
    }

    static void leave() {
        RunScope scope = CURRENT.get();
        if (scope == null || scope.outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(scope.outer);
        }
    }

    /** Whether this thread is inside a run of a slot. */
    static boolean isInside(SlotId id, StoredSlots<?> map) {
        for (RunScope s = CURRENT.get(); s != null; s = s.outer) {
            if (s.run.map() == map && s.run.id().equals(id)) {
                return true;
            }
        }
        return false;
    }

    /** Whether this thread is inside a run of a map. */
    static boolean isInside(StoredSlots<?> map) {
        for (RunScope s = CURRENT.get(); s != null; s = s.outer) {
            if (s.run.map() == map) {
                return true;
            }
        }
        return false;
    }

    /** Whether a callback of this node awaits one of the runs this thread is inside: the slot, or its map's closing. */
    static boolean isAwaited() {
        for (RunScope s = CURRENT.get(); s != null; s = s.outer) {
            if (s.run.awaitingCallbacks().get() != 0 || s.run.map().closersInCallbacks() != 0) {
                return true;
            }
        }
        return false;
    }
}
