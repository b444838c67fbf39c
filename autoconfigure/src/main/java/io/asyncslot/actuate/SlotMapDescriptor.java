package io.asyncslot.actuate;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotType;
import io.asyncslot.WhenIdle;
import io.asyncslot.spi.FailedFirings;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One map and its counters. Once the map is at rest, {@code started} is the sum of {@code fired}, {@code cancelled},
 * {@code deletedArmed}, {@code skipped} and {@code armed}.
 *
 * @param type timer or work
 * @param keyType name of the key type
 * @param backend name of the backend
 * @param whenIdle whether a slot of which nothing is pending and no callback runs is freed, or stays
 * @param keepsFailed whether firings that failed are kept with their values, so that they can be retried or forgotten
 * @param pausedSince since when the map is paused as a whole, null when it is not
 * @param pausedBy on whose account; null when a plain call of the API paused it, or it is not paused
 * @param slots live slots
 * @param armed slots with a run pending
 * @param running callbacks running now
 * @param queued callbacks handed to the executor that have not begun
 * @param paused slots paused by themselves
 * @param references sum of the live reference counts
 * @param started armed periods begun
 * @param rearmed deadlines replaced by a start
 * @param moved deadlines moved by a touch
 * @param coalesced submits merged into a pending run
 * @param rejected starts and submits refused at capacity
 * @param cancelled deadlines removed by a cancel
 * @param deleted slots deleted; those that were freed because they were idle are not counted
 * @param deletedArmed slots deleted while a run was pending
 * @param fired callbacks begun
 * @param failed callbacks that threw, and whose firing is not delivered again by a retry
 * @param retried runs whose firing is delivered again as its next attempt
 * @param postponed runs put off before their callback was called
 * @param skipped periods left out by the late policy
 * @param deferred times the executor refused a callback, which is handed over again
 * @param fallbacks times the backend refused a slot, which is then measured in this JVM
 * @param dropped callbacks lost at the end of a stop; must stay 0
 * @param late how late callbacks began
 */
public record SlotMapDescriptor(
        SlotType type,
        String keyType,
        String backend,
        WhenIdle whenIdle,
        boolean keepsFailed,
        @Nullable Instant pausedSince,
        @Nullable String pausedBy,
        long slots,
        long armed,
        long running,
        long queued,
        long paused,
        long references,
        long started,
        long rearmed,
        long moved,
        long coalesced,
        long rejected,
        long cancelled,
        long deleted,
        long deletedArmed,
        long fired,
        long failed,
        long retried,
        long postponed,
        long skipped,
        long deferred,
        long fallbacks,
        long dropped,
        Late late) {

    /**
     * How late callbacks began.
     *
     * @param p50 median
     * @param p99 99th percentile
     * @param max largest
     */
    public record Late(Duration p50, Duration p99, Duration max) {}

    static SlotMapDescriptor of(SlotMap<?> map) {
        SlotMapStats stats = map.stats();
        Instant pausedSince = map.pausedSince().orElse(null);
        return new SlotMapDescriptor(
                map.type(),
                map.keyType().getName(),
                map.backend(),
                map.whenIdle(),
                map instanceof FailedFirings,
                pausedSince,
                pausedSince == null ? null : SlotExplanation.phrase(SlotExplanation.pausedBy(map, pausedSince)),
                stats.slots(),
                stats.armed(),
                stats.running(),
                stats.queued(),
                stats.paused(),
                stats.references(),
                stats.started(),
                stats.rearmed(),
                stats.moved(),
                stats.coalesced(),
                stats.rejected(),
                stats.cancelled(),
                stats.deleted(),
                stats.deletedArmed(),
                stats.fired(),
                stats.failed(),
                stats.retried(),
                stats.postponed(),
                stats.skipped(),
                stats.deferred(),
                stats.fallbacks(),
                stats.dropped(),
                new Late(stats.latenessP50(), stats.latenessP99(), stats.latenessMax()));
    }
}
