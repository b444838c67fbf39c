package io.asyncslot.benchmarks.peer;

/** What a timer does when it fires. */
@FunctionalInterface
public interface Fired {

    /** Runs on whatever thread the timers call back on. */
    void fired(Key key);
}
