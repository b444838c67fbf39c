package io.asyncslot.jvm;

import java.util.function.LongConsumer;

/** A backend whose driver is a thread of the scenario, which says what happens while that sleeps. Owned by that thread. */
public final class HandDriver {

    private LongConsumer asleep = nanos -> {};

    public final JvmBackend backend =
            new JvmBackend(false, JvmOptions.defaults(), nanos -> asleep.accept(nanos));

    /** Does what a driver does before it sleeps: unlike a pump, it may leave commands alone. */
    public void pass() {
        boolean more = true;
        while (more) {
            more = backend.engine().pass();
        }
    }

    /** Goes to sleep, and does this instead, with the nanoseconds it would sleep at the most. */
    public void sleepWhile(LongConsumer action) {
        asleep = action;
        backend.engine().sleep();
    }

    /** Whether nobody has woken it, in such an action. */
    public boolean isAsleep() {
        return backend.engine().isAsleep();
    }
}
