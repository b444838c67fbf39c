package io.asyncslot.cluster.node;

import java.time.Duration;

/** How a node works. Immutable; what each means is said where an application sets it. */
public interface NodeOptions {

    /** Whose slots these are. */
    String namespace();

    /** What people call this node. */
    String nodeName();

    /** How long before its deadline a slot is claimed. */
    Duration horizon();

    /** How often slots that come near are looked for. */
    Duration sweepInterval();

    /** How often the node says that it lives. */
    Duration heartbeatInterval();

    /** After so many heartbeats that do not come a node is given up. */
    int missedHeartbeats();

    /** The longest pause between two looks for the end of another node's run, without notifications. */
    Duration pollInterval();

    /** How long a value may be. */
    int maxValueBytes();

    /** How many slots the node holds at most. */
    int maxHeld();

    /** How many due slots of a map wait at most for a thread. */
    int maxWaiting();

    /** How long a firing is kept that failed for good. */
    Duration failedRetention();

    /** Whether a start is kept in this process while the database is away. */
    boolean keepsStarts();

    /** How far ahead slots are claimed, in microseconds. */
    default long horizonMicros() {
        return horizon().toNanos() / 1_000;
    }

    /** How long a node may be silent. */
    default Duration silence() {
        return heartbeatInterval().multipliedBy(missedHeartbeats());
    }
}
