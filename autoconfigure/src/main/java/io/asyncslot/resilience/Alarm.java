package io.asyncslot.resilience;

import java.time.Duration;

/** Runs something short at a later time, on a thread of its own. Thread-safe. */
@FunctionalInterface
interface Alarm {

    /**
     * Sets an alarm.
     *
     * @return takes it back, if it has not gone off
     */
    Runnable set(Duration after, Runnable action);
}
