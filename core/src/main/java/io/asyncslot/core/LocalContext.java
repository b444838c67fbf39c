package io.asyncslot.core;

import io.asyncslot.spi.BackendContext;
import org.jspecify.annotations.Nullable;

/**
 * What the maps of one machine-local backend share.
 *
 * @param backend the backend's name
 * @param injected what the registry injected into the backend
 * @param keeper what measures time for the maps
 * @param mirrors opens the copies of slots that outlive the process; null where slots end with it
 * @param generations where generations begin
 * @param runQueue where due slots of the maps wait for a thread
 */
public record LocalContext(
        String backend,
        BackendContext injected,
        Timekeeper keeper,
        @Nullable SlotMirrors mirrors,
        Generations generations,
        RunQueue runQueue) {

    /**
     * What maps share.
     *
     * @param backend the backend's name
     * @param injected what the registry injected into the backend
     * @param keeper what measures time for the maps
     * @param mirrors opens the copies of slots that outlive the process; null where slots end with it
     */
    public LocalContext(String backend, BackendContext injected, Timekeeper keeper, @Nullable SlotMirrors mirrors) {
        this(
                backend,
                injected,
                keeper,
                mirrors,
                new Generations(),
                new RunQueue(injected.executor(), injected.ticker(), keeper));
    }

    /**
     * What maps share whose slots end with the process.
     *
     * @param backend the backend's name
     * @param injected what the registry injected into the backend
     * @param keeper what measures time for the maps
     */
    public LocalContext(String backend, BackendContext injected, Timekeeper keeper) {
        this(backend, injected, keeper, null);
    }

    /**
     * Whether the calling thread is inside a run of one of the maps, so that it must not wait for all runs to end.
     *
     * @return true in callbacks and in what else runs as part of a run
     */
    public boolean isInsideRun() {
        return RunLoop.isInside(keeper);
    }

    /**
     * What a backend has from its initialisation on.
     *
     * @param part what it should have by now
     * @param <T> what that is
     * @return the same
     * @throws IllegalStateException if it is null
     */
    public static <T> T initialised(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the backend is not initialised: build a registry with it first");
        }
        return part;
    }
}
