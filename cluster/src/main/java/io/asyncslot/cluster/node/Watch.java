package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.Beats.Beat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Judges which nodes live: a counter that has not changed for the length of the lease belongs to a node that does not. The
 * time is the observer's own, monotonic; neither the database's clock nor the other node's is asked. Owned by one thread.
 *
 * <p>A silence counts only as far as this node kept looking. When its looks were interrupted for more than half a lease,
 * because the database was away or this process stood still, the others may have been held up by the same: every node has
 * a full lease from then on.
 */
final class Watch {

    private final long leaseNanos;
    private final Map<Long, Seen> seen = new HashMap<>();

    /** When this node looked the last time. */
    private long lookedNanos;

    private record Seen(long count, long sinceNanos) {}

    Watch(long leaseNanos) {
        this.leaseNanos = leaseNanos;
    }

    /**
     * Takes a look.
     *
     * @param others the counters of the other nodes, all of them
     * @param now the observer's monotonic clock, in nanoseconds
     * @return the ones that have been silent for longer than the lease, with the counters that have not changed
     */
    List<Beat> look(List<Beat> others, long now) {
        boolean interrupted = now - lookedNanos > leaseNanos / 2;
        lookedNanos = now;
        Map<Long, Seen> former = Map.copyOf(seen);
        seen.clear();
        List<Beat> silent = new ArrayList<>();
        for (Beat beat : others) {
            Seen last = former.get(beat.node());
            Seen present =
                    last == null || last.count() != beat.count() || interrupted ? new Seen(beat.count(), now) : last;
            seen.put(beat.node(), present);
            if (now - present.sinceNanos() > leaseNanos) {
                silent.add(beat);
            }
        }
        return silent;
    }
}
