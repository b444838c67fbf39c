package io.asyncslot;

/**
 * What closing a {@link SlotScope} did. Immutable.
 *
 * @param scope the scope's name
 * @param outcome {@link CloseOutcome#CLOSED} when none of its callbacks runs and none of its slots is left;
 *     {@link CloseOutcome#TIMED_OUT} when the limit was over before, or when a callback that still runs awaits the
 *     caller; {@link CloseOutcome#WOULD_DEADLOCK} when nothing was changed
 * @param deleted slots that this close deleted
 * @param ended callbacks that ran when their slots were deleted and have ended
 * @param running callbacks that still run; no further run follows them
 * @param remaining slots of the scope that a last look found: 0 but for a start that was on its way for longer than the
 *     limit, or a close that was refused
 */
public record ScopeReport(String scope, CloseOutcome outcome, long deleted, long ended, long running, long remaining) {}
