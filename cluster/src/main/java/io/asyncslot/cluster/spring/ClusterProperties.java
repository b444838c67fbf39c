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
 *     application's name unless set.
 * @param nodeName What people call this node, in reports and logs. Host and process unless set.
 * @param tablePrefix How the names of the tables begin.
 * @param initializeSchema When tables that are missing are created at start-up: in an embedded database only (H2 in memory
 *     is one, PostgreSQL is none), always, or never. If they are not created, the start fails and names the missing ones.
 * @param horizon How long before its deadline a slot is claimed by a node.
 * @param sweepInterval How often slots that come near are looked for. At most half of the horizon.
 * @param heartbeatInterval How often a node says that it is alive.
 * @param missedHeartbeats For how many of these intervals a node may be silent before the others give it up, at least 4.
 * @param pollInterval How often at most a node looks for the end of a run that is awaited, where notifications of the
 *     database do not reach it, as behind pgbouncer in transaction mode.
 * @param maxValueBytes Most bytes of a value, as it is written. A start or submit that brings a longer one is rejected.
 * @param maxHeld Most slots that this node claims ahead of their deadlines.
 * @param maxWaiting Most due slots of a map that wait on this node for a thread. Further ones are left to whichever node
 *     has room first.
 * @param failedRetention For how long a firing that failed for good can be looked at and retried after its slot is freed.
 * @param whenAway What a start does while the database cannot be reached: refused, or kept in this process until it is
 *     back.
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

    /** When tables that are missing are created at start-up: as Spring Boot's own modules have it. */
    public enum InitializeSchema {
        /** In an embedded database only: H2 in memory. PostgreSQL is none, so this is {@link #NEVER} there. */
        EMBEDDED,
        /** In any database. */
        ALWAYS,
        /** In none: somebody else creates them before. */
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
     * @param application the namespace where none is said
     * @param process the node's name where none is said
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
