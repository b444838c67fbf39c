package io.asyncslot.cluster;

import io.asyncslot.cluster.node.NodeOptions;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How a node of the cluster backend works. All nodes of a namespace should agree on all but {@code nodeName} and
 * {@code whenAway}. Immutable.
 *
 * @param namespace whose slots these are: applications that share a database and not their slots differ in it; 1 to 100
 *     letters, digits, dots, dashes and underscores
 * @param tablePrefix how the tables' names begin; up to 30 lower case letters, digits and underscores
 * @param schemaMode what becomes of the tables at start-up
 * @param nodeName what people call this node; the database gives it a number besides
 * @param horizon how long before its deadline a slot is claimed by a node; 200 ms to 1 min
 * @param sweepInterval how often slots that come near are looked for; at most half of the horizon
 * @param heartbeatInterval how often a node says that it is alive; 100 ms to 1 min
 * @param missedHeartbeats for how many of these intervals a node may be silent before the others give it up; at
 *     least 4
 * @param pollInterval how often at most a node looks for the end of a run that is awaited, where notifications of the
 *     database do not reach it; 10 ms to 10 s
 * @param maxValueBytes most bytes of a value, as it is written; a start or submit that brings a longer one is rejected. 0 to 1 MiB
 * @param maxHeld most slots that this node holds ahead of their deadlines
 * @param maxWaiting most due slots of a map that wait on this node for a thread; what is due beyond that is left to whichever
 *     node has room first
 * @param failedRetention for how long a firing that failed for good can be looked at and retried after its slot is freed; up to
 *     ten years
 * @param whenAway what a start does while the database cannot be reached
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

    /** What becomes of the tables at start-up. */
    public enum SchemaMode {
        /** What is missing is created. */
        CREATE,
        /** What is missing is created in an embedded database: H2 in memory. With any other it is {@link #VALIDATE}. */
        EMBEDDED,
        /** The start fails when something is missing, and says what. */
        VALIDATE
    }

    /** What a start does while the database cannot be reached. */
    public enum WhenAway {
        /** It is refused: {@code REJECTED}. */
        REFUSE,
        /** It is kept in this process and written once the database is back; lost with this process. */
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
     * The values that hold unless said otherwise.
     *
     * @param namespace whose slots these are
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
