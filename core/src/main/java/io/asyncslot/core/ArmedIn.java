package io.asyncslot.core;

import io.asyncslot.backend.Periods;
import org.jspecify.annotations.Nullable;

/**
 * What was captured where a slot was armed, for each armed period that may still run. Only in registries with arming
 * contexts. Thread-safe.
 *
 * <p>Armings change the word and note what was captured in one step under this object's monitor, and a run, once begun,
 * looks for its own under it: so it finds what belongs to its generation, however soon it began and whoever armed the
 * slot anew meanwhile. No user code runs under the monitor, and maps without arming contexts never take it.
 */
final class ArmedIn {

    /** What was captured by the arming of a generation; {@code former} for a run that has not looked yet. */
    private static final class Entry {
        final long generation;
        final @Nullable Object captured;

        @Nullable
        Entry former;

        Entry(long generation, @Nullable Object captured, @Nullable Entry former) {
            this.generation = generation;
            this.captured = captured;
            this.former = former;
        }
    }

    /** Guarded by {@code this}. */
    private @Nullable Entry latest;

    /** Whether the run under way has looked. Guarded by {@code this}. */
    private boolean looked;

    /** What belongs to the run under way. Written by the running thread; read by any. */
    private volatile @Nullable Object current;

    /** As {@link StateWord#arm}. */
    synchronized StateWord.Arming arm(StateWord word, long deadline, @Nullable Object captured) {
        for (; ; ) {
            long seen = word.word();
            if (StateWord.isFreed(seen)) {
                return StateWord.Arming.FREED;
            }
            if (tryArm(word, seen, deadline, captured)) {
                return StateWord.isArmed(seen) ? StateWord.Arming.REARMED : StateWord.Arming.STARTED;
            }
        }
    }

    /** As {@link StateWord#armIfIdle}. */
    synchronized StateWord.Submission armIfIdle(StateWord word, long deadline, @Nullable Object captured) {
        for (; ; ) {
            long seen = word.word();
            if (StateWord.isFreed(seen)) {
                return StateWord.Submission.FREED;
            }
            if (StateWord.isArmed(seen)) {
                if (word.tryJoin(seen)) {
                    return StateWord.Submission.COALESCED;
                }
            } else if (tryArm(word, seen, deadline, captured)) {
                return StateWord.Submission.SUBMITTED;
            }
        }
    }

    /** As {@link StateWord#tryArm}. */
    synchronized boolean renew(StateWord word, long seen, long deadline, @Nullable Object captured) {
        return tryArm(word, seen, deadline, captured);
    }

    private boolean tryArm(StateWord word, long seen, long deadline, @Nullable Object captured) {
        long generation = word.generationOf(seen) + 1; // right if the step succeeds
        Entry entry = new Entry(generation, captured, StateWord.isRunning(seen) && !looked ? latest : null);
        if (!word.tryArm(seen, deadline)) {
            return false;
        }
        latest = entry; // made before the step: nothing may fail between the two
        return true;
    }

    /** A new slot was published armed, and nobody can run it yet: notes its first arming, unless another one followed. */
    synchronized void born(StateWord word, @Nullable Object captured) {
        if (latest == null && StateWord.isArmed(word.word())) {
            latest = new Entry(word.generation(), captured, null);
        }
    }

    /** A pending run was removed: lets go of what belonged to it. */
    synchronized void disarmed(StateWord word) {
        long seen = word.word();
        if (!StateWord.isArmed(seen) && (looked || !StateWord.isRunning(seen))) {
            latest = null;
        }
    }

    /**
     * A run has begun: looks for its own. For the running thread.
     *
     * @param word the slot's
     * @param generation the run's
     * @param repeats whether later runs share it
     */
    synchronized void begun(StateWord word, long generation, boolean repeats) {
        looked = true;
        Entry later = null;
        Entry own = latest;
        while (own != null && own.generation > generation) {
            later = own;
            own = own.former;
        }
        current = own == null ? null : own.captured;
        Entry kept = repeats ? own : null;
        if (kept != null) {
            kept.former = null;
        }
        if (later == null || !StateWord.isArmed(word.word())) {
            latest = kept;
        } else {
            later.former = kept;
        }
    }

    /** As {@link StateWord#redeliver}: the firing keeps what belongs to it. For the running thread. */
    synchronized StateWord.Redelivering redeliver(StateWord word, long generation, long deadline, Periods periods) {
        Entry entry = latest == null ? new Entry(generation, current, null) : latest;
        StateWord.Redelivering redelivering = word.redeliver(deadline, periods);
        if (redelivering == StateWord.Redelivering.ARMED) {
            latest = entry;
        }
        return redelivering;
    }

    /** What belongs to the run under way; null when that is nothing, or when none is under way. */
    @Nullable
    Object current() {
        return current;
    }

    /** The callback has ended. For the running thread, while the word still says RUNNING. */
    synchronized void ended() {
        looked = false;
        current = null;
    }
}
