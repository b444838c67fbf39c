package io.asyncslot.cluster.node;

import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.SlotStore;

/**
 * Who this process is in the cluster at the moment: a node with an id from the database, or nobody; and whether it takes
 * on slots. Thread-safe.
 *
 * <p>Changed by {@link ClusterEngine} only: it joins at the start, and anew when the cluster has given the node up; what
 * was claimed under a former id is somebody else's by then.
 */
final class Membership {

    /** No deadline is within it. */
    private static final long NOTHING = -SlotStore.NEVER;

    /** Claims nothing. */
    static final Claim NOBODY = new Claim(SlotStore.NONE, NOTHING);

    private final long horizon;
    private volatile Claim claim = NOBODY;
    private volatile boolean accepting;

    /**
     * Begins as nobody that takes on nothing.
     *
     * @param horizon how far ahead slots are claimed, in microseconds
     */
    Membership(long horizon) {
        this.horizon = horizon;
    }

    void joined(long node) {
        claim = new Claim(node, horizon);
    }

    void left() {
        claim = NOBODY;
    }

    void accepting(boolean value) {
        accepting = value;
    }

    /** Whether this process takes on slots: it has been started and not stopped. */
    boolean isAccepting() {
        return accepting;
    }

    /** The node's id; {@link SlotStore#NONE} while this process is no node. */
    long node() {
        return claim.node();
    }

    /** What operations claim with; claims nothing while this process takes on nothing. */
    Claim claim() {
        return accepting ? claim : NOBODY;
    }

    /** What ends of runs claim with: as the node itself, also while it takes on nothing more. */
    Claim endingClaim() {
        Claim present = claim;
        return accepting ? present : new Claim(present.node(), NOTHING);
    }
}
