package io.asyncslot.cluster.postgres;

/**
 * What a row looked like before a statement changed it. The statement writes it into the row's column {@code was} and
 * returns it: so the outcome belongs to the very version of the row that was changed.
 *
 * @param bits as {@link #SQL} makes them
 */
record FormerState(int bits) {

    /** Whether the firing of the run is not delivered again: a cancel came, and nothing has been armed since. */
    static final String IS_WITHDRAWN = "(s.withdrawn and s.due is null)";

    static final String SQL = """
            (case when s.live then 1 else 0 end
             + case when s.live and s.due is not null then 2 else 0 end
             + case when s.run_token is not null and s.run_incarnation = s.incarnation then 4 else 0 end
             + case when s.run_token is not null then 16 else 0 end
             + case when {withdrawn} then 32 else 0 end
             + case when s.collected > 0 then 128 else 0 end)""".replace("{withdrawn}", IS_WITHDRAWN);

    private static final int LIVE = 1;
    private static final int ARMED = 2;
    private static final int RUN = 4;
    private static final int BUSY = 16;
    private static final int WITHDRAWN = 32;

    static final int COLLECTED = 128;

    /** Added by a statement that does what it is for only in some states: whether it did. */
    static final int TAKEN = 64;

    boolean live() {
        return (bits & LIVE) != 0;
    }

    boolean armed() {
        return (bits & ARMED) != 0;
    }

    /** Whether a run of any incarnation went on, or was cut off: its end hands on what is armed. */
    boolean busy() {
        return (bits & BUSY) != 0;
    }

    /** Whether a run of this incarnation went on or was cut off and is to be delivered again. */
    boolean run() {
        return (bits & RUN) != 0;
    }

    /** Whether a cancel came during the run, and nothing after it: its firing is not delivered again. */
    boolean withdrawn() {
        return (bits & WITHDRAWN) != 0;
    }

    /** Whether collected values were pending, whatever the map of the caller carries. */
    boolean collected() {
        return (bits & COLLECTED) != 0;
    }

    boolean taken() {
        return (bits & TAKEN) != 0;
    }
}
