package io.asyncslot.spi;

import java.util.concurrent.Executor;

/**
 * What a registry gives its backends.
 *
 * @param ticker where time comes from
 * @param executor runs the callbacks
 * @param listener is told what callbacks did
 * @param maxKeyLength longest acceptable key of type String, in chars
 */
public record BackendContext(Ticker ticker, Executor executor, SlotListener listener, int maxKeyLength) {}
