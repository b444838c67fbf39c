package io.asyncslot.autoconfigure;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code asyncslot.context-propagation.*}. Immutable.
 *
 * @param enabled Whether callbacks run with the thread-local values of whoever armed the slot: the logging context, and
 *     all that Micrometer's context registry has accessors for. They are kept for as long as the slot is armed. Needs
 *     io.micrometer:context-propagation.
 */
@ConfigurationProperties("asyncslot.context-propagation")
public record AsyncSlotContextPropagationProperties(
        @DefaultValue("false") boolean enabled) {}
