package io.asyncslot.autoconfigure;

import io.asyncslot.observation.TraceContinuity;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code asyncslot.observation.*}. Immutable.
 *
 * @param enabled Whether to record an observation for each run of a callback.
 * @param continuity How the trace of a callback relates to the trace in which its slot was armed, if tracing is
 *     present: by a link (link), as a child of it (parent), or not at all (none).
 * @param includeKey Whether spans include the slot's key as text.
 */
@ConfigurationProperties("asyncslot.observation")
public record AsyncSlotObservationProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("link") TraceContinuity continuity,
        @DefaultValue("false") boolean includeKey) {}
