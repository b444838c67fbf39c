package io.asyncslot.spi;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The objects that a registry gives its backends.
 *
 * @param ticker where time comes from
 * @param executor runs the callbacks
 * @param listener hears what callbacks did
 * @param maxKeyLength longest acceptable key of type String, in chars
 * @param interceptor is called around every run of a callback; null for none
 * @param armingContexts called when a slot is armed, for {@link io.asyncslot.SlotFiring#armedIn}; null for none
 */
public record BackendContext(
        Ticker ticker,
        Executor executor,
        SlotListener listener,
        int maxKeyLength,
        @Nullable SlotInterceptor interceptor,
        @Nullable ArmingContexts armingContexts) {

    /**
     * Makes a context without an interceptor and without arming contexts.
     *
     * @param ticker where time comes from
     * @param executor runs the callbacks
     * @param listener hears what callbacks did
     * @param maxKeyLength longest acceptable key of type String, in chars
     */
    public BackendContext(Ticker ticker, Executor executor, SlotListener listener, int maxKeyLength) {
        this(ticker, executor, listener, maxKeyLength, null, null);
    }

    /**
     * The same with another executor.
     *
     * @param other runs the callbacks
     * @return a context that differs in the executor only
     */
    public BackendContext withExecutor(Executor other) {
        return new BackendContext(ticker, other, listener, maxKeyLength, interceptor, armingContexts);
    }

    /**
     * The same with other clocks.
     *
     * @param other where time comes from
     * @return a context that differs in the ticker only
     */
    public BackendContext withTicker(Ticker other) {
        return new BackendContext(other, executor, listener, maxKeyLength, interceptor, armingContexts);
    }
}
