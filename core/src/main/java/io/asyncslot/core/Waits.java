package io.asyncslot.core;

/**
 * Where the time goes between a slot's deadline and the begin of its run. Only for slots with history. Owned by the slot's
 * custodian; readings are nanoseconds of the map's clock.
 */
final class Waits {

    private static final long NEVER = -1;

    private long noticedAt = NEVER;
    private long gateSince;
    private long gateNanos;

    /** The slot was found due. What was found for the same deadline before, and refused or held back, stays in force. */
    void noticed(long now, long deadlineNanos) {
        if (noticedAt < deadlineNanos) {
            noticedAt = now;
            gateNanos = 0;
        }
    }

    /** Something else has to end before the run can begin. */
    void gateEntered(long now) {
        gateSince = now;
    }

    /** It has ended; may be told again. */
    void gateLeft(long now) {
        gateNanos += now - gateSince;
        gateSince = now;
    }

    /** A run has begun: tells it where the time went, and forgets it. */
    void begun(long now, long deadlineNanos, PauseSwitch slot, PauseSwitch map, LastRun run) {
        long late = Math.max(0, now - deadlineNanos);
        long wakeUp = clamp(noticedAt - deadlineNanos, late);
        long held = PauseSwitch.within(slot, map, deadlineNanos + wakeUp, now);
        long gate = clamp(gateNanos + held, late - wakeUp);
        noticedAt = NEVER;
        gateNanos = 0;
        run.split(wakeUp, gate);
    }

    private static long clamp(long nanos, long most) {
        return Math.max(0, Math.min(nanos, most));
    }
}
