package io.asyncslot.cluster.store;

/**
 * The node that claims slots which fall due soon. A node that arms a slot for a deadline within the horizon claims it
 * in the same statement, and must hold it. Later deadlines are left to the sweeps.
 *
 * @param node the node's id
 * @param horizon how far ahead slots are claimed, in microseconds; 0 claims nothing that is not due
 */
public record Claim(long node, long horizon) {}
