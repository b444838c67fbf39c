package io.asyncslot.core;

import io.asyncslot.SlotCause;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether runs are held back: of one slot, or of a map. Remembers the latest pause also after its end, so that a run can
 * tell how long it waited. Thread-safe.
 */
class PauseSwitch {

    private static final long OPEN = Long.MAX_VALUE;

    private static final VarHandle PAUSE;

    static {
        try {
            PAUSE = MethodHandles.lookup().findVarHandle(PauseSwitch.class, "pause", Pause.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The latest pause; null before the first. Changed by CAS by any thread; volatile. */
    private volatile @Nullable Pause pause;

    /**
     * One pause.
     *
     * @param since its begin, in nanoseconds of the map's clock
     * @param at its begin on the wall clock as that was then. Read anew, it would differ each time: it tells this pause from others
     * @param until its end; {@link #OPEN} while it lasts
     * @param by its cause; null when it was a plain call, or is over
     */
    record Pause(
            long since, Instant at, long until, @Nullable SlotCause by) {

        long within(long from, long to) {
            return Math.max(0, Math.min(until, to) - Math.max(since, from));
        }
    }

    final boolean isPaused() {
        Pause present = pause;
        return present != null && present.until == OPEN;
    }

    /**
     * Begins a pause, with the cause of this thread's operations.
     *
     * @param now a reading of the map's clock
     * @param at the same on the wall clock
     * @return false when there is one
     */
    final boolean pause(long now, Instant at) {
        for (; ; ) {
            Pause present = pause;
            if (present != null && present.until == OPEN) {
                return false;
            }
            if (PAUSE.compareAndSet(this, present, new Pause(now, at, OPEN, SlotCause.current()))) {
                return true;
            }
        }
    }

    /**
     * Ends a pause.
     *
     * @return false when there is none
     */
    final boolean resume(long now) {
        for (; ; ) {
            Pause present = pause;
            if (present == null || present.until != OPEN) {
                return false;
            }
            Pause over = new Pause(present.since, present.at, Math.max(present.since, now), null);
            if (PAUSE.compareAndSet(this, present, over)) {
                return true;
            }
        }
    }

    /** The present pause; null when there is none. */
    final @Nullable Pause present() {
        Pause present = pause;
        return present == null || present.until != OPEN ? null : present;
    }

    /** How much of a span was within the latest pause of one of the two, or of both. */
    static long within(PauseSwitch one, PauseSwitch other, long from, long to) {
        Pause first = one.pause;
        Pause second = other.pause;
        if (first == null || second == null) {
            return first != null ? first.within(from, to) : second != null ? second.within(from, to) : 0;
        }
        long both = second.within(Math.max(first.since, from), Math.min(first.until, to));
        return first.within(from, to) + second.within(from, to) - both;
    }
}
