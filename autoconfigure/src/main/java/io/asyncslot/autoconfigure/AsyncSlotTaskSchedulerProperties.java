package io.asyncslot.autoconfigure;

import io.asyncslot.LatePolicy;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code asyncslot.task-scheduler.*}. Immutable.
 *
 * @param enabled Whether scheduled tasks of the application run on slots.
 * @param late What happens to fixed-rate runs that could not begin when they were due. With all, they run in a burst
 *     after a pause, as with other schedulers.
 */
@ConfigurationProperties("asyncslot.task-scheduler")
public record AsyncSlotTaskSchedulerProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("once") LatePolicy late) {}
