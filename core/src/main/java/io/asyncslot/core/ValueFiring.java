package io.asyncslot.core;

import io.asyncslot.spi.Ticker;
import org.jspecify.annotations.Nullable;

/** One run of a callback of a map with values. */
final class ValueFiring<K> extends Firing<K> {

    private @Nullable Object value;

    /** Whether the value is pending again. Written and read by the running thread. */
    private boolean passedOn;

    ValueFiring(ControlBlock<K> block, long nanos, Ticker ticker) {
        super(block, nanos, ticker);
    }

    @Override
    void begun(FiredRun fired) {
        super.begun(fired);
        value = ((FiredRun.Carrying) fired).value;
    }

    @Override
    public @Nullable Object value() {
        return KeptValue.handed(value);
    }

    @Override
    @Nullable
    Object carried() {
        return passedOn ? null : value;
    }

    @Override
    void passedOn() {
        passedOn = true;
    }
}
