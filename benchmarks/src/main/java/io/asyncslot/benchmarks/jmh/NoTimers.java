package io.asyncslot.benchmarks.jmh;

import io.asyncslot.benchmarks.peer.Delay;
import io.asyncslot.benchmarks.peer.Key;
import io.asyncslot.benchmarks.peer.KeyedTimers;

/** What stands in a state before it is set up. */
record NoTimers() implements KeyedTimers {

    @Override
    public void start(Key key, Delay delay) {
        throw new IllegalStateException("not set up");
    }

    @Override
    public void delete(Key key) {
        throw new IllegalStateException("not set up");
    }

    @Override
    public void close() {}
}
