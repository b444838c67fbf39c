package io.asyncslot.core;

import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.SlotEvent.Kind;

/**
 * Holds back runs of one map, as a whole or slot by slot, and passes on what nobody has: what was held back, and what an Error has
 * left. Thread-safe.
 *
 * @param <K> the key type
 */
final class SlotPauses<K> {

    /*
     * Order
     *
     * A worker that finds a paused slot lets go of it, armed as it is: the slot is in nobody's hands and at rest. It
     * lets go first and then looks at the pause once more; a resume ends the pause first and then looks whose hands the
     * slot is in. So one of them passes it on.
     */

    private final LocalSlots<K> map;
    private final SlotIndex<K> index;
    private final CallbackRunner<K> runner;

    /** Whether the map is paused as a whole. */
    private final PauseSwitch held = new PauseSwitch();

    SlotPauses(LocalSlots<K> map, SlotIndex<K> index, CallbackRunner<K> runner) {
        this.map = map;
        this.index = index;
        this.runner = runner;
    }

    PauseOutcome pause(K key) {
        ControlBlock<K> block = map.lookUp(key);
        if (block == null || StateWord.isFreed(block.word())) {
            return map.isClosed() ? PauseOutcome.CLOSED : PauseOutcome.ABSENT;
        }
        SlotDetails<K> details = block.needDetails();
        long now = map.nanos();
        if (!details.pause(now, map.instant(now))) {
            return PauseOutcome.ALREADY_PAUSED;
        }
        map.counters().paused.increment();
        if (StateWord.isFreed(block.word())) { // who freed it may not have seen the pause
            if (details.resume(0)) {
                map.counters().paused.decrement();
            }
            return map.isClosed() ? PauseOutcome.CLOSED : PauseOutcome.ABSENT;
        }
        map.notes().record(block, Kind.PAUSED);
        return PauseOutcome.PAUSED;
    }

    ResumeOutcome resume(K key) {
        ControlBlock<K> block = map.lookUp(key);
        if (block == null || StateWord.isFreed(block.word())) {
            return map.isClosed() ? ResumeOutcome.CLOSED : ResumeOutcome.ABSENT;
        }
        SlotDetails<K> details = block.details();
        if (details == null || !details.resume(map.nanos())) {
            return ResumeOutcome.NOT_PAUSED;
        }
        map.counters().paused.decrement();
        map.notes().record(block, Kind.RESUMED);
        passOn(block);
        return ResumeOutcome.RESUMED;
    }

    PauseOutcome pause() {
        if (map.isClosed()) {
            return PauseOutcome.CLOSED;
        }
        long now = map.nanos();
        return held.pause(now, map.instant(now)) ? PauseOutcome.PAUSED : PauseOutcome.ALREADY_PAUSED;
    }

    ResumeOutcome resume() {
        if (map.isClosed()) {
            return ResumeOutcome.CLOSED;
        }
        if (!held.resume(map.nanos())) {
            return ResumeOutcome.NOT_PAUSED;
        }
        boolean done = false;
        map.keeper().batchBegins();
        try {
            for (ControlBlock<K> block : index.values()) {
                passOn(block);
            }
            done = true;
        } finally {
            if (!done) {
                map.scrubber.strays = true; // those that were not reached
            }
            map.keeper().batchEnds();
        }
        return ResumeOutcome.RESUMED;
    }

    /** Sees to it that a slot which may have been held back is looked at in time. */
    void passOn(ControlBlock<K> block) {
        long word = block.word();
        boolean returned = block.lookAt() == Custody.RETURNED;
        boolean cutOff = block.isCutOff(); // due at once, freed or not: the run is to be delivered, or to be ended
        if (returned || cutOff || StateWord.isArmed(word) && !StateWord.isFreed(word)) {
            boolean done = false;
            try {
                if (returned) {
                    map.keeper().armed(block, 0); // its command, should that have found no room
                } else {
                    map.pending(block, cutOff ? 0 : StateWord.deadline(word));
                }
                done = true;
            } finally {
                if (!done) {
                    map.scrubber.strays = true;
                }
            }
        }
    }

    /** As {@link #passOn}, unless runs of the slot are held back: whoever ends the pause finds it then. */
    void passOnUnlessPaused(ControlBlock<K> block) {
        if (block.lookAt() == Custody.RETURNED || !runner.isPaused(block)) {
            passOn(block);
        }
    }

    /**
     * Whether a slot is pending, not held back, and nobody has promised to look at it in time; or is on its way back to the
     * timekeeper with no command that would get it there.
     */
    boolean isStray(ControlBlock<K> block) {
        long word = block.word();
        if (block.lookAt() == Custody.RETURNED) {
            return !block.isCommanded();
        }
        return StateWord.isArmed(word)
                && !StateWord.isFreed(word)
                && StateWord.deadline(word) < block.lookAt()
                && !runner.isPaused(block);
    }

    /** Whether the map is paused as a whole. */
    boolean isHeld() {
        return held.isPaused();
    }

    PauseSwitch ofTheMap() {
        return held;
    }
}
