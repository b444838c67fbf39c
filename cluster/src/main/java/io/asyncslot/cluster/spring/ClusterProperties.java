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
 * @param namespace Namespace of the slots. Applications that share a database but not their slots need different
 *     namespaces. By default, the application's name.
 * @param nodeName Name of this node in reports and logs. By default, host and process.
 * @param tablePrefix Prefix of the table names.
 * @param initializeSchema When to create missing tables at start-up: only in an embedded database (H2 in memory is one,
 *     PostgreSQL is not), always, or never. If tables are missing and not created, start-up fails and names them.
 * @param horizon How long before its deadline a node claims a slot.
 * @param sweepInterval How often a node looks for slots that fall due within the horizon. At most half of the horizon.
 * @param heartbeatInterval How often a node reports that it is alive.
 * @param missedHeartbeats Number of heartbeat intervals for which a node may be silent before the others give it up, at
 *     least 4.
 * @param pollInterval Longest pause between two checks whether an awaited run has ended, on a node that database
 *     notifications do not reach, for example behind pgbouncer in transaction mode.
 * @param maxValueBytes Maximum size of a serialised value in bytes. A start or submit with a larger value is rejected.
 * @param maxHeld Maximum number of slots that this node claims ahead of their deadlines.
 * @param maxWaiting Maximum number of due slots of a map that wait for a thread on this node. Any others are left to
 *     the first node that has room.
 * @param failedRetention How long a firing that failed for good can be inspected and retried after its slot is freed.
 * @param whenAway What happens to a start while the database cannot be reached: it is refused (refuse), or this process
 *     keeps it until the database is back (keep).
 */
@ConfigurationProperties("asyncslot.cluster")
public record ClusterProperties(
        @Nullable String namespace,
        @Nullable String nodeName,
        @DefaultValue("asyncslot_") String tablePrefix,
        @DefaultValue("embedded") InitializeSchema initializeSchema,
        @DefaultValue("2s") Duration horizon,
        @DefaultValue("1s") Duration sweepInterval,
        @DefaultValue("1s") Duration heartbeatInterval,
        @DefaultValue("4") int missedHeartbeats,
        @DefaultValue("250ms") Duration pollInterval,
        @DefaultValue("8192") int maxValueBytes,
        @DefaultValue("50000") int maxHeld,
        @DefaultValue("500") int maxWaiting,
        @DefaultValue("7d") Duration failedRetention,
        @DefaultValue("refuse") ClusterOptions.WhenAway whenAway) {

    /** When to create missing tables at start-up. The values are those of Spring Boot's own modules. */
    public enum InitializeSchema {
        /**
         * Only in an embedded database: H2 in memory. PostgreSQL is not embedded, so there this means {@link #NEVER}.
         */
        EMBEDDED,
        /** In any database. */
        ALWAYS,
        /** In no database: somebody else creates the tables beforehand. */
        NEVER;

        ClusterOptions.SchemaMode mode() {
            return switch (this) {
                case EMBEDDED -> ClusterOptions.SchemaMode.EMBEDDED;
                case ALWAYS -> ClusterOptions.SchemaMode.CREATE;
                case NEVER -> ClusterOptions.SchemaMode.VALIDATE;
            };
        }
    }

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
                    initializeSchema.mode(),
                    nodeName == null ? "node" : nodeName,
                    horizon,
                    sweepInterval,
                    heartbeatInterval,
                    missedHeartbeats,
                    pollInterval,
                    maxValueBytes,
                    maxHeld,
                    maxWaiting,
                    failedRetention,
                    whenAway);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(
                    "asyncslot.cluster", null, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The options.
     *
     * @param application the namespace if none is set
     * @param process the node's name if none is set
     */
    ClusterOptions options(String application, String process) {
        return new ClusterOptions(
                namespace == null ? application : namespace,
                tablePrefix,
                initializeSchema.mode(),
                nodeName == null ? process : nodeName,
                horizon,
                sweepInterval,
                heartbeatInterval,
                missedHeartbeats,
                pollInterval,
                maxValueBytes,
                maxHeld,
                maxWaiting,
                failedRetention,
                whenAway);
    }
}
