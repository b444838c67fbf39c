package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.asyncslot.RunState;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotSnapshot;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the operations of one map answered, and so what must fire: the book that a chain of crashes is held against. One
 * operation at most is under way when a crash comes; of its key both outcomes are right. Used by one thread.
 */
final class CrashLedger {

    private final Map<String, Entry> entries;
    private final Set<String> acknowledged;

    /** The key of the operation under way; null when none is. */
    private @Nullable String underWay;

    int firings;
    int deliveredAgain;
    int whileAway;

    private static final class Entry {
        private boolean exists;
        private boolean pending;
        private long deadline;
        private long highestGeneration;

        /** The generation of a run that has begun and is not acknowledged; 0 when there is none. */
        private long running;

        private int attempt;

        /** Whether a run is in the record whose callback has not begun, as far as this book knows. */
        private boolean begun;

        /** Whether its callback has returned, so that it may be acknowledged or not. */
        private boolean returned;

        private Entry copy() {
            Entry copy = new Entry();
            copy.exists = exists;
            copy.pending = pending;
            copy.deadline = deadline;
            copy.highestGeneration = highestGeneration;
            copy.running = running;
            copy.attempt = attempt;
            copy.begun = begun;
            copy.returned = returned;
            return copy;
        }
    }

    CrashLedger() {
        this(new HashMap<>(), new HashSet<>());
    }

    private CrashLedger(Map<String, Entry> entries, Set<String> acknowledged) {
        this.entries = entries;
        this.acknowledged = acknowledged;
    }

    CrashLedger copy() {
        CrashLedger copy = new CrashLedger(new HashMap<>(), new HashSet<>(acknowledged));
        entries.forEach((key, entry) -> copy.entries.put(key, entry.copy()));
        copy.underWay = underWay;
        copy.firings = firings;
        copy.deliveredAgain = deliveredAgain;
        copy.whileAway = whileAway;
        return copy;
    }

    private Entry entry(Object key) {
        return entries.computeIfAbsent((String) key, each -> new Entry());
    }

    void begin(String key) {
        underWay = key;
    }

    void end() {
        underWay = null;
    }

    void armed(String key, long deadlineMicros) {
        Entry entry = entry(key);
        entry.exists = true;
        entry.pending = true;
        entry.deadline = deadlineMicros;
    }

    void cancelled(String key) {
        entry(key).pending = false;
    }

    void deleted(String key) {
        Entry entry = entry(key);
        entry.exists = false;
        entry.pending = false;
        entry.begun = false;
        entry.running = 0; // a run that was cut off is not delivered again: its slot is no more
    }

    /** A callback begins. */
    void fired(SlotFiring firing, long nowMicros) {
        Entry entry = entry(firing.key());
        String what = firing + " attempt " + firing.attempt();
        firings++;
        assertThat(acknowledged).as("acknowledged firings, before %s", what).doesNotContain(name(firing));
        if (firing.attempt() > 1 && entry.running == firing.generation()) {
            assertThat(firing.attempt()).as(what).isGreaterThan(entry.attempt); // one may have ended just before
            deliveredAgain++;
        } else if (firing.attempt() > 1 && entry.begun) {
            assertThat(firing.generation()).as(what).isGreaterThan(entry.highestGeneration);
            deliveredAgain++;
        } else {
            assertThat(entry.pending).as("pending, at %s", what).isTrue();
            assertThat(entry.deadline).as("deadline of %s", what).isLessThanOrEqualTo(nowMicros);
            assertThat(firing.generation()).as(what).isGreaterThan(entry.highestGeneration);
            entry.pending = false;
        }
        entry.begun = false;
        if (firing.whileAway()) {
            whileAway++;
        }
        entry.highestGeneration = Math.max(entry.highestGeneration, firing.generation());
        entry.running = firing.generation();
        entry.attempt = firing.attempt();
        entry.returned = false;
    }

    /** A callback returns. */
    void returned(SlotFiring firing) {
        entry(firing.key()).returned = true;
    }

    /** The firing is acknowledged. */
    void acknowledged(SlotFiring firing) {
        acknowledged.add(name(firing));
        Entry entry = entry(firing.key());
        if (entry.running == firing.generation()) {
            entry.running = 0;
        }
    }

    private static String name(SlotFiring firing) {
        return firing.key() + "/" + firing.generation();
    }

    /** After a crash: a slot is as the book says, or as it might be when its key's operation was under way. */
    void recovered(String key, Optional<SlotSnapshot> found, long nowMicros) {
        Entry entry = entry(key);
        boolean armed = false;
        boolean running = false;
        long deadline = 0;
        if (found.isPresent()) {
            RunState state = found.get().runState();
            armed = state == RunState.ARMED || state == RunState.RUNNING_ARMED;
            running = state == RunState.RUNNING || state == RunState.RUNNING_ARMED;
            deadline = armed ? nowMicros + found.get().timeLeft().toNanos() / 1_000 : 0;
        }
        if (entry.running != 0 && (!running || !entry.exists)) {
            if (entry.exists && !entry.returned && !key.equals(underWay)) {
                fail("the firing of %s that was cut off is not delivered again", key);
            }
            entry.running = 0;
        } else if (running && entry.running == 0) {
            assertThat(entry.begun || entry.pending || key.equals(underWay))
                    .as("pending: %s", key)
                    .isTrue();
            entry.pending = entry.begun && entry.pending;
            entry.begun = true;
        } else if (entry.begun && !running) {
            assertThat(entry.exists && !key.equals(underWay))
                    .as("exists, its run lost: %s", key)
                    .isFalse();
            entry.begun = false;
        }
        if (key.equals(underWay)) {
            entry.exists = found.isPresent();
            entry.pending = armed;
            entry.deadline = deadline;
            return;
        }
        assertThat(found.isPresent()).as("exists: %s", key).isEqualTo(entry.exists);
        assertThat(armed).as("pending: %s, found %s", key, found).isEqualTo(entry.pending);
        if (armed && entry.deadline > nowMicros) {
            assertThat(deadline).as("deadline of %s", key).isEqualTo(entry.deadline);
        }
    }

    /** Nothing is pending or cut off any more. */
    void checkSettled() {
        entries.forEach((key, entry) -> {
            assertThat(entry.begun).as("the run of %s was lost", key).isFalse();
            assertThat(entry.pending)
                    .as("a start of %s was lost: due %d", key, entry.deadline)
                    .isFalse();
            assertThat(entry.running)
                    .as("the run of %s is not acknowledged", key)
                    .isZero();
        });
    }
}
