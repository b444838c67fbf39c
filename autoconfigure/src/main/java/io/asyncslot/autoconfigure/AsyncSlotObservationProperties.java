package io.asyncslot.autoconfigure;

import io.asyncslot.observation.TraceContinuity;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code asyncslot.observation.*}. Immutable.
 *
 * @param enabled Whether each run of a callback is an observation.
 * @param continuity How the trace of a callback is tied to the trace in which its slot was armed, where there is tracing:
 *     by a link, as a child of it (parent), or not at all (none).
 * @param includeKey Whether spans have the slot's key as text.
 */
@ConfigurationProperties("asyncslot.observation")
public record AsyncSlotObservationProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("link") TraceContinuity continuity,
        @DefaultValue("false") boolean includeKey) {}
