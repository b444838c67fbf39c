package io.asyncslot;

/**
 * The result of closing a {@link SlotScope}. Immutable.
 *
 * @param scope the scope's name
 * @param outcome {@link CloseOutcome#CLOSED} when none of its callbacks runs and none of its slots is left;
 *     {@link CloseOutcome#TIMED_OUT} when the limit was over before that, or when a callback that still runs awaits the
 *     caller; {@link CloseOutcome#WOULD_DEADLOCK} when nothing was changed
 * @param deleted slots that this close deleted
 * @param ended callbacks that ran when their slots were deleted and have ended
 * @param running callbacks that still run; no further run follows them
 * @param remaining slots of the scope that a last look found: 0, unless a start took longer than the limit, or the close was refused
 */
public record ScopeReport(String scope, CloseOutcome outcome, long deleted, long ended, long running, long remaining) {}
