package io.asyncslot.cluster;

/**
 * What was taken from nodes that are gone.
 *
 * @param held slots they held, now anybody's
 * @param cutOff runs they had begun, to be delivered again
 * @param dropped runs they had begun of slots deleted meanwhile
 */
record Released(int held, int cutOff, int dropped) {}
