package io.asyncslot.core;

import io.asyncslot.StartOutcome;
import org.jspecify.annotations.Nullable;

/** A due slot with the value "one" whose word and value change in two steps, each after a look. */
final class WeakValueSlot {

    private volatile boolean armed = true;
    private volatile int generation = 1;
    private volatile @Nullable String value = "one";

    /** Written by the thread that pumps. */
    private volatile String fired = "";

    StartOutcome start() {
        boolean was = armed;
        int next = generation + 1;
        generation = next;
        armed = true;
        value = "two";
        return was ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    String take() {
        String taken = armed ? value : null;
        armed = false;
        value = null;
        return taken == null ? "nothing" : taken;
    }

    void pump() {
        if (armed && generation == 1) {
            fire();
        }
    }

    private void fire() {
        armed = false;
        fired = fired + " " + generation + ":" + value;
    }

    String firesLater() {
        if (armed) {
            fire();
        }
        return "fired" + fired;
    }
}
