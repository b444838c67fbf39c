package io.asyncslot.cluster.node;

import io.asyncslot.backend.Log;
import io.asyncslot.cluster.store.Beats;
import io.asyncslot.cluster.store.Beats.Beat;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says that this node lives, and sees whether the others do: one statement per interval, on a connection of its own, so
 * that an application that uses up its pool does not look dead. Between the statements it hears what other nodes tell.
 * Owned by its loop.
 */
final class Heartbeat implements Loop.Step {

    private static final Log LOG = new Log(Heartbeat.class);

    /** The longest wait for what other nodes tell: how late a close is noticed. */
    private static final long LISTEN_MILLIS = 250;

    private final SlotStore store;
    private final Hints hints;
    private final Membership membership;
    private final Ticker ticker;
    private final DatabaseClock clock;
    private final Duration interval;
    private final Duration lease;
    private final Events events;

    private @Nullable StoreSession session;

    private boolean listens;
    private Watch watch;

    /** Whether the last beat saw other nodes. */
    private boolean others;

    /** The node that {@link #watch} observes for. */
    private long observer = SlotStore.NONE;

    /** When the next beat of that node is due, monotonic. */
    private long next;

    /** What a heartbeat finds. Called by its loop; to return soon. */
    interface Events {

        /** This node's row is gone. */
        void lost(long node);

        /** Another node has been silent for longer than the lease. */
        void silent(Beat beat);
    }

    Heartbeat(
            NodeOptions options,
            SlotStore store,
            Hints hints,
            Membership membership,
            Ticker ticker,
            DatabaseClock clock,
            Events events) {
        this.store = store;
        this.hints = hints;
        this.membership = membership;
        this.ticker = ticker;
        this.clock = clock;
        this.interval = options.heartbeatInterval();
        this.lease = options.silence();
        this.watch = new Watch(lease.toNanos());
        this.events = events;
    }

    /** Beats when it is time, for a node that has just joined at once; else hears what other nodes tell. */
    @Override
    public long step() {
        long node = membership.node();
        if (node == SlotStore.NONE) {
            hints.disconnected();
            return interval.toNanos();
        }
        long left = next - ticker.monotonicNanos();
        if (node != observer || left <= 0) {
            surely(() -> beat(node));
            next = ticker.monotonicNanos() + interval.toNanos();
            surely(this::hearAnswered);
            return 0;
        }
        StoreSession present = session;
        if (present == null || !listens) {
            return left;
        }
        int millis = (int) Math.max(1, Math.min(LISTEN_MILLIS, left / 1_000_000));
        surely(() -> hints.heard(present.heard(millis), true));
        return 0;
    }

    @Override
    public void over() {
        disconnect();
    }

    private void surely(Runnable use) {
        try {
            use.run();
        } catch (RuntimeException e) {
            disconnect(); // the next beat tries another one
            LOG.debug("a heartbeat failed", e);
        } catch (Error e) {
            disconnect(); // memory is short, for example: a node that is silent for that is given up
        }
    }

    /** Hears what has come with the answer to the last beat. */
    private void hearAnswered() {
        StoreSession present = session;
        if (present != null && listens) {
            hints.heard(present.heard(0), false);
            hints.connected(others);
        }
    }

    private void beat(long node) {
        if (observer != node) {
            observer = node;
            watch = new Watch(lease.toNanos());
        }
        StoreSession present = connected();
        long before = ticker.monotonicNanos();
        Beats beats = present.beat(node);
        long after = ticker.monotonicNanos();
        clock.looked(before, after, beats.now());
        if (!beats.alive()) {
            events.lost(node);
        } else {
            watch.look(beats.others(), after).forEach(events::silent);
            others = !beats.others().isEmpty();
        }
    }

    private StoreSession connected() {
        StoreSession present = session;
        if (present == null) {
            present = store.heartbeat(lease.dividedBy(2));
            session = present;
            listens = listens(present);
        }
        return present;
    }

    /** A database that does not know how is none that is away. */
    private boolean listens(StoreSession present) {
        try {
            return present.listen();
        } catch (StoreException e) {
            if (e.trouble().isAway()) {
                throw e;
            }
            LOG.debug("the heartbeats cannot listen", e);
            return false;
        }
    }

    private void disconnect() {
        StoreSession present = session;
        session = null;
        hints.disconnected();
        if (present != null) {
            try {
                present.close();
            } catch (RuntimeException e) {
                LOG.debug("the connection of the heartbeats could not be closed", e);
            }
        }
    }
}
