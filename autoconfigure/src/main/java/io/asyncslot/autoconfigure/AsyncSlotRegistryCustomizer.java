package io.asyncslot.autoconfigure;

import io.asyncslot.registry.AsyncSlotRegistryBuilder;

/**
 * Has a last say about the auto-configured registry. Beans of this type are called in their order, after properties,
 * backend beans and listener beans have been applied.
 */
@FunctionalInterface
public interface AsyncSlotRegistryCustomizer {

    /**
     * Changes the builder. Setting a listener replaces all listener beans, the one of the metrics included.
     *
     * @param builder builds the registry afterwards
     */
    void customize(AsyncSlotRegistryBuilder builder);
}
