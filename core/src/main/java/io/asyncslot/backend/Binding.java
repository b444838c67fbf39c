package io.asyncslot.backend;

import io.asyncslot.SlotCallback;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A callback and what it holds, as one immutable pair behind one reference. Counted: one use for being installed, one
 * for each run under way; when the last ends, the owner is released, exactly once. Thread-safe.
 *
 * @param <K> the key type
 */
public final class Binding<K> {

    private static final Log LOG = new Log(Binding.class);
    private static final Log.Message NOT_RELEASED = LOG.message("the owner of a slot callback was not released: ", "");

    private final SlotCallback<? super K> callback;
    private final Runnable onRelease;

    /** 0 is terminal: released. */
    private final AtomicInteger uses = new AtomicInteger(1);

    /**
     * Makes a binding with its first use: that of being installed.
     *
     * @param callback the callback
     * @param onRelease runs when the last use has ended
     * @throws IllegalArgumentException if the callback is null
     */
    public Binding(SlotCallback<? super K> callback, Runnable onRelease) {
        this.callback = checked(callback);
        this.onRelease = onRelease;
    }

    /**
     * Refuses a callback that is none.
     *
     * @param callback what is to be called from now on
     * @param <T> its type
     * @return the same
     * @throws IllegalArgumentException if it is null
     */
    public static <T extends SlotCallback<?>> T checked(@Nullable T callback) {
        if (callback == null) {
            throw new IllegalArgumentException(
                    "'callback' must not be null: to stop the calls, close the map or cancel the slot");
        }
        return callback;
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
                NOT_RELEASED.error(onRelease, e);
            }
        }
    }
}
