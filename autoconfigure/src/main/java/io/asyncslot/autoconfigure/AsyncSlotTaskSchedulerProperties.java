package io.asyncslot.autoconfigure;

import io.asyncslot.LatePolicy;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code asyncslot.task-scheduler.*}. Immutable.
 *
 * @param enabled Whether scheduled tasks of the application run on slots.
 * @param late What happens to the runs of a fixed rate that could not begin when they were due. All is what other
 *     schedulers do: a burst after a pause.
 */
@ConfigurationProperties("asyncslot.task-scheduler")
public record AsyncSlotTaskSchedulerProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("once") LatePolicy late) {}
