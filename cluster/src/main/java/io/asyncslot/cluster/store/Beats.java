package io.asyncslot.cluster.store;

import java.util.List;

/**
 * The answer to a node that reports that it is alive.
 *
 * @param alive whether the node still has its row; without it the cluster has given the node up
 * @param now the database's clock, in microseconds since 1970
 * @param others the counters of the other nodes of the namespace
 */
public record Beats(boolean alive, long now, List<Beat> others) {

    /**
     * The counter of one node.
     *
     * @param node the node's id
     * @param count a number that the node changes as long as it lives
     */
    public record Beat(long node, long count) {}
}
