package io.asyncslot.cluster.store;

/**
 * A run as the database knows it.
 *
 * @param id the slot
 * @param token the run's token
 * @param began when it began, in microseconds of database time
 * @param cancelled whether its incarnation was deleted meanwhile
 */
public record Running(SlotId id, long token, long began, boolean cancelled) {}
