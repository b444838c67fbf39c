package io.asyncslot.test.explore;

import java.util.List;

/** An order of steps in which something failed, and how to replay it. */
public final class ExplorationFailedError extends AssertionError {

    private static final long serialVersionUID = 1L;

    private final String schedule;

    ExplorationFailedError(int runs, Schedule schedule, List<String> steps, Throwable cause) {
        super(message(runs, schedule, steps, cause), cause);
        this.schedule = schedule.toString();
    }

    private static String message(int runs, Schedule schedule, List<String> steps, Throwable cause) {
        StringBuilder text = new StringBuilder("run " + runs + " fails: " + cause + "\nin this order of steps:");
        for (int number = 0; number < steps.size(); number++) {
            text.append(String.format("%n%4d  %s", number + 1, steps.get(number)));
        }
        return text + "\nTo replay it: SlotExplorer.create().replay(\"" + schedule + "\", scenario)";
    }

    /**
     * The order, for {@link SlotExplorer#replay}.
     *
     * @return the schedule
     */
    public String schedule() {
        return schedule;
    }
}
