package io.asyncslot.spi;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;

/**
 * Is called around every run of a callback, to observe it, guard it, or set up a context. Thread-safe.
 *
 * <p>It is called on the callback's thread, after the run has begun, so a run that is pending now is the slot's next one. An
 * exception counts as the callback's failure, even if the callback was not called.
 */
@FunctionalInterface
public interface SlotInterceptor {

    /**
     * Runs the callback, or decides not to run it now.
     *
     * @param key the slot's key
     * @param firing what fired; valid during this call only
     * @param next the rest of the run: further interceptors, then the callback; called at most once
     * @throws Exception what the callback threw, or the reason why it was not called; ends this run only
     */
    void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception;

    /**
     * Puts another interceptor inside this one.
     *
     * @param inner is called by this one's {@code next}
     * @return both, as one
     */
    default SlotInterceptor around(SlotInterceptor inner) {
        return (key, firing, next) ->
                run(key, firing, (innerKey, innerFiring) -> inner.run(innerKey, innerFiring, next));
    }
}
