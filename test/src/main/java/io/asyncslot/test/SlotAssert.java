package io.asyncslot.test;

import io.asyncslot.RunState;
import io.asyncslot.SlotSchedule;
import io.asyncslot.SlotSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.assertj.core.api.AbstractAssert;

/** Assertions on one slot, or on its absence. Each assertion reads the current state of the slot. */
public final class SlotAssert extends AbstractAssert<SlotAssert, Supplier<Optional<SlotSnapshot>>> {

    private final String slot;

    SlotAssert(String slot, Supplier<Optional<SlotSnapshot>> actual) {
        super(actual, SlotAssert.class);
        this.slot = slot;
    }

    /**
     * Checks that the key has no slot.
     *
     * @return this
     */
    public SlotAssert isAbsent() {
        actual.get().ifPresent(found -> failWithMessage("Expecting no slot %s, but it is %s", slot, words(found)));
        return this;
    }

    /**
     * Checks that the slot exists, with nothing pending and no callback running. Only maps that keep idle slots have
     * such slots; for other maps, use {@link #isAbsent()}.
     *
     * @return this
     */
    public SlotAssert isIdle() {
        return is(RunState.IDLE);
    }

    /**
     * Checks that a run is pending, whether or not the callback runs at the moment.
     *
     * @return this
     */
    public SlotAssert isArmed() {
        SlotSnapshot found = present("to be armed");
        if (found.deadline() == null) {
            failWithMessage("Expecting slot %s to be armed, but it is %s", slot, words(found));
        }
        return this;
    }

    /**
     * Checks that a run is pending in exactly this time; for manual time.
     *
     * @param timeLeft the time from now
     * @return this
     */
    public SlotAssert isArmedFor(Duration timeLeft) {
        SlotSnapshot found = present("to be armed for " + timeLeft);
        if (!timeLeft.equals(found.timeLeft())) {
            throw failureWithActualExpected(
                    found.timeLeft(),
                    timeLeft,
                    "Expecting slot %s to be armed for %s, but it is %s",
                    slot,
                    timeLeft,
                    words(found));
        }
        return this;
    }

    /**
     * Checks that a run is pending at exactly this instant; for manual time.
     *
     * @param deadline the deadline, on the wall clock
     * @return this
     */
    public SlotAssert isDueAt(Instant deadline) {
        SlotSnapshot found = present("to be due at " + deadline);
        if (!deadline.equals(found.deadline())) {
            throw failureWithActualExpected(
                    found.deadline(),
                    deadline,
                    "Expecting slot %s to be due at %s, but it is %s",
                    slot,
                    deadline,
                    words(found));
        }
        return this;
    }

    /**
     * Checks that the callback runs, whether or not another run is pending.
     *
     * @return this
     */
    public SlotAssert isRunning() {
        SlotSnapshot found = present("to be running");
        if (found.runState() != RunState.RUNNING && found.runState() != RunState.RUNNING_ARMED) {
            failWithMessage("Expecting slot %s to be running, but it is %s", slot, words(found));
        }
        return this;
    }

    /**
     * Checks the run state.
     *
     * @param expected the run state
     * @return this
     */
    public SlotAssert is(RunState expected) {
        SlotSnapshot found = present("to be " + expected);
        if (found.runState() != expected) {
            throw failureWithActualExpected(
                    found.runState(),
                    expected,
                    "Expecting slot %s to be %s, but it is %s",
                    slot,
                    expected,
                    words(found));
        }
        return this;
    }

    /**
     * Checks the value that the pending run would receive.
     *
     * @param expected the value; in a map that collects its values, the list of them, in the order of acceptance
     * @return this
     */
    public SlotAssert hasValue(Object expected) {
        SlotSnapshot found = present("to carry " + expected);
        if (!expected.equals(found.value())) {
            throw failureWithActualExpected(
                    found.value(),
                    expected,
                    "Expecting slot %s to carry %s, but it carries %s",
                    slot,
                    expected,
                    found.value() == null ? "nothing" : found.value());
        }
        return this;
    }

    /**
     * Checks that the pending run would receive no value.
     *
     * @return this
     */
    public SlotAssert hasNoValue() {
        SlotSnapshot found = present("to carry nothing");
        if (found.value() != null && !List.of().equals(found.value())) {
            failWithMessage("Expecting slot %s to carry nothing, but it carries %s", slot, found.value());
        }
        return this;
    }

    /**
     * Checks the key's own schedule, which sets the next deadlines of the slot.
     *
     * @param expected the schedule that the key was started with
     * @return this
     */
    public SlotAssert hasSchedule(SlotSchedule expected) {
        SlotSnapshot found = present("to have the schedule " + expected);
        if (!expected.equals(found.schedule())) {
            throw failureWithActualExpected(
                    found.schedule(),
                    expected,
                    "Expecting slot %s to have the schedule %s, but it has %s",
                    slot,
                    expected,
                    found.schedule() == null ? "none of its own" : found.schedule());
        }
        return this;
    }

    private SlotSnapshot present(String expected) {
        return actual.get().orElseThrow(() -> failure("Expecting slot %s %s, but there is none", slot, expected));
    }

    private static String words(SlotSnapshot found) {
        return found.deadline() == null
                ? found.runState().toString()
                : found.runState() + ", due in " + found.timeLeft() + " at " + found.deadline();
    }
}
