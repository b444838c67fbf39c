package io.asyncslot;

import org.jspecify.annotations.Nullable;

/**
 * Captures something of the surroundings in which a slot is armed, such as the trace of a request, for the run that follows. Given
 * to a registry; read in the run by {@link SlotFiring#armedIn}. Thread-safe.
 *
 * <p>What it captured belongs to one armed period: a start replaces it, a touch keeps it, a cancel, a delete and the run's
 * end let go of it. The runs of a periodic slot share what the start of their series captured. It is kept in this process only: a
 * slot that a former process armed has none.
 *
 * @param <T> the type of what it captures; that is kept for as long as the slot is armed, so keep it small
 */
@FunctionalInterface
public interface ArmingContext<T> {

    /**
     * Looks at the calling thread's surroundings. Called by each operation that is about to arm a slot, on its thread, with no lock
     * held. For a submit that joins a pending run, the result is not used. An exception is logged, and counts as null.
     *
     * @return the object to keep; null for nothing
     */
    @Nullable
    T capture();
}
