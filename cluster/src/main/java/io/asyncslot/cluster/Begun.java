package io.asyncslot.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A run that has begun: the database says so before the callback does anything.
 *
 * @param id the slot
 * @param token what ends this run and no other
 * @param incarnation the incarnation that runs
 * @param generation the fence token of this firing
 * @param due when it was due, in microseconds of database time
 * @param began when it began, likewise
 * @param attempt how often this firing has been delivered, at least 1
 * @param payload the slot's payload
 */
@SuppressWarnings("ArrayRecordComponent") // rows are handed on, never compared
record Begun(
        SlotId id,
        long token,
        long incarnation,
        long generation,
        long due,
        long began,
        int attempt,
        byte @Nullable [] payload) {}
