package io.asyncslot.test.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.PauseOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotMap;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkSlots;
import io.asyncslot.test.contract.Cell.Found;
import io.asyncslot.test.contract.Cell.Given;
import io.asyncslot.test.contract.Cell.Operation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** Brings a slot into the state of a cell, does the cell's operation, and compares. */
abstract class CellRun<M extends SlotMap<String>> {

    static final String KEY = "key";

    final ContractRig rig;
    final Cell cell;
    final Runs<String> runs;
    final M slots;

    private final Gate gate;
    private @Nullable Enum<?> observed;
    private @Nullable RunState afterwards;
    private int runsBefore;
    private long armedAt = System.nanoTime();

    private CellRun(ContractRig rig, Cell cell) throws Exception {
        this.rig = rig;
        this.cell = cell;
        this.gate = rig.gate();
        this.runs = rig.runs();
        this.slots = open();
    }

    /** Runs the cell; again when this machine was away while a deadline passed that was to be met before. */
    static void check(ContractRig rig, Cell cell) throws Exception {
        rig.needs(cell.row(), cell.id());
        for (int attempt = 0; attempt < 10; attempt++) {
            CellRun<?> run = cell.timer() ? new OfTimer(rig, cell) : new OfWork(rig, cell);
            if (run.isTimely()) {
                return;
            }
            run.slots.drop(rig.patience());
        }
        Assumptions.abort("ten times this machine was too slow to do one operation within " + rig.steps(1));
    }

    abstract M open() throws Exception;

    /** Arms the slot so that it runs at once. */
    abstract void fire();

    /** Makes a run pending that does not begin before the operation has been done. */
    abstract void arm() throws Exception;

    abstract Enum<?> perform() throws Exception;

    /** Lets a pending run begin from now on. */
    void letBegin() {}

    private boolean isTimely() throws Exception {
        enter();
        boolean held = cell.given().isRunning(); // by its callback: no deadline passes
        boolean timely = held || System.nanoTime() - armedAt < rig.steps(1).toNanos();
        letBegin();
        gate.open();
        if (!timely) {
            return false;
        }
        assertThat(observed).as("%s", cell).isEqualTo(cell.outcome());
        assertThat(afterwards).as("state after %s", cell).isEqualTo(cell.afterwards());
        runs.awaitEnded(runsBefore + cell.furtherRuns());
        boolean somethingWasRemoved = cell.given().isArmed() && cell.furtherRuns() == 0 || cell.given() == Given.CLOSED;
        rig.settle(rig.steps(somethingWasRemoved ? 4 : 2));
        assertThat(runs.count() - runsBefore).as("runs after %s", cell).isEqualTo(cell.furtherRuns());
        assertThat(slots.find(KEY).isPresent())
                .as("there is a slot after %s", cell)
                .isEqualTo(cell.whenIdle() == WhenIdle.KEEP && cell.afterwards() != null);
        rig.atRest(slots);
        return true;
    }

    private void enter() throws Exception {
        switch (cell.given()) {
            case ABSENT, FULL -> act();
            case IDLE -> {
                fire();
                runs.awaitEnded(1);
                rig.untilIdle(slots, KEY);
                act();
            }
            case ARMED -> {
                arm();
                act();
            }
            case RUNNING, RUNNING_ARMED -> {
                runs.doing((key, firing) -> gate.pass());
                fire();
                runs.awaitBegun(1);
                if (cell.given() == Given.RUNNING_ARMED) {
                    arm();
                }
                act();
            }
            case OWN_RUNNING, OWN_RUNNING_ARMED -> {
                runs.doing((key, firing) -> {
                    runs.doing((again, further) -> {});
                    try {
                        if (cell.given() == Given.OWN_RUNNING_ARMED) {
                            arm();
                        }
                        act();
                    } catch (Throwable e) {
                        rig.violated("the callback failed: " + e);
                    }
                });
                fire();
                runs.awaitBegun(1);
                rig.until("the callback has acted", () -> runs.ended() > 0);
            }
            case CLOSED -> {
                arm();
                assertThat(slots.drop(rig.patience())).isEqualTo(CloseOutcome.CLOSED);
                act();
            }
        }
    }

    private void act() throws Exception {
        runsBefore = runs.count();
        if (replaces() || !cell.given().isArmed() && cell.given() != Given.CLOSED) {
            armedNow();
        }
        observed = perform();
        afterwards = ContractRig.state(slots, KEY);
    }

    final void armedNow() {
        armedAt = System.nanoTime();
    }

    /** Whether the operation gives the slot another deadline. */
    final boolean replaces() {
        return cell.operation() == Operation.START || cell.operation() == Operation.TOUCH;
    }

    /** The operations that both kinds have. */
    final Enum<?> common() throws Exception {
        return switch (cell.operation()) {
            case CANCEL -> slots.cancel(KEY);
            case CANCEL_AND_AWAIT -> cancelAndAwait();
            case DELETE -> slots.delete(KEY);
            case FIND -> slots.find(KEY).isPresent() ? Found.SNAPSHOT : Found.EMPTY;
            default -> throw new IllegalStateException("no operation of this map: " + cell);
        };
    }

    private CancelOutcome cancelAndAwait() throws InterruptedException {
        boolean othersRun = cell.given().isRunning() && !cell.given().isOwn();
        return slots.cancelAndAwait(KEY, othersRun ? Duration.ZERO : rig.patience());
    }

    /** A cell of a timer map. */
    private static final class OfTimer extends CellRun<TimerSlots<String>> {

        OfTimer(ContractRig rig, Cell cell) throws Exception {
            super(rig, cell);
        }

        @Override
        TimerSlots<String> open() throws Exception {
            TimerSlots<String> opened = rig.timers(
                    String.class,
                    runs,
                    spec -> spec.delay(rig.steps(1))
                            .maxEntries(cell.given() == Given.FULL ? 1 : 0)
                            .whenIdle(cell.whenIdle()));
            if (cell.given() == Given.FULL) {
                assertThat(opened.start("other", Duration.ofHours(1))).isEqualTo(StartOutcome.STARTED);
            }
            return opened;
        }

        @Override
        void fire() {
            assertThat(slots.start(KEY, Duration.ZERO)).isEqualTo(StartOutcome.STARTED);
        }

        /** Far off where the operation replaces the deadline, so that only the new one can be what fires. */
        @Override
        void arm() {
            armedNow();
            assertThat(slots.start(KEY, replaces() ? Duration.ofHours(1) : rig.steps(3)))
                    .isEqualTo(StartOutcome.STARTED);
        }

        @Override
        Enum<?> perform() throws Exception {
            return switch (cell.operation()) {
                case START -> slots.start(KEY);
                case TOUCH -> slots.touch(KEY);
                default -> common();
            };
        }
    }

    /** A cell of a work map: what is pending waits in the executor's hands. */
    private static final class OfWork extends CellRun<WorkSlots<String>> {

        OfWork(ContractRig rig, Cell cell) throws Exception {
            super(rig, cell);
        }

        @Override
        WorkSlots<String> open() throws Exception {
            WorkSlots<String> opened = rig.works(
                    String.class,
                    runs,
                    spec -> spec.maxEntries(cell.given() == Given.FULL ? 1 : 0).whenIdle(cell.whenIdle()));
            if (cell.given() == Given.FULL) {
                rig.crew().hold();
                assertThat(opened.submit("other")).isEqualTo(SubmitOutcome.SUBMITTED);
                assertThat(opened.pause("other")).isEqualTo(PauseOutcome.PAUSED); // and so it stays
                rig.crew().release();
            }
            return opened;
        }

        @Override
        void fire() {
            assertThat(slots.submit(KEY)).isEqualTo(SubmitOutcome.SUBMITTED);
        }

        @Override
        void arm() {
            armedNow();
            rig.crew().hold();
            assertThat(slots.submit(KEY)).isEqualTo(SubmitOutcome.SUBMITTED);
        }

        @Override
        Enum<?> perform() throws Exception {
            if (cell.operation() != Operation.SUBMIT) {
                return common();
            }
            if (!cell.given().isRunning()) {
                rig.crew().hold(); // or else the run may have ended before its slot is looked at
            }
            return slots.submit(KEY);
        }

        @Override
        void letBegin() {
            rig.crew().release();
        }
    }
}
