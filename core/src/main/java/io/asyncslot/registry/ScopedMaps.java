package io.asyncslot.registry;

import io.asyncslot.SlotMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Whose the keys of a registry's maps are, map by map. Thread-safe. */
final class ScopedMaps {

    /** Owners by map name; replaced where the map was closed and its name is another one's. */
    private final Map<String, ScopedMap<?>> tables = new ConcurrentHashMap<>();

    ScopedMaps() {}

    /** The owners of a map's keys. The registry has checked its type. */
    @SuppressWarnings("unchecked") // keys are of the map's own type, whatever type it was asked for with
    <K> ScopedMap<K> table(SlotMap<K> map) {
        return (ScopedMap<K>) tables.compute(
                map.name(), (name, present) -> present == null || present.isOver() ? new ScopedMap<>(map) : present);
    }
}
