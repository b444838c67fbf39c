package io.asyncslot.registry;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotScope;
import io.asyncslot.spi.Ticker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The scopes of a registry, and whose keys of its maps are. Thread-safe; empty and untouched where no scope is used. */
final class RegistryScopes {

    private final AsyncSlotRegistry registry;
    private final Ticker ticker;

    /** Open scopes by name. */
    private final Map<String, RegistryScope> scopes = new ConcurrentHashMap<>();

    /** Owners by map name; replaced where the map was closed and its name is another one's. */
    private final Map<String, ScopedMap<?>> tables = new ConcurrentHashMap<>();

    RegistryScopes(AsyncSlotRegistry registry, Ticker ticker) {
        this.registry = registry;
        this.ticker = ticker;
    }

    AsyncSlotRegistry registry() {
        return registry;
    }

    SlotScope scope(String name) {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("'name' of a scope must not be blank: '" + name + "'");
        }
        return scopes.compute(
                name, (same, open) -> open == null || open.isClosed() ? new RegistryScope(name, this, ticker) : open);
    }

    void forget(RegistryScope scope) {
        scopes.remove(scope.name(), scope);
    }

    /** The owners of a map's keys. The registry has checked its type. */
    @SuppressWarnings("unchecked") // keys are of the map's own type, whatever type it was asked for with
    <K> ScopedMap<K> table(SlotMap<K> map) {
        return (ScopedMap<K>) tables.compute(
                map.name(), (name, present) -> present == null || present.isOver() ? new ScopedMap<>(map) : present);
    }
}
