package io.asyncslot.chaos;

import java.util.List;
import java.util.Random;

/** What a backend lives in, and what can happen there. Driven by one thread. */
interface World {

    /** A kind of fault. */
    record Fault(String kind, Action action) {}

    /** Does it, and returns when it is over. */
    interface Action {
        void run(Random random) throws Exception;
    }

    /** Everything is up when this returns. */
    void start() throws Exception;

    /** The faults, each as likely as another. */
    List<Fault> faults();

    /** Which fault cannot be had here, and why; empty if all can. */
    default String leftOut() {
        return "";
    }

    /** No key is started any more. */
    void quiet() throws Exception;

    /**
     * All that is due has fired.
     *
     * @throws IllegalStateException if a slot was lost on the way, and only a repair found it
     */
    void settled() throws Exception;

    /** What a reading of the clock may differ by between two machines within a delay, in milliseconds. */
    long earlySlackMillis();

    /** Whether a firing of which the listener was told never comes again. */
    boolean acknowledges();

    /** Ends all processes. */
    void close() throws Exception;
}
