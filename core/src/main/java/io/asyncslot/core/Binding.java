package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A callback and what it holds, as one immutable pair behind one reference. Counted: one use for being installed, one
 * for each run under way; when the last ends, the owner is released, exactly once. Thread-safe.
 */
final class Binding<K> {

    private static final System.Logger LOG = System.getLogger(Binding.class.getName());

    final SlotCallback<? super K> callback;
    private final Runnable onRelease;

    /** 0 is terminal: released. */
    private final AtomicInteger uses = new AtomicInteger(1);

    Binding(SlotCallback<? super K> callback, Runnable onRelease) {
        this.callback = callback;
        this.onRelease = onRelease;
    }

    /** Takes a use; false when it has been released already, and the caller must read the reference anew. */
    boolean retain() {
        for (; ; ) {
            int seen = uses.get();
            if (seen == 0) {
                return false;
            }
            if (uses.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    /** Gives a use back. What the owner's release throws is logged: there is nobody else to tell. */
    void release() {
        if (uses.decrementAndGet() == 0) {
            try {
                onRelease.run();
            } catch (Throwable e) {
                LOG.log(System.Logger.Level.ERROR, "releasing the owner of a slot callback failed", e);
            }
        }
    }
}
