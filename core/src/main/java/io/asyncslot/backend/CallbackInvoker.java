package io.asyncslot.backend;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMap;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SlotInterceptor;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Calls what users bring to one map: its callbacks, inside the interceptors, and the listener. The only place that does, on every
 * backend. What they throw is answered or logged, and goes no further. Thread-safe.
 */
public final class CallbackInvoker {

    private static final Log LOG = new Log(CallbackInvoker.class);
    private static final Log.Message LISTENER_FAILED = LOG.message("a slot listener failed on map '", "'");

    /** Stands where there is no interceptor. */
    private static final SlotInterceptor NONE = (key, firing, next) -> next.run(key, firing);

    private final SlotMap<?> map;
    private final SlotListener listener;
    private final SlotInterceptor interceptor;

    /**
     * Makes the invoker of a map.
     *
     * @param map the map
     * @param injected what its registry gave to the backend
     */
    public CallbackInvoker(SlotMap<?> map, BackendContext injected) {
        this.map = map;
        this.listener = injected.listener();
        this.interceptor = injected.interceptor() == null ? NONE : injected.interceptor();
    }

    /**
     * Runs a callback, inside the interceptors.
     *
     * @param callback the callback
     * @param key the slot's key, of the map's key type
     * @param firing what fired
     * @param <K> the key type
     * @return what was thrown, null when the run ended normally
     */
    public <K> @Nullable Throwable call(SlotCallback<? super K> callback, K key, SlotFiring firing) {
        try {
            interceptor.run(key, firing, ofAnyKey(callback));
            return null;
        } catch (Throwable e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return e;
        }
    }

    /** A callback is only ever called with the keys of its map. */
    @SuppressWarnings("unchecked")
    private static SlotCallback<Object> ofAnyKey(SlotCallback<?> callback) {
        return (SlotCallback<Object>) callback;
    }

    /**
     * Tells the log of a run that failed: with all that is known of it when that is final, in a line when another attempt follows.
     *
     * @param firing what fired
     * @param followed whether the firing is delivered again
     * @param failure what was thrown
     */
    public void failed(SlotFiring firing, boolean followed, Throwable failure) {
        try {
            String message = "the callback of slot '" + Shown.inLine(firing.key()) + "' of map '" + map.name()
                    + "' failed, generation " + firing.generation();
            if (followed) {
                LOG.info(
                        message + ", attempt " + firing.attempt() + "; another one follows: ",
                        Shown.inLine(failure),
                        "");
            } else {
                LOG.warning(message, "", "", failure);
            }
        } catch (Throwable e) {
            // it is counted and told to the listener all the same
        }
    }

    /**
     * Tells the listener of a callback that has ended.
     *
     * @param firing what fired
     * @param tookNanos how long the callback ran, in nanoseconds
     * @param failure what it threw, or null
     */
    public void completed(SlotFiring firing, long tookNanos, @Nullable Throwable failure) {
        try {
            listener.completed(firing, Duration.ofNanos(tookNanos), failure);
        } catch (Throwable e) {
            listenerFailed(e);
        }
    }

    /** Tells the listener that the map is closed. To be called once, by the first closer. */
    public void closed() {
        try {
            listener.closed(map);
        } catch (Throwable e) {
            listenerFailed(e);
        }
    }

    private void listenerFailed(Throwable failure) {
        LISTENER_FAILED.warning(map.name(), failure);
    }
}
