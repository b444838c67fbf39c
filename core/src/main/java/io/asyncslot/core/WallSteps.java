package io.asyncslot.core;

import io.asyncslot.backend.Log;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Notices that the wall clock was set back, and then has every slot whose periods are points of it look for an earlier
 * one. One for each timekeeper. Thread-safe; never blocks.
 *
 * <p>A clock that is set forward needs nothing: what is due then is late, which the late policy decides.
 */
public final class WallSteps {

    /*
     * The distance from the monotonic clock to the wall clock changes only when the latter is set, or the machine was
     * suspended. Whoever derives a deadline from the wall clock first raises `ahead` to the distance that he finds; the
     * timekeeper compares. So no deadline was derived from a distance greater than `ahead`, and a lesser one is a step
     * back since then.
     *
     * A walk may pass a slot just before it is armed for a point derived by the former time. Therefore who notices a step
     * counts it first and then walks; who arms reads the count, then the clock, arms, and reads the count again: if it
     * has changed he looks for an earlier point himself.
     */

    /** Has slots that wait for points of the wall clock. */
    interface Follower {

        /** The wall clock was set back. */
        void wallSetBack();
    }

    /** A step is at least so much: more than two clocks read one after the other differ by. */
    static final long STEP_NANOS = 100_000_000L;

    /** Clocks read farther apart than this tell nothing. */
    private static final long APART_NANOS = 10_000_000L;

    private static final Log LOG = new Log(WallSteps.class);
    private static final Log.Message UNTOLD = LOG.message(
            "the executor refuses what is to tell calendars that the wall clock was set back; trying again: ", "");
    private static final Log.Message KEPT =
            LOG.message("slots of ", " keep points that lie after the wall clock was set back, for now");

    private final Ticker ticker;
    private final Executor executor;
    private final List<Follower> followers = new CopyOnWriteArrayList<>();

    /** Wall clock less monotonic clock, nanoseconds: the most since the last step back. Any thread, by CAS. */
    private final AtomicLong ahead = new AtomicLong(Long.MIN_VALUE);

    /** Whether the log was told that no thread is to be had. By who looks, volatile. */
    private volatile boolean told;

    /** Steps back noticed. Any thread, by atomic add, before it walks. */
    private final AtomicInteger count = new AtomicInteger();

    /**
     * Makes one that has noticed nothing.
     *
     * @param ticker the clocks
     * @param executor where slots look for an earlier point, which calls schedules of users; must not be the thread
     *     that hands over what is due, unless a test drives it
     */
    public WallSteps(Ticker ticker, Executor executor) {
        this.ticker = ticker;
        this.executor = executor;
    }

    /** Compares the clocks. To be called by the timekeeper, once a second at least while slots of the wall clock wait. */
    public void look() {
        if (followers.isEmpty()) {
            return;
        }
        long distance = distance();
        if (distance == Long.MIN_VALUE) {
            return;
        }
        long most = ahead.get();
        if (distance > most - STEP_NANOS || most == Long.MIN_VALUE) {
            raise(distance);
        } else if (ahead.compareAndSet(most, distance)) {
            try {
                executor.execute(() -> walk(most, distance));
                told = false;
            } catch (Throwable e) {
                raise(most); // no thread to be had: the next look notices it again, and nothing else waits for that
                if (!told) {
                    told = true;
                    UNTOLD.error(executor, e);
                }
            }
        }
    }

    private void walk(long most, long distance) {
        count.incrementAndGet();
        for (Follower follower : followers) {
            try {
                follower.wallSetBack();
            } catch (Throwable e) {
                raise(most); // the next look notices the step again, and walks again
                KEPT.error(follower, e);
            }
        }
        LOG.info(
                "the wall clock was set back by ",
                Duration.ofNanos(most - distance),
                ": points of calendars were derived again");
    }

    /**
     * Before a deadline is derived from the wall clock.
     *
     * @return steps noticed so far
     */
    int begin() {
        int seen = count.get();
        raise(distance());
        return seen;
    }

    /** Whether a step was noticed since {@link #begin}. */
    boolean isPast(int seen) {
        return count.get() != seen;
    }

    private void raise(long distance) {
        if (distance > ahead.get()) {
            ahead.accumulateAndGet(distance, Math::max);
        }
    }

    /** Wall clock less monotonic clock; the least number when they could not be read together. */
    private long distance() {
        long before = ticker.monotonicNanos();
        long wall = ticker.realtimeNanos();
        return ticker.monotonicNanos() - before > APART_NANOS ? Long.MIN_VALUE : wall - before;
    }

    void follow(Follower follower) {
        followers.add(follower);
    }

    void leave(Follower follower) {
        followers.remove(follower);
    }
}
