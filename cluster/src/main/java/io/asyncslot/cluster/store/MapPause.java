package io.asyncslot.cluster.store;

import org.jspecify.annotations.Nullable;

/**
 * The pause of a whole map.
 *
 * @param since since when, in microseconds of database time
 * @param by the cause, as text; null if a plain call or a node of an earlier version paused it
 */
public record MapPause(long since, @Nullable String by) {}
