package io.asyncslot.cluster.store;

/**
 * How many slots a map has, counted up to a limit.
 *
 * @param slots live slots
 * @param armed of these, the ones with a deadline pending
 * @param running of these, the ones with a run that is current or was cut off
 * @param paused of these, the ones paused
 * @param complete false if the limit ended the count
 */
public record Counts(long slots, long armed, long running, long paused, boolean complete) {}
