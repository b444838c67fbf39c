package io.asyncslot;

import java.time.Duration;

/**
 * Counters of one map at one moment. The values are exact once the map is at rest; while operations run, they may belong to
 * slightly different moments.
 *
 * <p>At rest every armed period is accounted for once: {@code started == fired + cancelled + deletedArmed + skipped +
 * armed}.
 *
 * @param slots live slots: with {@link WhenIdle#FREE} those that are armed or run
 * @param armed slots with a run pending
 * @param running callbacks running now
 * @param queued callbacks that are due and have not begun: they wait for a permit or a thread, or in the executor
 * @param paused slots that are paused by themselves, whether or not the map is
 * @param references sum of the live reference counts: at rest as many as {@code slots}
 * @param started armed periods begun: starts answered STARTED, submits answered SUBMITTED, self re-arms of periodic
 *     slots, retries and postponements of one-shot slots
 * @param rearmed starts answered REARMED
 * @param moved touches answered MOVED
 * @param coalesced submits answered COALESCED
 * @param rejected starts and submits answered REJECTED
 * @param cancelled cancels that removed a pending deadline
 * @param deleted slots deleted; those that were freed because they were idle are not counted
 * @param deletedArmed slots deleted while a run was pending
 * @param fired runs begun, including postponed ones
 * @param failed callbacks that threw, and whose firing is not delivered again by a retry
 * @param retried runs whose firing is delivered again as its next attempt
 * @param postponed runs put off before their callback was called
 * @param skipped armed periods of periodic slots left out by the late policy
 * @param deferred callbacks that had to wait for a thread, because the executor refused them or those before them
 * @param fallbacks times the backend refused a slot, which is then measured in this JVM; 0 on the jvm backend
 * @param dropped callbacks that have neither begun nor returned to their slots although the registry is stopped; must stay 0
 * @param latenessP50 median lateness
 * @param latenessP99 99th percentile of lateness
 * @param latenessMax largest lateness
 */
public record SlotMapStats(
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
        Duration latenessP50,
        Duration latenessP99,
        Duration latenessMax) {}
