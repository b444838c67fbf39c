package io.asyncslot.dashboard;

import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * The properties {@code asyncslot.dashboard.*}. Immutable; checked when bound.
 *
 * @param enabled Whether to serve the dashboard.
 * @param path Path of the dashboard on the server that also serves Actuator.
 */
@ConfigurationProperties("asyncslot.dashboard")
public record AsyncSlotDashboardProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("/asyncslots") String path) {

    private static final Pattern PATH = Pattern.compile("(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+");

    /**
     * Checks the values.
     *
     * @throws InvalidConfigurationPropertyValueException naming the property, its value and the rule
     */
    public AsyncSlotDashboardProperties {
        if (!PATH.matcher(path).matches()) {
            throw refused(
                    path,
                    "It must begin with '/', end without one, and have letters, digits, '.', '_', '~' and '-' only.");
        }
    }

    static InvalidConfigurationPropertyValueException refused(String path, String rule) {
        return new InvalidConfigurationPropertyValueException("asyncslot.dashboard.path", path, rule);
    }
}
