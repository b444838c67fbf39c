package io.asyncslot.backend;

import io.asyncslot.SlotCallback;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The place of a map's binding: any thread exchanges it, each run uses the one that is there, closing takes it out.
 * Thread-safe.
 *
 * <p>Port of the exchange in {@code bpf_async_update_prog_callback}: whoever takes a binding out of its
 * place, and nobody else, gives back the use of being installed.
 *
 * @param <K> the key type
 */
public final class InstalledBinding<K> {

    /** Null once the map is closed. Written by exchange only, by {@link #exchange} and {@link #take}. */
    private final AtomicReference<@Nullable Binding<K>> place;

    /**
     * Makes a place with a callback that holds nothing.
     *
     * @param callback the callback
     */
    public InstalledBinding(SlotCallback<? super K> callback) {
        this.place = new AtomicReference<@Nullable Binding<K>>(new Binding<>(callback, () -> {}));
    }

    /**
     * Installs another callback. When the map is closed it is released at once: it never runs.
     *
     * @param callback the callback
     * @param onRelease runs when the callback is no longer installed and no run uses it
     */
    public void exchange(SlotCallback<? super K> callback, Runnable onRelease) {
        Binding<K> fresh = new Binding<>(callback, onRelease);
        for (; ; ) {
            Binding<K> present = place.get();
            if (present == null) {
                fresh.release();
                return;
            }
            if (place.compareAndSet(present, fresh)) {
                present.release();
                return;
            }
        }
    }

    /**
     * Takes a use of the binding that is there.
     *
     * @return the binding, to be released by the caller; null when the map is closed
     */
    public @Nullable Binding<K> use() {
        for (; ; ) {
            Binding<K> present = place.get();
            if (present == null || present.retain()) {
                return present;
            }
        }
    }

    /**
     * Exchanges a use for one of the binding that is there now. Called once the run has begun: so an exchange that returned
     * before it began is in force. When the map was closed meanwhile the one in hand stays: closing waits for this run.
     *
     * @param inHand a binding that the caller uses
     * @return the one that the caller uses from now on
     */
    public Binding<K> refresh(Binding<K> inHand) {
        if (place.get() == inHand) {
            return inHand;
        }
        Binding<K> present = use();
        if (present == null) {
            return inHand;
        }
        inHand.release();
        return present;
    }

    /**
     * Takes the binding out for good, on closing.
     *
     * @return the binding, with the use of being installed, which the caller gives back; null when another has taken it
     */
    public @Nullable Binding<K> take() {
        return place.getAndSet(null);
    }
}
