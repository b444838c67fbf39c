package io.asyncslot.cluster.postgres;

/**
 * What a slot is, for one observer after another: the contract's table, with the deadline always due.
 *
 * @param live whether it exists
 * @param armed whether a deadline is pending
 * @param running whether a run goes on
 * @param same whether what is pending is what was pending at first
 */
record SlotModel(boolean live, boolean armed, boolean running, boolean same) {

    /** What is done to a slot. */
    enum Operation {
        START,
        SUBMIT,
        TOUCH,
        CANCEL,
        DELETE,
        BEGIN,
        END
    }

    /**
     * What an operation answers and leaves.
     *
     * @param outcome the answer
     * @param after the slot afterwards
     */
    record Step(String outcome, SlotModel after) {}

    Step apply(Operation operation) {
        return switch (operation) {
            case START -> new Step(armed ? "REARMED" : "STARTED", new SlotModel(true, true, running, false));
            case SUBMIT ->
                armed ? new Step("COALESCED", this) : new Step("SUBMITTED", new SlotModel(true, true, running, false));
            case TOUCH -> new Step(live ? (armed ? "MOVED" : "NOT_ARMED") : "ABSENT", this);
            case CANCEL -> cancel();
            case DELETE -> delete();
            case BEGIN ->
                armed && same && !running
                        ? new Step("BEGUN", new SlotModel(true, false, true, false))
                        : new Step("GONE", this);
            case END -> running ? new Step("ENDED", new SlotModel(live, armed, false, same)) : new Step("FENCED", this);
        };
    }

    private Step cancel() {
        if (!live) {
            return new Step("ABSENT", this);
        }
        if (!armed) {
            return new Step(running ? "RUNNING" : "NOT_ARMED", this);
        }
        return new Step("CANCELLED", new SlotModel(true, false, running, false));
    }

    private Step delete() {
        if (!live) {
            return new Step("ABSENT", this);
        }
        String outcome = running ? "DELETED_WHILE_RUNNING" : armed ? "DELETED_ARMED" : "DELETED";
        return new Step(outcome, new SlotModel(false, false, running, false));
    }
}
