package io.asyncslot.test.contract;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One cell of the table of operations and states.
 *
 * @param whenIdle what the map does with idle slots
 * @param timer whether the map is a timer map, or else a work map
 * @param operation the row
 * @param given the column
 * @param outcome what the operation must answer
 * @param afterwards the run state that must be seen right afterwards; null: the key has no slot
 * @param furtherRuns how many runs must follow
 */
record Cell(
        WhenIdle whenIdle,
        boolean timer,
        Operation operation,
        Given given,
        Enum<?> outcome,
        @Nullable RunState afterwards,
        int furtherRuns) {

    /** What is done. */
    enum Operation {
        START,
        TOUCH,
        SUBMIT,
        CANCEL,
        CANCEL_AND_AWAIT,
        DELETE,
        FIND
    }

    /** The state in which it meets the slot; IDLE: after a run; OWN: called by the slot's own callback. */
    enum Given {
        ABSENT,
        FULL,
        IDLE,
        ARMED,
        RUNNING,
        RUNNING_ARMED,
        OWN_RUNNING,
        OWN_RUNNING_ARMED,
        CLOSED;

        boolean isRunning() {
            return this == RUNNING || this == RUNNING_ARMED || isOwn();
        }

        boolean isOwn() {
            return this == OWN_RUNNING || this == OWN_RUNNING_ARMED;
        }

        boolean isArmed() {
            return this == ARMED || this == RUNNING_ARMED || this == OWN_RUNNING_ARMED;
        }
    }

    /** What a find answers. */
    enum Found {
        SNAPSHOT,
        EMPTY
    }

    String row() {
        return (timer ? "T." : "W.") + camel(operation.name());
    }

    String id() {
        return row() + "." + camel(given.name()) + (whenIdle == WhenIdle.FREE ? ".free" : "");
    }

    /** What is expected of a map that frees idle slots: the same, with no slot where there is an idle one here. */
    private Cell freeing(List<Cell> table) {
        Cell like = given == Given.IDLE ? ofRow(table, Given.ABSENT) : this;
        return new Cell(
                WhenIdle.FREE,
                timer,
                operation,
                given,
                like.outcome,
                like.afterwards == RunState.IDLE ? null : like.afterwards,
                like.furtherRuns);
    }

    private Cell ofRow(List<Cell> table, Given wanted) {
        return table.stream()
                .filter(cell -> cell.operation == operation && cell.given == wanted)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public String toString() {
        return id() + ": " + outcome;
    }

    private static String camel(String name) {
        String words = Arrays.stream(name.split("_"))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
        return words.substring(0, 1).toLowerCase(Locale.ROOT) + words.substring(1);
    }

    static Stream<Cell> all() {
        return Stream.concat(timers(), works());
    }

    static Stream<Cell> timers() {
        return both(Stream.of(start(), touch(), cancel(true), cancelAndAwait(true), delete(true), find(true)));
    }

    static Stream<Cell> works() {
        return both(Stream.of(submit(), cancel(false), cancelAndAwait(false), delete(false), find(false)));
    }

    /** The cells of maps that keep idle slots, and those of maps that free them. */
    private static Stream<Cell> both(Stream<Stream<Cell>> rows) {
        List<Cell> keeping = rows.flatMap(row -> row).toList();
        return Stream.concat(keeping.stream(), keeping.stream().map(cell -> cell.freeing(keeping)));
    }

    private static Stream<Cell> start() {
        return Row.of(true, Operation.START)
                .cell(Given.ABSENT, StartOutcome.STARTED, RunState.ARMED, 1)
                .cell(Given.FULL, StartOutcome.REJECTED, null, 0)
                .cell(Given.IDLE, StartOutcome.STARTED, RunState.ARMED, 1)
                .cell(Given.ARMED, StartOutcome.REARMED, RunState.ARMED, 1)
                .running(StartOutcome.STARTED, RunState.RUNNING_ARMED, 1)
                .runningArmed(StartOutcome.REARMED, RunState.RUNNING_ARMED, 1)
                .cell(Given.CLOSED, StartOutcome.CLOSED, null, 0)
                .cells();
    }

    private static Stream<Cell> touch() {
        return Row.of(true, Operation.TOUCH)
                .cell(Given.ABSENT, TouchOutcome.ABSENT, null, 0)
                .cell(Given.IDLE, TouchOutcome.NOT_ARMED, RunState.IDLE, 0)
                .cell(Given.ARMED, TouchOutcome.MOVED, RunState.ARMED, 1)
                .running(TouchOutcome.NOT_ARMED, RunState.RUNNING, 0)
                .runningArmed(TouchOutcome.MOVED, RunState.RUNNING_ARMED, 1)
                .cell(Given.CLOSED, TouchOutcome.CLOSED, null, 0)
                .cells();
    }

    private static Stream<Cell> submit() {
        return Row.of(false, Operation.SUBMIT)
                .cell(Given.ABSENT, SubmitOutcome.SUBMITTED, RunState.ARMED, 1)
                .cell(Given.FULL, SubmitOutcome.REJECTED, null, 0)
                .cell(Given.IDLE, SubmitOutcome.SUBMITTED, RunState.ARMED, 1)
                .cell(Given.ARMED, SubmitOutcome.COALESCED, RunState.ARMED, 1)
                .running(SubmitOutcome.SUBMITTED, RunState.RUNNING_ARMED, 1)
                .runningArmed(SubmitOutcome.COALESCED, RunState.RUNNING_ARMED, 1)
                .cell(Given.CLOSED, SubmitOutcome.CLOSED, null, 0)
                .cells();
    }

    private static Stream<Cell> cancel(boolean timer) {
        return Row.of(timer, Operation.CANCEL)
                .cell(Given.ABSENT, CancelOutcome.ABSENT, null, 0)
                .cell(Given.IDLE, CancelOutcome.NOT_ARMED, RunState.IDLE, 0)
                .cell(Given.ARMED, CancelOutcome.CANCELLED, RunState.IDLE, 0)
                .running(CancelOutcome.RUNNING, RunState.RUNNING, 0)
                .runningArmed(CancelOutcome.CANCELLED, RunState.RUNNING, 0)
                .cell(Given.CLOSED, CancelOutcome.CLOSED, null, 0)
                .cells();
    }

    /** With a limit of zero where another's callback runs; with a long one elsewhere. */
    private static Stream<Cell> cancelAndAwait(boolean timer) {
        return Row.of(timer, Operation.CANCEL_AND_AWAIT)
                .cell(Given.ABSENT, CancelOutcome.ABSENT, null, 0)
                .cell(Given.IDLE, CancelOutcome.NOT_ARMED, RunState.IDLE, 0)
                .cell(Given.ARMED, CancelOutcome.CANCELLED, RunState.IDLE, 0)
                .cell(Given.RUNNING, CancelOutcome.TIMED_OUT, RunState.RUNNING, 0)
                .cell(Given.RUNNING_ARMED, CancelOutcome.TIMED_OUT, RunState.RUNNING, 0)
                .cell(Given.OWN_RUNNING, CancelOutcome.WOULD_DEADLOCK, RunState.RUNNING, 0)
                .cell(Given.OWN_RUNNING_ARMED, CancelOutcome.WOULD_DEADLOCK, RunState.RUNNING_ARMED, 1)
                .cell(Given.CLOSED, CancelOutcome.CLOSED, null, 0)
                .cells();
    }

    private static Stream<Cell> delete(boolean timer) {
        return Row.of(timer, Operation.DELETE)
                .cell(Given.ABSENT, DeleteOutcome.ABSENT, null, 0)
                .cell(Given.IDLE, DeleteOutcome.DELETED, null, 0)
                .cell(Given.ARMED, DeleteOutcome.DELETED_ARMED, null, 0)
                .running(DeleteOutcome.DELETED_WHILE_RUNNING, null, 0)
                .runningArmed(DeleteOutcome.DELETED_WHILE_RUNNING, null, 0)
                .cell(Given.CLOSED, DeleteOutcome.ABSENT, null, 0)
                .cells();
    }

    private static Stream<Cell> find(boolean timer) {
        return Row.of(timer, Operation.FIND)
                .cell(Given.ABSENT, Found.EMPTY, null, 0)
                .cell(Given.IDLE, Found.SNAPSHOT, RunState.IDLE, 0)
                .cell(Given.ARMED, Found.SNAPSHOT, RunState.ARMED, 1)
                .running(Found.SNAPSHOT, RunState.RUNNING, 0)
                .runningArmed(Found.SNAPSHOT, RunState.RUNNING_ARMED, 1)
                .cell(Given.CLOSED, Found.EMPTY, null, 0)
                .cells();
    }

    /** The cells of one row. */
    private record Row(boolean timer, Operation operation, Stream<Cell> cells) {

        static Row of(boolean timer, Operation operation) {
            return new Row(timer, operation, Stream.empty());
        }

        Row cell(Given given, Enum<?> outcome, @Nullable RunState afterwards, int furtherRuns) {
            Cell cell = new Cell(WhenIdle.KEEP, timer, operation, given, outcome, afterwards, furtherRuns);
            return new Row(timer, operation, Stream.concat(cells, Stream.of(cell)));
        }

        /** Two cells: called by another thread, and by the slot's own callback. */
        Row running(Enum<?> outcome, @Nullable RunState afterwards, int furtherRuns) {
            return cell(Given.RUNNING, outcome, afterwards, furtherRuns)
                    .cell(Given.OWN_RUNNING, outcome, afterwards, furtherRuns);
        }

        Row runningArmed(Enum<?> outcome, @Nullable RunState afterwards, int furtherRuns) {
            return cell(Given.RUNNING_ARMED, outcome, afterwards, furtherRuns)
                    .cell(Given.OWN_RUNNING_ARMED, outcome, afterwards, furtherRuns);
        }
    }
}
