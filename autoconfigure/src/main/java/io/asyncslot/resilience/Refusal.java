package io.asyncslot.resilience;

import io.asyncslot.SlotCause;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * A guard does not let the callback be called now.
 *
 * @param pause when to ask again
 * @param reason makes the guard's own exception, for a firing that cannot wait
 * @param cause the guard, for the slot's history
 */
record Refusal(Duration pause, Supplier<? extends Exception> reason, SlotCause cause) {

    /** By a guard of a name. */
    Refusal(Duration pause, Supplier<? extends Exception> reason, String guard) {
        this(pause, reason, new SlotCause(SlotCause.Type.GUARD, guard));
    }
}
