package io.asyncslot.simulation;

import org.jspecify.annotations.Nullable;

/** What was tried: operations by the state that they met, faults, and orders of events that are worth being met. */
final class Coverage {

    /** Kinds of lives. */
    enum Group {
        JVM,
        KERNEL,
        CLUSTER
    }

    /** Operations of the transition table. */
    enum Operation {
        START,
        START_ALL,
        TOUCH,
        CANCEL,
        CANCEL_AND_AWAIT,
        DELETE,
        SUBMIT,
        TAKE,
        PAUSE,
        RESUME,
        FIND
    }

    /** What an operation meets. */
    enum State {
        ABSENT,
        IDLE,
        ARMED,
        RUNNING,
        RUNNING_ARMED,
        OWN_CALLBACK,
        FORMER_RUNS,
        CLOSED
    }

    /** What is made to go wrong. */
    enum Fault {
        CALLBACK_SLOW,
        CALLBACK_EXCEPTION,
        CALLBACK_ERROR,
        CALLBACK_INTERRUPTS,
        CALLBACK_STOPS_REGISTRY,
        CALLBACK_CLOSES_REGISTRY,
        CALLBACK_CLOSES_MAP,
        EXECUTOR_REFUSES,
        EXECUTOR_FAILS,
        EXECUTOR_RUNS_THEN_REFUSES,
        EXECUTOR_RUNS_INLINE,
        EXECUTOR_RUNS_TWICE,
        EXECUTOR_DROPS,
        EXECUTOR_REVERSE_ORDER,
        CLOCK_FAILS,
        KEY_FAILS,
        WALL_BACK,
        WALL_FORWARD,
        SUSPENDED,
        LISTENER_FAILS,
        KERNEL_NO_MEMORY(Group.KERNEL),
        KERNEL_CALL_FAILS(Group.KERNEL),
        RING_FULL(Group.KERNEL),
        EVENT_LOST(Group.KERNEL),
        EVENT_LATE(Group.KERNEL),
        EVENT_REPEATED(Group.KERNEL),
        EVENT_REORDERED(Group.KERNEL),
        EVENT_OF_ANYTHING(Group.KERNEL),
        RECORD_DAMAGED(Group.KERNEL),
        PROCESS_KILLED(Group.KERNEL),
        NODE_KILLED(Group.CLUSTER),
        NODE_PAUSED(Group.CLUSTER),
        NODE_STOPPED(Group.CLUSTER),
        NODE_CLOSED(Group.CLUSTER),
        NODE_CLOCK_SET(Group.CLUSTER),
        ANSWER_LOST_NOT_DONE(Group.CLUSTER),
        ANSWER_LOST_DONE(Group.CLUSTER),
        ANSWER_LOST_DONE_LATER(Group.CLUSTER),
        CALL_HELD_UP(Group.CLUSTER),
        ANSWER_HELD_UP(Group.CLUSTER),
        DATABASE_AWAY(Group.CLUSTER),
        DATABASE_READ_ONLY(Group.CLUSTER),
        POOL_EMPTY(Group.CLUSTER),
        STATEMENT_TIMED_OUT(Group.CLUSTER),
        TRANSACTION_REPEATED(Group.CLUSTER),
        ROW_LOCKED(Group.CLUSTER),
        STATEMENT_REFUSED(Group.CLUSTER),
        NOTIFICATION_LOST(Group.CLUSTER),
        NOTIFICATION_LATE(Group.CLUSTER),
        NOTIFICATION_REPEATED(Group.CLUSTER);

        final @Nullable Group only;

        Fault() {
            this(null);
        }

        Fault(@Nullable Group only) {
            this.only = only;
        }
    }

    /** Orders of events. */
    enum Race {
        REARMED_WHILE_QUEUED,
        CANCELLED_WHILE_QUEUED,
        DELETED_WHILE_QUEUED,
        PAUSED_WHILE_QUEUED,
        NEW_INCARNATION_WHILE_FORMER_RUNS,
        NEW_INCARNATION_DELETED_WHILE_FORMER_RUNS,
        STOPPED_WHILE_QUEUED,
        STOPPED_WHILE_RUNNING,
        TASK_RUN_AFTER_STOP,
        MAP_CLOSED_WHILE_RUNNING,
        MAP_CLOSED_WHILE_QUEUED,
        MAP_REOPENED_WHILE_FORMER_RUNS,
        RETRY_SUPERSEDED,
        RETRY_WITHDRAWN,
        RETRY_OF_A_FREED_SLOT,
        RETRY_PUTS_A_PERIOD_OFF,
        RESTART_OF_A_FREED_SLOT,
        VALUE_ACCEPTED_DURING_A_RUN,
        VALUES_OF_A_RETRY_MERGED,
        VALUES_FULL,
        MAP_FULL,
        SCHEDULE_FOLLOWS_THE_CLOCK_BACK,
        PERIOD_LEFT_OUT,
        RUN_WITH_ALL_PERMITS_TAKEN,
        SCOPE_CLOSED_WITH_SLOTS,
        SCOPE_ASKED_FOR_THE_SLOT_OF_ANOTHER,
        TASK_OF_THE_VIEW_CANCELLED(Group.JVM),
        TASK_OF_THE_VIEW_REPEATED(Group.JVM),
        OPERATION_IN_DOUBT_DONE,
        OPERATION_IN_DOUBT_NOT_DONE,
        KILLED_WHILE_RUNNING(Group.KERNEL),
        KILLED_WHILE_QUEUED(Group.KERNEL),
        KILLED_BEFORE_IT_WAS_DONE(Group.KERNEL),
        KILLED_WHEN_IT_WAS_DONE(Group.KERNEL),
        GIVEN_UP_WHILE_RUNNING(Group.CLUSTER),
        GIVEN_UP_AND_WENT_ON(Group.CLUSTER),
        RUN_FENCED(Group.CLUSTER),
        RUN_DELIVERED_AGAIN(Group.CLUSTER),
        TWO_CALLBACKS_AT_ONCE(Group.CLUSTER),
        BEGIN_WHOSE_ANSWER_WAS_LOST(Group.CLUSTER),
        KEY_FOLLOWS_ITS_SCHEDULE(Group.CLUSTER),
        HELD_BY_ITS_INTERVAL(Group.CLUSTER),
        FREED_AFTER_ITS_INTERVAL(Group.CLUSTER),
        MERGED_WITH_WHAT_HAS_CHANGED(Group.CLUSTER);

        final @Nullable Group only;

        Race() {
            this(null);
        }

        Race(@Nullable Group only) {
            this.only = only;
        }
    }

    private final long[][] cells = new long[Operation.values().length][State.values().length];
    private final long[] faults = new long[Fault.values().length];
    private final long[] races = new long[Race.values().length];

    private final Group group;

    /** The longest time, simulated, until a life of the cluster came to rest. */
    private long longestNanos;

    Coverage(Group group) {
        this.group = group;
    }

    void cell(Operation operation, State state) {
        cells[operation.ordinal()][state.ordinal()]++;
    }

    void fault(Fault fault) {
        faults[fault.ordinal()]++;
    }

    void race(Race race) {
        races[race.ordinal()]++;
    }

    void rested(long nanos) {
        longestNanos = Math.max(longestNanos, nanos);
    }

    long reached(Race race) {
        return races[race.ordinal()];
    }

    long injected(Fault fault) {
        return faults[fault.ordinal()];
    }

    String report() {
        StringBuilder text = new StringBuilder("operations by the state that they met\n");
        text.append(String.format("  %-18s", ""));
        for (State state : State.values()) {
            text.append(String.format(" %14s", state));
        }
        int missing = 0;
        for (Operation operation : Operation.values()) {
            text.append(String.format("%n  %-18s", operation));
            for (State state : State.values()) {
                long count = cells[operation.ordinal()][state.ordinal()];
                boolean missed = count == 0 && isMeant(state);
                missing += missed ? 1 : 0;
                text.append(String.format(" %14s", missed ? "NOT REACHED" : count));
            }
        }
        text.append("\ncells not reached: ").append(missing).append("\nfaults\n");
        for (Fault fault : Fault.values()) {
            append(text, fault, fault.only, faults[fault.ordinal()]);
        }
        text.append("races\n");
        for (Race race : Race.values()) {
            append(text, race, race.only, races[race.ordinal()]);
        }
        if (group == Group.CLUSTER) {
            text.append(String.format("longest time until rest: %.1f s%n", longestNanos / 1e9));
        }
        return text.toString();
    }

    /** Lives of the cluster have no closed maps, and operations of other threads than those of callbacks. */
    private boolean isMeant(State state) {
        return group != Group.CLUSTER
                || state != State.OWN_CALLBACK && state != State.FORMER_RUNS && state != State.CLOSED;
    }

    /** Of what is not meant for one kind of lives, those of the cluster have what they reach. */
    private void append(StringBuilder text, Object what, @Nullable Group only, long count) {
        if (only == null ? group == Group.CLUSTER && count == 0 : only != group) {
            return;
        }
        text.append(String.format("  %-45s %14s%n", what, count == 0 ? "NOT REACHED" : String.format("%,d", count)));
    }
}
