package io.asyncslot.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code asyncslot.context-propagation.*}. Immutable.
 *
 * @param enabled Whether callbacks run with the thread-local values of the thread that armed the slot: the logging
 *     context, and every value for which Micrometer's context registry has an accessor. AsyncSlot keeps these values as
 *     long as the slot is armed. Requires io.micrometer:context-propagation.
 */
@ConfigurationProperties("asyncslot.context-propagation")
public record AsyncSlotContextPropagationProperties(
        @DefaultValue("false") boolean enabled) {}
