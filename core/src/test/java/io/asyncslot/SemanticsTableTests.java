package io.asyncslot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of operations and states, cell by cell: the outcome, the state afterwards, and how many further runs follow
 * once all time has passed. The states while the callback runs are entered from inside the callback, so that these rows
 * cover the column "own callback" as well.
 */
class SemanticsTableTests {

    private static final String KEY = "key";
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration LATER = Duration.ofSeconds(5);
    private static final Duration ALL_TIME = Duration.ofDays(1);

    /** The state in which the operation meets the slot. */
    enum Given {
        ABSENT,
        IDLE,
        ARMED,
        RUNNING,
        RUNNING_ARMED,
        CLOSED
    }

    enum Operation {
        START,
        TOUCH,
        CANCEL,
        CANCEL_AND_AWAIT,
        DELETE,
        SUBMIT
    }

    /** What a cell must show: outcome, run state right afterwards (null: no slot), further runs. */
    static Stream<Arguments> timerCells() {
        Stream<Arguments> own = Stream.of(
                cell(Operation.START, Given.ABSENT, StartOutcome.STARTED, RunState.ARMED, 1),
                cell(Operation.START, Given.IDLE, StartOutcome.STARTED, RunState.ARMED, 1),
                cell(Operation.START, Given.ARMED, StartOutcome.REARMED, RunState.ARMED, 1),
                cell(Operation.START, Given.RUNNING, StartOutcome.STARTED, RunState.RUNNING_ARMED, 1),
                cell(Operation.START, Given.RUNNING_ARMED, StartOutcome.REARMED, RunState.RUNNING_ARMED, 1),
                cell(Operation.START, Given.CLOSED, StartOutcome.CLOSED, null, 0),
                cell(Operation.TOUCH, Given.ABSENT, TouchOutcome.ABSENT, null, 0),
                cell(Operation.TOUCH, Given.IDLE, TouchOutcome.NOT_ARMED, RunState.IDLE, 0),
                cell(Operation.TOUCH, Given.ARMED, TouchOutcome.MOVED, RunState.ARMED, 1),
                cell(Operation.TOUCH, Given.RUNNING, TouchOutcome.NOT_ARMED, RunState.RUNNING, 0),
                cell(Operation.TOUCH, Given.RUNNING_ARMED, TouchOutcome.MOVED, RunState.RUNNING_ARMED, 1),
                cell(Operation.TOUCH, Given.CLOSED, TouchOutcome.CLOSED, null, 0));
        return Stream.concat(own, commonCells());
    }

    static Stream<Arguments> workCells() {
        Stream<Arguments> own = Stream.of(
                cell(Operation.SUBMIT, Given.ABSENT, SubmitOutcome.SUBMITTED, RunState.ARMED, 1),
                cell(Operation.SUBMIT, Given.IDLE, SubmitOutcome.SUBMITTED, RunState.ARMED, 1),
                cell(Operation.SUBMIT, Given.ARMED, SubmitOutcome.COALESCED, RunState.ARMED, 1),
                cell(Operation.SUBMIT, Given.RUNNING, SubmitOutcome.SUBMITTED, RunState.RUNNING_ARMED, 1),
                cell(Operation.SUBMIT, Given.RUNNING_ARMED, SubmitOutcome.COALESCED, RunState.RUNNING_ARMED, 1),
                cell(Operation.SUBMIT, Given.CLOSED, SubmitOutcome.CLOSED, null, 0));
        return Stream.concat(own, commonCells());
    }

    /** The operations that both kinds of map have. */
    private static Stream<Arguments> commonCells() {
        return Stream.of(
                cell(Operation.CANCEL, Given.ABSENT, CancelOutcome.ABSENT, null, 0),
                cell(Operation.CANCEL, Given.IDLE, CancelOutcome.NOT_ARMED, RunState.IDLE, 0),
                cell(Operation.CANCEL, Given.ARMED, CancelOutcome.CANCELLED, RunState.IDLE, 0),
                cell(Operation.CANCEL, Given.RUNNING, CancelOutcome.RUNNING, RunState.RUNNING, 0),
                cell(Operation.CANCEL, Given.RUNNING_ARMED, CancelOutcome.CANCELLED, RunState.RUNNING, 0),
                cell(Operation.CANCEL, Given.CLOSED, CancelOutcome.CLOSED, null, 0),
                cell(Operation.CANCEL_AND_AWAIT, Given.ABSENT, CancelOutcome.ABSENT, null, 0),
                cell(Operation.CANCEL_AND_AWAIT, Given.IDLE, CancelOutcome.NOT_ARMED, RunState.IDLE, 0),
                cell(Operation.CANCEL_AND_AWAIT, Given.ARMED, CancelOutcome.CANCELLED, RunState.IDLE, 0),
                cell(Operation.CANCEL_AND_AWAIT, Given.RUNNING, CancelOutcome.WOULD_DEADLOCK, RunState.RUNNING, 0),
                cell(
                        Operation.CANCEL_AND_AWAIT,
                        Given.RUNNING_ARMED,
                        CancelOutcome.WOULD_DEADLOCK,
                        RunState.RUNNING_ARMED,
                        1),
                cell(Operation.CANCEL_AND_AWAIT, Given.CLOSED, CancelOutcome.CLOSED, null, 0),
                cell(Operation.DELETE, Given.ABSENT, DeleteOutcome.ABSENT, null, 0),
                cell(Operation.DELETE, Given.IDLE, DeleteOutcome.DELETED, null, 0),
                cell(Operation.DELETE, Given.ARMED, DeleteOutcome.DELETED_ARMED, null, 0),
                cell(Operation.DELETE, Given.RUNNING, DeleteOutcome.DELETED_WHILE_RUNNING, null, 0),
                cell(Operation.DELETE, Given.RUNNING_ARMED, DeleteOutcome.DELETED_WHILE_RUNNING, null, 0),
                cell(Operation.DELETE, Given.CLOSED, DeleteOutcome.ABSENT, null, 0));
    }

    static Stream<Arguments> freeingTimerCells() {
        return freeing(timerCells().toList());
    }

    static Stream<Arguments> freeingWorkCells() {
        return freeing(workCells().toList());
    }

    /** What is different where idle slots are freed: an idle slot is an absent one, before and after. */
    private static Stream<Arguments> freeing(List<Arguments> cells) {
        return cells.stream().map(cell -> {
            Object[] wanted = cell.get().clone();
            if (wanted[1] == Given.IDLE) {
                wanted = cells.stream()
                        .map(other -> other.get().clone())
                        .filter(other -> other[0] == cell.get()[0] && other[1] == Given.ABSENT)
                        .findFirst()
                        .orElseThrow();
                wanted[1] = Given.IDLE;
            }
            wanted[3] = wanted[3] == RunState.IDLE ? null : wanted[3];
            return arguments(wanted);
        });
    }

    private static Arguments cell(
            Operation operation, Given given, Enum<?> outcome, RunState afterwards, int furtherRuns) {
        return arguments(operation, given, outcome, afterwards, furtherRuns);
    }

    @ParameterizedTest(name = "{0} when {1}: {2}")
    @MethodSource("timerCells")
    void timer(Operation operation, Given given, Enum<?> outcome, RunState afterwards, int furtherRuns) {
        check(new TimerCell(WhenIdle.KEEP), operation, given, outcome, afterwards, furtherRuns);
    }

    @ParameterizedTest(name = "{0} when {1}: {2}")
    @MethodSource("freeingTimerCells")
    void timer_thatFreesIdleSlots(
            Operation operation, Given given, Enum<?> outcome, RunState afterwards, int furtherRuns) {
        check(new TimerCell(WhenIdle.FREE), operation, given, outcome, afterwards, furtherRuns);
    }

    @ParameterizedTest(name = "{0} when {1}: {2}")
    @MethodSource("workCells")
    void work(Operation operation, Given given, Enum<?> outcome, RunState afterwards, int furtherRuns) {
        check(new WorkCell(WhenIdle.KEEP), operation, given, outcome, afterwards, furtherRuns);
    }

    @ParameterizedTest(name = "{0} when {1}: {2}")
    @MethodSource("freeingWorkCells")
    void work_thatFreesIdleSlots(
            Operation operation, Given given, Enum<?> outcome, RunState afterwards, int furtherRuns) {
        check(new WorkCell(WhenIdle.FREE), operation, given, outcome, afterwards, furtherRuns);
    }

    private void check(
            Cell<?> cell, Operation operation, Given given, Enum<?> outcome, RunState afterwards, int furtherRuns) {
        try (Bench bench = cell.bench) {
            cell.enter(given, () -> {
                cell.observed = cell.perform(operation);
                cell.afterwards =
                        cell.slots.find(KEY).map(SlotSnapshot::runState).orElse(null);
                cell.runsBefore = cell.generations.size();
            });
            bench.advanceAndRun(ALL_TIME);
            assertThat(cell.observed).isEqualTo(outcome);
            assertThat(cell.afterwards).isEqualTo(afterwards);
            assertThat(cell.generations.size() - cell.runsBefore).isEqualTo(furtherRuns);
            assertThat(cell.generations).doesNotHaveDuplicates().isSorted();
            cell.checkAtRest(afterwards == null || cell.slots.whenIdle() == WhenIdle.FREE);
        }
    }

    /** One map, one key, and a callback that acts during its first run if told to. */
    private abstract static class Cell<M extends SlotMap<String>> {

        final Bench bench = new Bench();
        final WhenIdle whenIdle;
        final List<Long> generations = new ArrayList<>();
        final M slots;
        Enum<?> observed;
        RunState afterwards;
        int runsBefore;
        private Runnable inFirstRun = () -> {};

        Cell(WhenIdle whenIdle) {
            this.whenIdle = whenIdle;
            slots = open((key, firing) -> {
                assertThat(firing.lateness()).isGreaterThanOrEqualTo(Duration.ZERO);
                generations.add(firing.generation());
                Runnable action = inFirstRun;
                inFirstRun = () -> {};
                action.run();
            });
        }

        abstract M open(SlotCallback<String> callback);

        /** Makes a run pending. */
        abstract void arm();

        abstract Enum<?> perform(Operation operation);

        void enter(Given given, Runnable action) {
            switch (given) {
                case ABSENT -> action.run();
                case IDLE -> {
                    arm();
                    bench.advanceAndRun(LATER);
                    action.run();
                }
                case ARMED -> {
                    arm();
                    action.run();
                }
                case RUNNING, RUNNING_ARMED -> {
                    inFirstRun = () -> {
                        if (given == Given.RUNNING_ARMED) {
                            arm();
                        }
                        action.run();
                    };
                    arm();
                    bench.advanceAndRun(SOON);
                }
                case CLOSED -> {
                    arm();
                    assertThat(close()).isEqualTo(CloseOutcome.CLOSED);
                    action.run();
                }
            }
        }

        Enum<?> common(Operation operation) {
            return switch (operation) {
                case CANCEL -> slots.cancel(KEY);
                case CANCEL_AND_AWAIT -> cancelAndAwait();
                case DELETE -> slots.delete(KEY);
                default -> throw new AssertionError(operation);
            };
        }

        private CancelOutcome cancelAndAwait() {
            try {
                return slots.cancelAndAwait(KEY, Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        private CloseOutcome close() {
            try {
                return slots.close(Duration.ofSeconds(10));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        /** All observables of a map at rest. */
        void checkAtRest(boolean gone) {
            SlotMapStats stats = slots.stats();
            assertThat(slots.find(KEY).isEmpty()).isEqualTo(gone);
            assertThat(stats.slots()).isEqualTo(gone ? 0 : 1);
            assertThat(stats.references()).isEqualTo(stats.slots());
            assertThat(stats.armed()).isZero();
            assertThat(stats.running()).isZero();
            assertThat(stats.queued()).isZero();
            assertThat(stats.fired()).isEqualTo(generations.size());
            assertThat(stats.started())
                    .isEqualTo(stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped());
        }
    }

    private static final class TimerCell extends Cell<TimerSlots<String>> {

        TimerCell(WhenIdle whenIdle) {
            super(whenIdle);
        }

        @Override
        TimerSlots<String> open(SlotCallback<String> callback) {
            return bench.timers(
                    String.class, callback, spec -> spec.delay(LATER).whenIdle(whenIdle));
        }

        @Override
        void arm() {
            slots.start(KEY, SOON);
        }

        @Override
        Enum<?> perform(Operation operation) {
            return switch (operation) {
                case START -> slots.start(KEY);
                case TOUCH -> slots.touch(KEY);
                default -> common(operation);
            };
        }
    }

    private static final class WorkCell extends Cell<WorkSlots<String>> {

        WorkCell(WhenIdle whenIdle) {
            super(whenIdle);
        }

        @Override
        WorkSlots<String> open(SlotCallback<String> callback) {
            return bench.works(String.class, callback, spec -> spec.whenIdle(whenIdle));
        }

        @Override
        void arm() {
            slots.submit(KEY);
        }

        @Override
        Enum<?> perform(Operation operation) {
            return operation == Operation.SUBMIT ? slots.submit(KEY) : common(operation);
        }
    }
}
