package io.asyncslot.simulation;

import io.asyncslot.spi.SlotBackend;
import java.util.function.IntUnaryOperator;

/** What measures time in a life: the backend of the present registry, and what is below it and goes wrong. */
public interface Machine {

    /** Makes the backend of the next registry. Without a thread: {@link #pump} drives it. */
    SlotBackend boot();

    /** Does what is to be done now. Answers when it has to look again, in nanoseconds of the monotonic clock. */
    long pump();

    /** The detail of the backend's report that counts slots which were found in nobody's hands: it must stay 0. */
    String strays();

    /** How many microseconds the wall clock may be away from what the backend takes it for. */
    default long wallNoise() {
        return 0;
    }

    /** Whether keys may be objects of this process only, as the tasks of the executor view are. */
    default boolean takesAnyKey() {
        return true;
    }

    /**
     * Lets something below the backend go wrong.
     *
     * @param dice draws a number below the one that it is given
     * @return the name of the {@link Coverage.Fault}; empty for none
     */
    default String misbehave(IntUnaryOperator dice) {
        return "";
    }

    /**
     * Nothing goes wrong any more.
     *
     * @return how many nanoseconds the backend may take until it has found again what was lost since the last call
     */
    default long behave() {
        return 0;
    }

    /** Whether slots can outlive the process. */
    default boolean canSurvive() {
        return false;
    }

    /** From the next {@link #boot} on they do. */
    default void survive() {}

    /**
     * The process is killed: now, or at a step of its that is to come. The next {@link #boot} finds what it had written by then.
     *
     * @param step 0 for now
     */
    default void kill(int step) {}

    /** Whether that step has come. */
    default boolean isKilled() {
        return false;
    }

    /** How many nanoseconds any firing may be late from now on, for something went wrong that may not have been made good. */
    default long lateness() {
        return 0;
    }
}
