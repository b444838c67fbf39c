package io.asyncslot.resilience;

import java.time.Duration;
import java.util.function.Supplier;

/**
 * A guard does not let the callback be called now.
 *
 * @param pause when to ask again
 * @param reason makes the guard's own exception, for a firing that cannot wait
 */
record Refusal(Duration pause, Supplier<? extends Exception> reason) {}
