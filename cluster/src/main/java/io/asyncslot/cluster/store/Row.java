package io.asyncslot.cluster.store;

import io.asyncslot.SlotSnapshot.LastFiring;
import java.util.Arrays;
import java.util.List;
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
 * @param runToken the run of this incarnation that is current or was cut off; 0 if there is none
 * @param runGeneration that run's generation; 0 when there is none
 * @param attempt that run's attempt; 0 when there is none
 * @param values the pending values, as far as they were requested
 * @param payload the single pending value, as far as it was requested; null if there is none
 * @param collected how many pending values are collected, as far as they were requested
 * @param pausedAt since when it is paused, in microseconds of database time; {@link SlotStore#NONE} when it is not
 * @param pausedBy the cause of that pause, as text; null if the slot is not paused, or if a plain call or a node of an
 *     earlier version paused it
 * @param last the firing whose callback runs, or else the last one whose callback was called; null if there was none
 * @param failures how often callbacks of the slot have failed
 * @param schedule the key's own schedule, if the pending deadline is a point of it; null for none
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Row(
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
        List<byte[]> values,
        byte @Nullable [] payload,
        int collected,
        long pausedAt,
        @Nullable String pausedBy,
        @Nullable LastFiring last,
        long failures,
        @Nullable String schedule) {

    /** Whether it carries the same values as another reading of the slot, for the same start. */
    public boolean carriesAs(Row other) {
        return generation == other.generation && collected == other.collected && Arrays.equals(payload, other.payload);
    }

    public boolean armed() {
        return due != SlotStore.NONE;
    }

    public boolean running() {
        return runToken != 0;
    }
}
