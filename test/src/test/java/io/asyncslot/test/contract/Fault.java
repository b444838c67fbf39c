package io.asyncslot.test.contract;

/** A way to be wrong, and the scenarios that must find it. */
enum Fault {
    FIRES_EARLY("P2a", "P2b"),
    CUTS_DELAYS_TO_MILLISECONDS("P2a", "P3a"),
    LOSES_A_FIRE_IN_TEN("P2a", "C05"),
    FIRES_TWICE("P2a", "C01", "P5a"),
    LOSES_A_REARM_TO_EARLIER("P2c", "P2h", "T.start.armed"),
    LOSES_A_REARM_TO_LATER("P2b", "P1d"),
    LOSES_A_TOUCH("P2e", "P2h", "T.touch.armed"),
    TOUCH_REVIVES("T.touch.idle", "T.touch.running"),
    FIRES_AFTER_CANCEL("P1a", "T.cancel.armed", "C13"),
    CANCELS_THE_RUN_OF_NOTHING("P6a", "T.cancel.idle"),
    FIRES_AFTER_DELETE("P1b", "T.delete.armed"),
    DELETE_WAITS_FOR_THE_RUN("P7a", "P7d", "T.delete.running"),
    RUNS_OVERLAP("P4a", "P4b"),
    OLD_GENERATION_IS_DELIVERED("P2f", "C05"),
    LEAKS_A_REFERENCE("P2a", "C03", "C29"),
    AWAITS_ITSELF("C07", "T.cancelAndAwait.ownRunning"),
    AWAITING_DOES_NOT_WAIT("A1a", "A1b", "T.cancelAndAwait.running"),
    CLOSING_DOES_NOT_WAIT("A2a"),
    CLOSING_LEAVES_TIMERS("M8", "T.start.closed"),
    LOSES_A_SUBMIT_WHILE_RUNNING("W.submit.running", "P10e"),
    RUNS_EVERY_SUBMIT("P5b", "W.submit.armed"),
    RELEASES_A_BINDING_TWICE("P8a", "P8b"),
    NEVER_RELEASES_A_BINDING("P8a", "C26"),
    KEEPS_THE_OLD_CALLBACK("P8c"),
    IGNORES_THE_CAPACITY("M4", "T.start.full"),
    FAILURE_ENDS_THE_SERIES("E4"),
    REFUSED_RUN_IS_LOST("P2g"),
    RUNS_WHILE_PAUSED("H1", "H2", "H4"),
    RESUME_LOSES_WHAT_WAITED("H1", "H2"),
    MAP_PAUSE_MISSES_LATER_SLOTS("H3", "H5"),
    FORGETS_WHO_PAUSED("H7"),
    LOOKS_BEFORE_IT_STARTS("P10b"),
    RETRY_IS_A_NEW_FIRING("D1"),
    RETRY_OUTLIVES_A_CANCEL("D4"),
    RETRY_REPLACES_A_START("D4"),
    POSTPONED_COUNTS_AS_ATTEMPT("D5"),
    KEEPS_IDLE_SLOTS("L1", "L2", "T.cancel.armed.free", "W.cancel.armed.free", "T.touch.idle.free"),
    FREES_WHAT_IS_TO_STAY("L1", "T.touch.idle", "T.cancel.armed"),
    DELETE_HIDES_WHAT_IT_PREVENTED("L11", "T.delete.armed"),
    NOTHING(
            "P1a",
            "P2a",
            "P2b",
            "P2c",
            "P2h",
            "P4a",
            "P5a",
            "P8a",
            "C07",
            "D1",
            "D2",
            "D4",
            "D5",
            "H1",
            "H2",
            "H3",
            "H4",
            "H5",
            "H7",
            "L1",
            "L2",
            "L3",
            "L11",
            "T.start.armed",
            "T.start.armed.free",
            "W.submit.running");

    private final String[] found;

    Fault(String... found) {
        this.found = found;
    }

    /** The scenarios that must fail; for {@link #NOTHING} those that must pass. */
    String[] found() {
        return found;
    }
}
