package io.asyncslot.simulation;

import io.asyncslot.spi.Ticker;

/** Clocks that stand still until the simulation moves them, and that may fail when they are read. */
final class SimulatedClocks implements Ticker {

    private long monotonic = 1_000_000_000L;
    private long suspended;
    private long wall = 1_790_000_000_000_000_000L;

    /** The reading that fails, counted from now; none when it is 0. */
    private int failing;

    /** The reading that is told of, counted from now; none when it is 0. */
    private int telling;

    private Runnable told = () -> {};

    @Override
    public long monotonicNanos() {
        read();
        return monotonic;
    }

    @Override
    public long realtimeNanos() {
        read();
        return wall;
    }

    @Override
    public long boottimeNanos() {
        read();
        return monotonic + suspended;
    }

    private void read() {
        if (telling != 0 && --telling == 0) {
            told.run();
        }
        if (failing != 0 && --failing == 0) {
            throw new InjectedError();
        }
    }

    /** The same clocks, which never fail: for what is below the code under test. */
    Ticker steady() {
        return new Ticker() {
            @Override
            public long monotonicNanos() {
                return monotonic;
            }

            @Override
            public long realtimeNanos() {
                return wall;
            }

            @Override
            public long boottimeNanos() {
                return monotonic + suspended;
            }
        };
    }

    void tellAt(int reading, Runnable action) {
        telling = reading;
        told = action;
    }

    void failAt(int reading) {
        failing = reading;
    }

    void advance(long nanos) {
        monotonic += nanos;
        wall += nanos;
    }

    void suspend(long nanos) {
        suspended += nanos;
        wall += nanos;
    }

    void setWall(long by) {
        wall += by;
    }
}
