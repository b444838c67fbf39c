package io.asyncslot.core;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotType;

/** Opens the {@link SlotMirror} of each map of a backend whose slots outlive the process. Thread-safe. */
@FunctionalInterface
public interface SlotMirrors {

    /**
     * Opens a map's mirror.
     *
     * @param <K> the key type
     * @param spec what the map is
     * @param type timer or work
     * @param clock the clock of its deadlines
     * @return the mirror
     * @throws IllegalArgumentException naming value and rule, if the map cannot be kept, or what a former process kept
     *     under its name is of another kind
     */
    <K> SlotMirror<K> open(SlotMapSpec<K> spec, SlotType type, SlotClock clock);
}
