package io.asyncslot.actuate;

import io.asyncslot.RunState;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.SlotSnapshot.LatenessSplit;
import io.asyncslot.WhenIdle;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Says in sentences why a slot fires, fired or did not: from its snapshot, its history and its map. Used by one thread. */
final class SlotExplanation {

    private static final Set<Kind> ARMING =
            EnumSet.of(Kind.STARTED, Kind.REARMED, Kind.SUBMITTED, Kind.RETRIED, Kind.POSTPONED);

    private static final Set<Kind> DISARMING = EnumSet.of(Kind.CANCELLED, Kind.FIRED);

    private final List<String> sentences = new ArrayList<>();

    private SlotExplanation() {}

    /**
     * Explains a slot that exists.
     *
     * @param running whether the registry runs callbacks
     * @param failures what to show of a failure's text
     */
    static List<String> of(SlotSnapshot slot, SlotMap<?> map, boolean running, UnaryOperator<String> failures) {
        SlotExplanation explanation = new SlotExplanation();
        explanation.pending(slot, map, running);
        explanation.pauses(slot, map);
        explanation.lastFiring(slot, failures);
        if (slot.history().isEmpty()) {
            explanation.say("Nothing else is on record: the history is off (asyncslot.history.size, or asyncslot.maps."
                    + slot.map() + ".history-size), or begins with the next event.");
        }
        return explanation.sentences;
    }

    /** Explains why there is no slot where nothing is remembered of one. */
    static List<String> ofUnknown() {
        return List.of("It was never started, or its history is no longer on record.");
    }

    /**
     * Explains why there is no slot, from what is remembered of the last one of the key.
     *
     * @param failures what to show of a failure's text
     */
    static List<String> ofDeparted(SlotSnapshot slot, UnaryOperator<String> failures) {
        SlotExplanation explanation = new SlotExplanation();
        List<SlotEvent> history = slot.history();
        int deleted = lastOf(history, EnumSet.of(Kind.DELETED)); // a run that went on may have ended after it
        int end = lastOf(deleted < 0 ? history : history.subList(0, deleted), DISARMING);
        if (deleted >= 0) {
            SlotEvent deletion = history.get(deleted);
            explanation.say("Deleted at " + deletion.time() + by(deletion) + ".");
            List<SlotEvent> before = history.subList(0, deleted);
            int arming = lastOf(before, ARMING);
            if (arming > end) {
                explanation.say("It was pending then: " + armed(before, arming) + ".");
                return explanation.sentences;
            }
        } else {
            explanation.say("There is no slot: nothing is pending, and idle slots are not kept (when-idle is FREE).");
        }
        if (end >= 0) {
            SlotEvent event = history.get(end);
            explanation.say((event.kind() == Kind.FIRED ? "It had fired at " : "It had been cancelled at ")
                    + event.time() + by(event) + before(history, end) + ".");
        }
        LastFiring firing = slot.lastFiring();
        if (firing != null && firing.failure() != null) {
            explanation.lastFiring(slot, failures);
        }
        return explanation.sentences;
    }

    private void say(String sentence) {
        sentences.add(Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1));
    }

    /** What is pending and what it waits for; or why nothing is. */
    private void pending(SlotSnapshot slot, SlotMap<?> map, boolean running) {
        List<SlotEvent> history = slot.history();
        Duration left = slot.timeLeft();
        if (left == null) {
            int end = lastOf(history, DISARMING);
            if (slot.runState().isRunning()) {
                say("Its callback runs, and nothing further is pending.");
            } else if (end >= 0 && history.get(end).kind() == Kind.CANCELLED) {
                SlotEvent event = history.get(end);
                say("Nothing is pending: cancelled at " + event.time() + by(event) + ".");
            } else {
                say("Nothing is pending" + (end >= 0 ? " since it fired" + before(history, end) + "." : "."));
            }
            if (slot.runState() == RunState.IDLE && map.whenIdle() == WhenIdle.FREE) {
                say("It stays until minInterval has passed since the start of its last run.");
            }
            return;
        }
        int arming = lastOf(history, ARMING);
        int fired = lastOf(history, EnumSet.of(Kind.FIRED, Kind.SKIPPED));
        if (fired > arming) {
            say("armed by its own period at " + history.get(fired).time() + moves(history, fired) + ".");
        } else if (arming >= 0) {
            say(armed(history, arming) + ".");
            cancelledBefore(history.subList(0, arming));
        } else if (!history.isEmpty()) {
            say("armed by a start that is no longer on record" + moves(history, -1) + ".");
        }
        if (slot.schedule() != null) {
            say("It follows its own schedule: " + slot.schedule() + ".");
        }
        if (!left.isZero()) {
            say("Due at " + slot.deadline() + ", in " + left + ".");
        } else {
            say("Due since " + slot.deadline() + "; it waits for " + awaited(slot, map, running) + ".");
        }
    }

    /** What was taken away before it was armed again, and by whom. */
    private void cancelledBefore(List<SlotEvent> history) {
        int end = lastOf(history, DISARMING);
        if (end >= 0 && history.get(end).kind() == Kind.CANCELLED) {
            say("Before that it was cancelled, at " + history.get(end).time() + by(history.get(end)) + ".");
        }
    }

    private static String awaited(SlotSnapshot slot, SlotMap<?> map, boolean running) {
        if (slot.runState().isRunning()) {
            return "the end of the current run";
        }
        if (slot.pausedSince() != null || map.isPaused()) {
            return "a resume";
        }
        if (!running) {
            return "the start of the application: no callbacks run yet";
        }
        int last = slot.history().size() - 1;
        if (last >= 0 && slot.history().get(last).kind() == Kind.DEFERRED) {
            return "the executor, which refused it at "
                    + slot.history().get(last).time() + " and is asked again each millisecond";
        }
        return "a thread of the executor, or the map's concurrency (waiting callbacks of the map: "
                + map.stats().queued() + ")";
    }

    private void pauses(SlotSnapshot slot, SlotMap<?> map) {
        if (slot.pausedSince() != null) {
            say("Paused since " + slot.pausedSince() + by(slot.pausedBy())
                    + ": slots that fall due wait for a resume.");
        }
        map.pausedSince()
                .ifPresent(since -> say("The whole map is paused since " + since + by(pausedBy(map, since))
                        + ": slots that fall due wait for a resume."));
    }

    private void lastFiring(SlotSnapshot slot, UnaryOperator<String> failures) {
        LastFiring firing = slot.lastFiring();
        if (firing == null) {
            return;
        }
        Duration took = firing.duration();
        String failure = firing.failure();
        String end = took == null
                ? "it still runs"
                : "it ran " + took + (failure == null ? " and returned" : " and failed: " + failures.apply(failure));
        say("Fired at " + firing.firedAt() + ", generation " + firing.generation()
                + (firing.attempt() > 1 ? ", attempt " + firing.attempt() : "") + ", " + firing.lateness() + " late"
                + split(firing.split()) + "; " + end + ".");
    }

    private static String split(@Nullable LatenessSplit split) {
        return split == null
                ? ""
                : " (wake-up " + split.wakeUp() + ", queue " + split.queue() + ", gate " + split.gate() + ")";
    }

    /** Who armed it, when and for how long, and what moved it since. */
    private static String armed(List<SlotEvent> history, int arming) {
        SlotEvent event = history.get(arming);
        String verb = switch (event.kind()) {
            case SUBMITTED -> "submitted at ";
            case RETRIED -> "its run failed and will be tried again, decided at ";
            case POSTPONED -> "its callback was not called but postponed at ";
            case STARTED, REARMED -> "armed at ";
            case MOVED, COALESCED, CANCELLED, DELETED, FIRED, COMPLETED, FAILED, SKIPPED, DEFERRED, PAUSED, RESUMED ->
                throw new IllegalArgumentException("not an arming: " + event);
        };
        return verb
                + event.time()
                + by(event)
                + (event.detail() == null || event.kind() == Kind.SUBMITTED ? "" : " for " + event.detail())
                + held(event)
                + rearms(history, arming)
                + moves(history, arming);
    }

    /** How often it was armed anew, and by whom first; nothing where that is told already. */
    private static String rearms(List<SlotEvent> history, int arming) {
        int rearms = 0;
        int first = arming;
        while (first >= 0 && history.get(first).kind().repeats()) {
            SlotEvent event = history.get(first--);
            rearms += event.kind() == Kind.REARMED ? event.count() : 0;
        }
        if (rearms == 0) {
            return "";
        }
        boolean known = first >= 0 && ARMING.contains(history.get(first).kind());
        String times = rearms == 1 ? "once" : rearms + " times";
        return known
                ? "; first at " + history.get(first).time() + by(history.get(first)) + ", then armed again " + times
                : "; armed again " + times + " since the first start, which is no longer on record";
    }

    private static String moves(List<SlotEvent> history, int after) {
        boolean mixed = after >= 0 && history.get(after).count() > 1; // then some came before the last of these
        int moves = 0;
        SlotEvent last = null;
        for (SlotEvent event : history.subList(after + 1, history.size())) {
            if (event.kind() == Kind.MOVED) {
                moves += event.count();
                last = event;
            }
        }
        return last == null
                ? ""
                : "; moved " + (moves == 1 ? "once" : moves + " times")
                        + (mixed ? " in between, last at " : " since, last at ") + last.time() + by(last) + " for "
                        + last.detail() + held(last);
    }

    /** What the map's shape made of the deadline that was asked for. */
    private static String held(SlotEvent event) {
        SlotLimit limit = event.limit();
        if (limit == null) {
            return "";
        }
        return switch (limit) {
            case MAX_WAIT -> ", limited by maxWait: a later deadline was requested";
            case FLUSH_AT -> ", because flushAt was reached: its values run immediately";
            case MIN_INTERVAL ->
                ", held back by minInterval"
                        + (event.detail() == null
                                ? ""
                                : " until " + event.time().plus(event.detail()));
        };
    }

    /** Of a slot that fired or was cancelled: which setting of the map had held before. */
    private static String before(List<SlotEvent> history, int end) {
        List<SlotEvent> before = history.subList(0, end);
        int begin = lastOf(before, DISARMING) + 1;
        SlotLimit limit = null;
        for (SlotEvent event : before.subList(begin, end)) {
            if (ARMING.contains(event.kind()) || event.kind() == Kind.MOVED) {
                limit = event.limit();
            }
        }
        return limit == null ? "" : ", limited by " + limit.setting();
    }

    private static int lastOf(List<SlotEvent> history, Set<Kind> kinds) {
        for (int i = history.size() - 1; i >= 0; i--) {
            if (kinds.contains(history.get(i).kind())) {
                return i;
            }
        }
        return -1;
    }

    private static String by(SlotEvent event) {
        boolean asked = !event.kind().operation().equals("fire"); // else it came of the deadline
        String phrase = phrase(event.cause());
        return phrase != null ? " by " + phrase : asked ? " by a call of the API" : "";
    }

    private static String by(@Nullable SlotCause cause) {
        return cause == null ? "" : " by " + phrase(cause);
    }

    /** The cause of the map's pause that began then; null if it had none, or the pause is over: the map's may be a new one. */
    static @Nullable SlotCause pausedBy(SlotMap<?> map, Instant since) {
        SlotCause by = map.pausedBy().orElse(null);
        return map.pausedSince().filter(since::equals).isPresent() ? by : null;
    }

    /** A cause in words; null for none. */
    static @Nullable String phrase(@Nullable SlotCause cause) {
        if (cause == null) {
            return null;
        }
        String name = cause.name();
        return switch (cause.type()) {
            case ANNOTATION -> name == null ? "an annotation" : name;
            case ENDPOINT -> named("the endpoint", name);
            case CALLBACK -> "its own callback";
            case RETRY -> named("a retry", name);
            case GUARD -> name == null ? "a guard of the callback" : name;
            case PERIOD -> "its own period";
            case CLOCK -> "the wall clock, which was set back";
            case SCOPE -> named("the end of its scope", name);
            case KERNEL -> named("a BPF program", name);
        };
    }

    private static String named(String what, @Nullable String name) {
        return name == null ? what : what + " (" + name + ")";
    }
}
