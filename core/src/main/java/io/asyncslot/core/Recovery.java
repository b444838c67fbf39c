package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/** What a slot that a former process left has to make good. Owned by the slot's custodian, once the slot is published. */
final class Recovery {

    final long runGeneration;
    final long runDeadline;
    final int attempt;

    /** The firing that became due while no process held the slot: its generation, 0 when none did, and its deadline. */
    private final long awayGeneration;

    private final long awayDeadline;

    /**
     * Whether a run that was cut off is still to be delivered again. The custodian writes it; who waits for a run reads it;
     * volatile. Who begins the run clears it before it reads the word, and who waits reads the word first.
     */
    volatile boolean cutOff;

    /** Whether that run ends without having been delivered again. Custodian only. */
    boolean undelivered;

    Recovery(RecoveredSlot<?> slot, long generation) {
        this.runGeneration = slot.runGeneration();
        this.runDeadline = slot.runDeadline();
        this.attempt = slot.attempt();
        this.awayGeneration = slot.dueWhileAway() ? generation : 0;
        this.awayDeadline = StateWord.deadline(slot.word());
        this.cutOff = StateWord.isRunning(slot.word()) && slot.formerRun() == null;
    }

    /**
     * The retry that was pending when the former process ended: only a retry arms the generation of a run that has ended, or goes
     * on in a former map. That of a periodic slot has its own generation and is taken for the next period.
     *
     * @return null when there was none
     */
    static @Nullable Redelivery pendingRetry(RecoveredSlot<?> slot, long generation) {
        long word = slot.word();
        boolean cutOff = StateWord.isRunning(word) && slot.formerRun() == null;
        if (!StateWord.isArmed(word) || cutOff || slot.runGeneration() != generation) {
            return null;
        }
        return new Redelivery(generation, generation, StateWord.deadline(word), slot.attempt() + 1, false);
    }

    /** Whether a run is the one that became due while no process held the slot. */
    boolean isAway(FiredRun fired) {
        return fired.generation == awayGeneration && fired.deadline == awayDeadline;
    }
}
