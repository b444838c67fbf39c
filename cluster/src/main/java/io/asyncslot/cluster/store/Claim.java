package io.asyncslot.cluster.store;

/**
 * Who claims what falls due soon. A node that arms a slot for a deadline within the horizon claims it in the same
 * statement and has to hold it; farther ones are left to the sweeps.
 *
 * @param node the node's id
 * @param horizon how far ahead slots are claimed, in microseconds; 0 claims nothing that is not due
 */
public record Claim(long node, long horizon) {}
