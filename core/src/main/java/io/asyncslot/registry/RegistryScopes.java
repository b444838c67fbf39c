package io.asyncslot.registry;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotScope;
import io.asyncslot.spi.Ticker;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The scopes of a registry. Thread-safe; empty and untouched where no scope is used. */
final class RegistryScopes {

    private final AsyncSlotRegistry registry;
    private final Ticker ticker;

    /** Open scopes by name. */
    private final Map<String, RegistryScope> scopes = new ConcurrentHashMap<>();

    private final ScopedMaps maps = new ScopedMaps();

    RegistryScopes(AsyncSlotRegistry registry, Ticker ticker) {
        this.registry = registry;
        this.ticker = ticker;
    }

    SlotScope scope(String name) {
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException("'name' of a scope must not be blank: '" + name + "'");
        }
        return scopes.compute(name, (same, open) -> open == null || open.isClosed() ? made(name) : open);
    }

    private RegistryScope made(String name) {
        return new RegistryScope(name, registry, maps, ticker, over -> scopes.remove(name, over));
    }
}
