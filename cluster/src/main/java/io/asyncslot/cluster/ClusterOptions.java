package io.asyncslot.cluster;

import io.asyncslot.cluster.node.NodeOptions;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How a node of the cluster backend works. All nodes of a namespace should have the same values, except for
 * {@code nodeName} and {@code whenAway}. Immutable.
 *
 * @param namespace the namespace of the slots; applications that share a database but not their slots need different
 *     ones. 1 to 100 letters, digits, dots, dashes and underscores
 * @param tablePrefix the prefix of the table names; up to 30 lower case letters, digits and underscores
 * @param schemaMode what happens to the tables at start-up
 * @param nodeName the name of this node for people; the database also gives it a number
 * @param horizon how long before its deadline a node claims a slot; 200 ms to 1 min
 * @param sweepInterval how often a node looks for slots that fall due within the horizon; at most half of the horizon
 * @param heartbeatInterval how often a node reports that it is alive; 100 ms to 1 min
 * @param missedHeartbeats the number of heartbeat intervals for which a node may be silent before the others give it
 *     up; at least 4
 * @param pollInterval the longest pause between two checks whether an awaited run has ended, on a node that database
 *     notifications do not reach; 10 ms to 10 s
 * @param maxValueBytes the maximum size of a serialised value in bytes; a start or submit with a larger value is
 *     rejected. 0 to 1 MiB
 * @param maxHeld the maximum number of slots that this node holds ahead of their deadlines
 * @param maxWaiting the maximum number of due slots of a map that wait for a thread on this node; any others are left
 *     to the first node that has room
 * @param failedRetention how long a firing that failed for good can be inspected and retried after its slot is freed;
 *     up to ten years
 * @param whenAway what happens to a start while the database cannot be reached
 */
public record ClusterOptions(
        String namespace,
        String tablePrefix,
        SchemaMode schemaMode,
        String nodeName,
        Duration horizon,
        Duration sweepInterval,
        Duration heartbeatInterval,
        int missedHeartbeats,
        Duration pollInterval,
        int maxValueBytes,
        int maxHeld,
        int maxWaiting,
        Duration failedRetention,
        WhenAway whenAway)
        implements NodeOptions {

    /** The largest value of {@link #maxValueBytes()}. */
    public static final int MAX_VALUE_BYTES = 1 << 20;

    private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern PREFIX = Pattern.compile("[a-z_][a-z0-9_]{0,29}");

    /** What happens to the tables at start-up. */
    public enum SchemaMode {
        /** Missing tables are created. */
        CREATE,
        /**
         * In an embedded database (H2 in memory), missing tables are created. With any other, this means
         * {@link #VALIDATE}.
         */
        EMBEDDED,
        /** If something is missing, start-up fails and names it. */
        VALIDATE
    }

    /** What happens to a start while the database cannot be reached. */
    public enum WhenAway {
        /** It is refused: {@code REJECTED}. */
        REFUSE,
        /**
         * This process keeps it, and writes it once the database is back. The start is lost if this process ends
         * before.
         */
        KEEP
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value and the rule
     */
    public ClusterOptions {
        check(
                NAMESPACE.matcher(namespace).matches(),
                "namespace",
                namespace,
                "1 to 100 letters, digits, dots, dashes or underscores");
        check(
                PREFIX.matcher(tablePrefix).matches(),
                "tablePrefix",
                tablePrefix,
                "up to 30 lower case letters, digits and underscores, beginning with no digit");
        check(!nodeName.isBlank() && nodeName.length() <= 200, "nodeName", nodeName, "1 to 200 characters");
        between("horizon", horizon, Duration.ofMillis(200), Duration.ofMinutes(1));
        between("sweepInterval", sweepInterval, Duration.ofMillis(10), horizon.dividedBy(2));
        between("heartbeatInterval", heartbeatInterval, Duration.ofMillis(100), Duration.ofMinutes(1));
        check(missedHeartbeats >= 4, "missedHeartbeats", missedHeartbeats, "at least 4");
        between("pollInterval", pollInterval, Duration.ofMillis(10), Duration.ofSeconds(10));
        check(
                maxValueBytes >= 0 && maxValueBytes <= MAX_VALUE_BYTES,
                "maxValueBytes",
                maxValueBytes,
                "0 to " + MAX_VALUE_BYTES);
        check(maxHeld >= 100, "maxHeld", maxHeld, "at least 100");
        check(maxWaiting >= 1, "maxWaiting", maxWaiting, "at least 1");
        between("failedRetention", failedRetention, Duration.ZERO, Duration.ofDays(3_650));
    }

    /**
     * The default options.
     *
     * @param namespace the namespace of the slots
     * @return the options
     */
    public static ClusterOptions of(String namespace) {
        return new ClusterOptions(
                namespace,
                "asyncslot_",
                SchemaMode.CREATE,
                "process " + ProcessHandle.current().pid(),
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                4,
                Duration.ofMillis(250),
                8_192,
                50_000,
                500,
                Duration.ofDays(7),
                WhenAway.REFUSE);
    }

    @Override
    public boolean keepsStarts() {
        return whenAway == WhenAway.KEEP;
    }

    private static void between(String name, Duration value, Duration least, Duration most) {
        check(value.compareTo(least) >= 0 && value.compareTo(most) <= 0, name, value, least + " to " + most);
    }

    private static void check(boolean holds, String name, Object value, String rule) {
        if (!holds) {
            throw new IllegalArgumentException("'" + name + "' is " + value + ": it must be " + rule);
        }
    }
}
