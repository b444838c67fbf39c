package io.asyncslot.dashboard;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all viewers are sent once a second. Immutable.
 *
 * @param at when it was made
 * @param running whether callbacks run
 * @param maps the open maps, by name
 * @param fired how many callbacks of all maps began each second, oldest first, newest last
 * @param failed how many of them failed each second
 * @param lateness how many callbacks of the last minute were how late; see {@link Firings}
 * @param durations how many callbacks of the last minute ran how long
 * @param census what the latest walk over all slots told; null before the first one has ended
 */
@SuppressWarnings("ArrayRecordComponent") // nobody changes them, or compares two of these
record Overview(
        Instant at,
        boolean running,
        List<OneMap> maps,
        double[] fired,
        double[] failed,
        long[] lateness,
        long[] durations,
        @Nullable Census census) {

    /**
     * One map.
     *
     * @param name its name
     * @param type timer or work
     * @param backend its backend's name
     * @param keepsFailed whether its failed firings can be retried or forgotten
     * @param pausedSince since when it is paused as a whole, null when it is not
     * @param slots live slots
     * @param armed slots with a run pending
     * @param running callbacks that run
     * @param queued callbacks that are due and have not begun
     * @param paused slots that are paused by themselves
     * @param references sum of the live reference counts
     * @param fired callbacks begun since the map was opened
     * @param failed callbacks failed since then
     * @param dropped callbacks lost; must stay 0
     * @param firedPerSecond callbacks begun per second, of the last seconds
     * @param failedLately callbacks failed within the last minute
     */
    record OneMap(
            String name,
            String type,
            String backend,
            boolean keepsFailed,
            @Nullable Instant pausedSince,
            long slots,
            long armed,
            long running,
            long queued,
            long paused,
            long references,
            long fired,
            long failed,
            long dropped,
            double firedPerSecond,
            long failedLately) {}
}
