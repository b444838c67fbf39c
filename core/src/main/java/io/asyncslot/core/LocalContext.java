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
 */
public record LocalContext(
        String backend,
        BackendContext injected,
        Timekeeper keeper,
        @Nullable SlotMirrors mirrors) {

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
