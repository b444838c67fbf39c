package io.asyncslot.spring;

import io.asyncslot.SlotFiring;

/** Is called for a firing that is given up. Thread-safe. */
@FunctionalInterface
public interface SlotFallback {

    /**
     * Handles a failure, if it is one that there is a method for.
     *
     * @param key the slot's key
     * @param firing the firing
     * @param failure what the callback threw, or why it was not called
     * @return false if there is no method for this failure, and nothing was done
     * @throws Exception what the method throws; it takes the place of the failure
     */
    boolean handle(Object key, SlotFiring firing, Throwable failure) throws Exception;
}
