package io.asyncslot.cluster.spring;

import io.asyncslot.cluster.ClusterOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * The properties {@code asyncslot.cluster.*}. Immutable; checked when bound.
 *
 * @param namespace Whose slots these are. Applications that share a database and not their slots differ in it. The
 *     application's name unless said.
 * @param nodeName What people call this node, in reports and logs. Host and process unless said.
 * @param tablePrefix How the names of the tables begin.
 * @param schemaMode What becomes of the tables at start-up: created where missing, checked, or left alone.
 * @param horizon How long before its deadline a slot is claimed by a node.
 * @param sweepInterval How often slots that come near are looked for. At most half of the horizon.
 * @param pollingInterval How often db-scheduler looks for sweeps that are due.
 * @param heartbeatInterval How often a node says that it is alive.
 * @param missedHeartbeats After how many silent intervals a node is dead, at least 4.
 * @param maxPayload Most bytes a payload may have.
 * @param maxHeld Most slots that this node claims by sweeps ahead of their deadlines.
 * @param whenAway What a start does while the database cannot be reached: refused, or kept in this process until it is
 *     back.
 */
@ConfigurationProperties("asyncslot.cluster")
public record ClusterProperties(
        @Nullable String namespace,
        @Nullable String nodeName,
        @DefaultValue("asyncslot_") String tablePrefix,
        @DefaultValue("create") ClusterOptions.SchemaMode schemaMode,
        @DefaultValue("2s") Duration horizon,
        @DefaultValue("500ms") Duration sweepInterval,
        @DefaultValue("100ms") Duration pollingInterval,
        @DefaultValue("1s") Duration heartbeatInterval,
        @DefaultValue("4") int missedHeartbeats,
        @DefaultValue("8192") int maxPayload,
        @DefaultValue("50000") int maxHeld,
        @DefaultValue("refuse") ClusterOptions.WhenAway whenAway) {

    /**
     * Checks the values.
     *
     * @throws InvalidConfigurationPropertyValueException naming what is wrong and the rule
     */
    public ClusterProperties {
        try {
            new ClusterOptions(
                    namespace == null ? "default" : namespace,
                    tablePrefix,
                    schemaMode,
                    nodeName == null ? "node" : nodeName,
                    horizon,
                    sweepInterval,
                    pollingInterval,
                    heartbeatInterval,
                    missedHeartbeats,
                    maxPayload,
                    maxHeld,
                    whenAway);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(
                    "asyncslot.cluster", null, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The options.
     *
     * @param application the namespace where none is said
     * @param process the node's name where none is said
     */
    ClusterOptions options(String application, String process) {
        return new ClusterOptions(
                namespace == null ? application : namespace,
                tablePrefix,
                schemaMode,
                nodeName == null ? process : nodeName,
                horizon,
                sweepInterval,
                pollingInterval,
                heartbeatInterval,
                missedHeartbeats,
                maxPayload,
                maxHeld,
                whenAway);
    }
}
