package io.asyncslot.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;

/**
 * A striped counter that always counts: a {@link LongAdder} makes further stripes when threads collide, and fails where
 * there is no memory for one; what it could not take is added to a single word then. Thread-safe.
 */
final class Count extends LongAdder {

    private static final long serialVersionUID = 1L;

    private static final VarHandle SPILLED;

    static {
        try {
            SPILLED = MethodHandles.lookup().findVarHandle(Count.class, "spilled", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What the stripes could not take. Any thread, by atomic add; volatile. */
    private volatile long spilled;

    @Override
    public void add(long x) {
        try {
            super.add(x);
        } catch (Throwable e) {
            SPILLED.getAndAdd(this, x);
        }
    }

    @Override
    public void increment() {
        add(1);
    }

    @Override
    public void decrement() {
        add(-1);
    }

    @Override
    public long sum() {
        return super.sum() + spilled;
    }
}
