package io.asyncslot.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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

    /** From when to when, in nanoseconds of the map's clock; until {@link #OPEN} while it lasts. */
    private record Pause(long since, long until) {

        long within(long from, long to) {
            return Math.max(0, Math.min(until, to) - Math.max(since, from));
        }
    }

    final boolean isPaused() {
        Pause present = pause;
        return present != null && present.until == OPEN;
    }

    /**
     * Begins a pause.
     *
     * @return false when there is one
     */
    final boolean pause(long now) {
        for (; ; ) {
            Pause present = pause;
            if (present != null && present.until == OPEN) {
                return false;
            }
            if (PAUSE.compareAndSet(this, present, new Pause(now, OPEN))) {
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
            if (PAUSE.compareAndSet(this, present, new Pause(present.since, Math.max(present.since, now)))) {
                return true;
            }
        }
    }

    /** The begin of the present pause, in nanoseconds of the map's clock; -1 when there is none. */
    final long since() {
        Pause present = pause;
        return present == null || present.until != OPEN ? -1 : present.since;
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
