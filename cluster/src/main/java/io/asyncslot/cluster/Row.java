package io.asyncslot.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A live slot as the database has it.
 *
 * @param id the slot
 * @param incarnation its incarnation
 * @param generation the generation of the latest start
 * @param due when it is due, in microseconds of database time; {@link SlotStore#NONE} when nothing is pending
 * @param timeLeft microseconds until then, negative when overdue; 0 when nothing is pending
 * @param paused whether it is paused
 * @param owner the node that holds or runs it; {@link SlotStore#NONE} when no node does
 * @param runToken the run of this incarnation that goes on or was cut off; 0 when there is none
 * @param runGeneration that run's generation; 0 when there is none
 * @param attempt that run's attempt; 0 when there is none
 * @param payload the slot's payload
 * @param pausedAt since when it is paused, in microseconds of database time; {@link SlotStore#NONE} when it is not
 */
@SuppressWarnings("ArrayRecordComponent") // rows are handed on, never compared
record Row(
        SlotId id,
        long incarnation,
        long generation,
        long due,
        long timeLeft,
        boolean paused,
        long owner,
        long runToken,
        long runGeneration,
        int attempt,
        byte @Nullable [] payload,
        long pausedAt) {

    boolean armed() {
        return due != SlotStore.NONE;
    }

    boolean running() {
        return runToken != 0;
    }
}
