package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks what all lives of a {@link KillChild} have written. */
final class KillLedger {

    private static final long MILLI = 1_000_000;

    /** How long a process must have lived after a deadline for its firing to have begun, whatever else the machine does. */
    private static final long GRACE = 1_500 * MILLI;

    /**
     * How much later the callback may read the clock than the engine did when it began the run. The process may be stopped
     * in between, for 800 ms at most.
     */
    private static final long READING = (800 + 400) * MILLI;

    int lives;
    int starts;
    int firings;
    int again;
    int away;
    int checkedStarts;
    final List<String> wrong = new ArrayList<>();

    private final Map<String, Key> keys = new HashMap<>();
    private final Set<String> acknowledged = new HashSet<>();

    /** Time that processes have lived so far, ready. */
    private long lived;

    private long since;
    private long latest;
    private boolean isReady;

    private static final class Key {
        private @Nullable Operation last;

        /** The latest start or touch that answered and was followed by no operation that may have replaced it. */
        private @Nullable Operation pending;

        private boolean cancelled;
        private int cancelledIn;
        private @Nullable Fired running;
        private long highestGeneration;

        /** The latest deadline that fired since the last operation began. */
        private long firedDeadline = Long.MIN_VALUE;
    }

    private record Operation(
            String id, String kind, long begun, long ended, long delay, boolean answered, long lived) {}

    private record Fired(long generation, int attempt, boolean returned, int life) {}

    void line(String text) {
        String[] word = text.split(" ", -1);
        long now = Long.parseLong(word[0]);
        latest = now;
        switch (word[1]) {
            case "LIFE" -> life();
            case "READY" -> {
                isReady = true;
                since = now;
            }
            case "B" -> begun(now, key(word[4]), word);
            case "E" -> ended(now, key(word[4]), word);
            case "F" -> fired(now, key(word[2]), word);
            case "R" -> {
                Key key = key(word[2]);
                Fired running = key.running;
                if (running != null && running.generation == Long.parseLong(word[3])) {
                    key.running = new Fired(running.generation, running.attempt, true, running.life);
                }
            }
            case "A" -> {
                acknowledged.add(word[2] + "/" + word[3]);
                Key key = key(word[2]);
                if (key.running != null && key.running.generation == Long.parseLong(word[3])) {
                    key.running = null;
                }
            }
            default -> {}
        }
    }

    private void life() {
        if (isReady) {
            lived += latest - since;
        }
        isReady = false;
        lives++;
    }

    private long lived(long now) {
        return isReady ? lived + now - since : lived;
    }

    private Key key(String name) {
        return keys.computeIfAbsent(name, each -> new Key());
    }

    private void begun(long now, Key key, String[] word) {
        checkFired(now, key, word[4]);
        key.last = new Operation(word[2], word[3], now, 0, Long.parseLong(word[5]) * MILLI, false, 0);
        key.pending = null;
        key.cancelled = false;
        key.firedDeadline = Long.MIN_VALUE;
        Fired running = key.running;
        if (word[3].equals("delete") && running != null && running.life != lives) {
            key.running = null; // not delivered again: its slot may be gone
        }
    }

    private void ended(long now, Key key, String[] word) {
        Operation begun = key.last;
        if (begun == null || !begun.id.equals(word[2])) {
            wrong.add("the end of an operation that had not begun: " + String.join(" ", word));
            return;
        }
        Operation ended = new Operation(begun.id, begun.kind, begun.begun, now, begun.delay, true, lived(now));
        key.last = ended;
        String outcome = word[6];
        switch (outcome) {
            case "STARTED", "REARMED", "MOVED", "SUBMITTED", "COALESCED" -> {
                starts++;
                boolean fired = key.firedDeadline >= begun.begun + begun.delay - MILLI; // quicker than the answer
                key.pending = fired ? null : ended;
            }
            case "CANCELLED", "DELETED", "DELETED_ARMED", "DELETED_WHILE_RUNNING" -> {
                key.cancelled = true;
                key.cancelledIn = lives;
                if (begun.kind.equals("delete")) {
                    key.running = null;
                }
            }
            case "REJECTED" -> wrong.add("rejected: " + String.join(" ", word));
            default -> {}
        }
    }

    private void fired(long now, Key key, String[] word) {
        String name = word[2];
        long generation = Long.parseLong(word[3]);
        int attempt = Integer.parseInt(word[4]);
        long lateness = Long.parseLong(word[5]);
        firings++;
        if (word[6].equals("true")) {
            away++;
        }
        if (acknowledged.contains(name + "/" + generation)) {
            wrong.add("an acknowledged firing comes again: " + String.join(" ", word));
        }
        if (lateness < 0) {
            wrong.add("early: " + String.join(" ", word));
        }
        Fired running = key.running;
        if (attempt > 1) {
            again++;
            if (running != null
                    && (running.generation != generation || running.attempt >= attempt)
                    && !(running.returned && generation > running.generation)) {
                wrong.add("delivered again, but " + running + " was cut off: " + String.join(" ", word));
            }
            key.highestGeneration = Math.max(key.highestGeneration, generation);
            key.running = new Fired(generation, attempt, false, lives);
            settles(now, key, lateness);
            return;
        }
        if (running != null && !running.returned && running.life != lives) {
            wrong.add("the firing " + running + " of " + name + " was cut off and did not come again before "
                    + String.join(" ", word));
        }
        if (generation <= key.highestGeneration) {
            wrong.add("generation " + key.highestGeneration + " is followed by " + String.join(" ", word));
        }
        if (key.cancelled && key.cancelledIn != lives) {
            wrong.add("fired although cancelled in an earlier life: " + String.join(" ", word));
        }
        key.highestGeneration = generation;
        key.running = new Fired(generation, attempt, false, lives);
        settles(now, key, lateness);
    }

    /** A firing settles the pending start whose deadline it has. */
    private void settles(long now, Key key, long lateness) {
        Operation pending = key.pending;
        Operation last = key.last;
        long deadline = now - lateness; // the engine's reading was before ours
        key.firedDeadline = Math.max(key.firedDeadline, deadline);
        if (pending != null && deadline >= pending.begun + pending.delay - MILLI) {
            if (!pending.id.startsWith("w") && deadline > pending.ended + pending.delay + READING) {
                wrong.add("fired for a deadline that nobody asked for: " + pending + ", " + (deadline - pending.ended));
            }
            key.pending = null;
        } else if (pending != null && pending.kind.equals("start") && pending.delay == 0 && last == pending) {
            key.pending = null; // a submit that was coalesced with an earlier one
        }
    }

    /** Where enough time was lived since its deadline, a start must have fired. */
    private void checkFired(long now, Key key, String name) {
        Operation pending = key.pending;
        if (pending == null) {
            return;
        }
        if (lived(now) - pending.lived > pending.delay + GRACE) {
            checkedStarts++;
            wrong.add("lost: " + name + " " + pending + ", no firing by " + now);
        }
    }

    /** After the last life, which has waited for all there was. */
    void finish() {
        keys.forEach((name, key) -> {
            if (key.pending != null) {
                wrong.add("lost: " + name + " " + key.pending);
            }
            Fired running = key.running;
            if (running != null && !running.returned) {
                wrong.add("cut off and not delivered again: " + name + " " + running);
            }
        });
        assertThat(wrong).isEmpty();
    }

    @Override
    public String toString() {
        return lives + " lives, " + starts + " answered starts, touches and submits, " + firings + " firings, " + again
                + " delivered again, " + away + " due while away, " + acknowledged.size() + " acknowledged";
    }
}
