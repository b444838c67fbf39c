package io.asyncslot.core;

import io.asyncslot.SlotCallback;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A callback and what it holds, as one immutable pair behind one reference. Counted: one use for being installed, one
 * for each run under way; when the last ends, the owner is released, exactly once. Thread-safe.
 *
 * @param <K> the key type
 */
public final class Binding<K> {

    private static final System.Logger LOG = System.getLogger(Binding.class.getName());

    final SlotCallback<? super K> callback;
    private final Runnable onRelease;

    /** 0 is terminal: released. */
    private final AtomicInteger uses = new AtomicInteger(1);

    /**
     * Makes a binding with its first use: that of being installed.
     *
     * @param callback the callback
     * @param onRelease runs when the last use has ended
     */
    public Binding(SlotCallback<? super K> callback, Runnable onRelease) {
        this.callback = callback;
        this.onRelease = onRelease;
    }

    /**
     * The callback.
     *
     * @return the callback
     */
    public SlotCallback<? super K> callback() {
        return callback;
    }

    /**
     * Takes a use.
     *
     * @return false when it has been released already, and the caller must read the reference anew
     */
    public boolean retain() {
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
    public void release() {
        if (uses.decrementAndGet() == 0) {
            try {
                onRelease.run();
            } catch (Throwable e) {
                LOG.log(System.Logger.Level.ERROR, "releasing the owner of a slot callback failed", e);
            }
        }
    }
}
