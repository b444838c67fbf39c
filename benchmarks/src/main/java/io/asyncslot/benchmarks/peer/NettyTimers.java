package io.asyncslot.benchmarks.peer;

import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import java.util.concurrent.TimeUnit;

/** Netty's HashedWheelTimer with ticks of 1 ms and 16384 buckets; without leak detection. */
final class NettyTimers extends FutureTimers<Timeout> {

    private final HashedWheelTimer timer =
            new HashedWheelTimer(new DaemonThreads("netty"), 1, TimeUnit.MILLISECONDS, 16384, false);

    NettyTimers(Fired fired) {
        super(fired);
    }

    @Override
    Timeout schedule(Key key, Delay delay) {
        return timer.newTimeout(timeout -> fire(key), delay.nanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    void cancel(Timeout future) {
        future.cancel();
    }

    @Override
    public void close() {
        timer.stop();
    }
}
