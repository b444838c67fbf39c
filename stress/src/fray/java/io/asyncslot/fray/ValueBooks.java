package io.asyncslot.fray;

import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.ValueTimerSlots;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What has become of the values of a scenario: each that was accepted goes to one firing, one take, or one delete. */
final class ValueBooks {

    private final Set<Integer> accepted = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Integer> booked = new ConcurrentLinkedQueue<>();
    private volatile boolean deleted;
    private volatile boolean mayHaveDeleted;

    void start(ValueTimerSlots<Integer, Integer> map, Duration delay, int value) {
        StartOutcome outcome = map.start(1, delay, value);
        if (outcome == StartOutcome.STARTED || outcome == StartOutcome.REARMED) {
            accepted.add(value);
        }
    }

    /** To a firing that is not delivered again. */
    void handed(List<Integer> values) {
        booked.addAll(values);
    }

    void take(ValueTimerSlots<Integer, Integer> map) {
        booked.addAll(map.takeAll(1));
    }

    void delete(ValueTimerSlots<Integer, Integer> map) {
        DeleteOutcome outcome = map.delete(1);
        deleted = outcome.prevented();
        mayHaveDeleted = outcome == DeleteOutcome.DELETED_WHILE_RUNNING; // it does not say whether anything was pending
    }

    /** At rest. Which values a delete took it does not say; that it took some it does. */
    void check() {
        Set<Integer> once = new HashSet<>(booked);
        Rig.equal("values booked twice", booked.size() - once.size(), 0);
        if (!accepted.containsAll(once)) {
            throw new AssertionError("booked " + once + ", accepted " + accepted);
        }
        boolean all = once.size() == accepted.size();
        if (deleted ? all : !all && !mayHaveDeleted) {
            throw new AssertionError("booked " + once + " of " + accepted + ", deleted " + deleted);
        }
    }
}
