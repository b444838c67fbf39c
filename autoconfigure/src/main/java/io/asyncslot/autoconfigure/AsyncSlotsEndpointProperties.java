package io.asyncslot.autoconfigure;

import java.util.Set;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code management.endpoint.asyncslots.*} beyond those of every endpoint. Immutable.
 *
 * @param showValues When to show unsanitized values: the texts of failures, and the values that slots carry.
 * @param roles Roles used to determine whether a user is authorized to be shown unsanitized values. When empty, all
 *     authenticated users are authorized.
 */
@ConfigurationProperties("management.endpoint.asyncslots")
public record AsyncSlotsEndpointProperties(
        @DefaultValue("never") Show showValues,
        @DefaultValue Set<String> roles) {}
