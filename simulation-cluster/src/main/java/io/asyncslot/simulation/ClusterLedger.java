package io.asyncslot.simulation;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Beats.Beat;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.simulation.Coverage.Race;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the slots of a cluster are meant to do, as plainly as can be, and an exact account of what has become of each start, value and run. It
 * hears of each transaction when it is committed, and of each callback when it begins and ends. Times are microseconds of the
 * database's clock.
 */
final class ClusterLedger {

    private static final long NONE = -1;

    /** One run, from its begin in the database to its end there. */
    static final class Run {
        final SlotId id;
        final long token;
        final long node;
        final long incarnation;
        final long generation;
        final int attempt;
        final @Nullable ClusterProcess process;
        List<Integer> values;

        /** Whether its process has heard of it. */
        boolean answered;

        boolean called;
        boolean returned;

        /** Whether nobody has it any more, so that it is to be delivered again. */
        boolean cut;

        boolean withdrawn;
        boolean passed;

        Run(
                SlotId id,
                StartedRun begun,
                long node,
                @Nullable ClusterProcess process,
                List<Integer> values,
                boolean answered) {
            this.id = id;
            this.token = begun.token();
            this.node = node;
            this.incarnation = begun.incarnation();
            this.generation = begun.generation();
            this.attempt = begun.attempt();
            this.process = process;
            this.values = values;
            this.answered = answered;
        }

        @Override
        public String toString() {
            return "run " + token + " of " + id + " by node " + node + ", generation " + generation + ", attempt "
                    + attempt
                    + (answered ? "" : ", of which nobody was told") + (called ? ", called" : "")
                    + (returned ? ", returned" : "") + (cut ? ", cut off" : "");
        }
    }

    /** One key's slot. */
    static final class Slot {
        boolean live;
        boolean paused;
        boolean armed;
        long incarnation = NONE;
        long generation = NONE;
        long due;
        int attempt = 1;

        /** Whether what is pending is a firing that is delivered again. */
        boolean again;

        List<Integer> values = new ArrayList<>();

        /** The run that goes on, or was cut off. */
        @Nullable
        Run run;

        boolean ownRun() {
            return run != null && run.incarnation == incarnation;
        }

        @Override
        public String toString() {
            return (live ? "live" : "freed") + (paused ? " paused" : "")
                    + (armed ? " armed for " + due + " as " + generation + ", attempt " + attempt : "") + " " + values
                    + (run == null ? "" : ", " + run);
        }
    }

    /** What a map is to be. */
    record Plan(String name, boolean work, @Nullable Merge merge, boolean freesIdle, int concurrency) {}

    private final Map<String, Plan> plans = new HashMap<>();
    private final Map<SlotId, Slot> slots =
            new TreeMap<>(java.util.Comparator.comparing(SlotId::map).thenComparing(SlotId::key));
    private final Set<String> pausedMaps = new TreeSet<>();

    /** When each node that has joined has said the last time that it lives, by a clock that nobody sets. */
    private final Map<Long, Long> nodes = new TreeMap<>();

    private final Coverage coverage;
    private final long leaseNanos;
    private long highest = NONE;

    /** Values that were accepted, and what has become of those that are in no slot any more. */
    private long accepted;

    private long merged;
    private long dropped;
    private long handed;

    ClusterLedger(List<Plan> plans, Coverage coverage, long leaseNanos) {
        plans.forEach(plan -> this.plans.put(plan.name(), plan));
        this.coverage = coverage;
        this.leaseNanos = leaseNanos;
    }

    Slot slot(SlotId id) {
        return slots.computeIfAbsent(id, same -> new Slot());
    }

    Map<SlotId, Slot> slots() {
        return slots;
    }

    boolean isHeld(SlotId id, Slot slot) {
        return slot.paused || pausedMaps.contains(id.map());
    }

    private Plan plan(SlotId id) {
        return Objects.requireNonNull(plans.get(id.map()));
    }

    private static void same(Object what, @Nullable Object expected, @Nullable Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new Wrong(what + ": the model says " + expected + ", the engine " + actual);
        }
    }

    // ---- what is committed --------------------------------------------------------------------------------------

    /**
     * A transaction was committed.
     *
     * @param answered whether who asked will hear of it
     * @param now the database's clock
     * @param steady nanoseconds of a clock that nobody sets
     * @return the outcome of a user's operation; null for others
     */
    @Nullable
    Object committed(
            @Nullable ClusterProcess process,
            String method,
            Object[] args,
            Object result,
            boolean answered,
            long now,
            long steady) {
        return switch (method) {
            case "start" ->
                armed(
                        (SlotId) args[1],
                        false,
                        (Deadline) args[2],
                        (Offer) args[3],
                        (Armed<?>) result,
                        now,
                        slot((SlotId) args[1]).armed ? StartOutcome.REARMED : StartOutcome.STARTED);
            case "submit" ->
                armed(
                        (SlotId) args[1],
                        true,
                        Deadline.in(0),
                        (Offer) args[2],
                        (Armed<?>) result,
                        now,
                        slot((SlotId) args[1]).armed ? SubmitOutcome.COALESCED : SubmitOutcome.SUBMITTED);
            case "restart" -> restarted((SlotId) args[1], (long) args[2], (Deadline) args[3], (Armed<?>) result, now);
            case "touch" -> touched((SlotId) args[1], (Deadline) args[2], (Armed<?>) result, now);
            case "retry" ->
                retried(
                        (SlotId) args[0],
                        (long) args[1],
                        (Deadline) args[2],
                        (StoreSession.Retry) args[3],
                        (StoreSession.Retried) result,
                        now);
            case "cancel" -> cancelled((SlotId) args[0], (WhenIdle) args[1], (Removed<?>) result);
            case "delete" -> deleted((SlotId) args[0], (Removed<?>) result);
            case "pause" -> paused((SlotId) args[0], true, (boolean) result);
            case "resume" -> paused((SlotId) args[1], false, slot((SlotId) args[1]).paused);
            case "pauseMap", "resumeMap" -> {
                String map = (String) args[0];
                boolean changed = method.equals("pauseMap") ? pausedMaps.add(map) : pausedMaps.remove(map);
                same(method + " " + map, changed, result);
                yield result;
            }
            case "find" -> {
                looked((SlotId) args[0], (Optional<?>) result, (boolean) args[1]);
                yield null;
            }
            case "begin" -> {
                for (StartedRun begun : ((StoreSession.BeginResult) result).begun()) {
                    begun((long) args[0], begun, process, answered, now);
                }
                yield null;
            }
            case "end" -> {
                List<?> finishes = (List<?>) args[1];
                List<?> ended = (List<?>) result;
                for (int i = 0; i < ended.size(); i++) {
                    ended((Claim) args[0], (Finish) finishes.get(i), (Ended) ended.get(i));
                }
                yield null;
            }
            case "join" -> {
                nodes.put((Long) result, steady);
                yield null;
            }
            case "beat" -> {
                nodes.replace((Long) args[0], steady);
                yield null;
            }
            case "giveUp" -> {
                if (((Optional<?>) result).isPresent()) {
                    long node = ((Beat) args[0]).node();
                    long silence = steady - Objects.requireNonNull(nodes.get(node));
                    if (silence < leaseNanos) {
                        throw new Wrong("node " + node + " is given up after a silence of " + silence + " ns");
                    }
                    letGo(node);
                }
                yield null;
            }
            case "release" -> {
                if (args.length == 1 && nodes.containsKey((Long) args[0])) {
                    letGo((long) args[0]);
                }
                yield null;
            }
            case "releaseOrphans" -> {
                for (Slot slot : slots.values()) {
                    if (slot.run != null && !slot.run.cut && !nodes.containsKey(slot.run.node)) {
                        cutOff(slot);
                    }
                }
                yield null;
            }
            case "cutOff" -> {
                Slot slot = slot((SlotId) args[1]);
                Run run = slot.run;
                boolean this1 = run != null && run.token == (long) args[2] && run.node == (long) args[0] && !run.cut;
                same("cutOff " + args[1], this1, result);
                if (this1) {
                    if (Objects.requireNonNull(run).answered) {
                        throw new Wrong("cut off, although its node knows of it: " + run);
                    }
                    coverage.race(Race.BEGIN_WHOSE_ANSWER_WAS_LOST);
                    cutOff(slot);
                }
                yield null;
            }
            default -> null;
        };
    }

    private void offered(SlotId id, Slot slot, @Nullable Offer offer) {
        byte[] value = offer == null ? null : offer.value();
        if (value == null) {
            return;
        }
        accepted++;
        if (plan(id).merge() == Merge.LAST) {
            merged += slot.values.size();
            slot.values.clear();
        }
        slot.values.add(NumberCodec.number(value));
    }

    private Object armed(
            SlotId id,
            boolean submits,
            Deadline when,
            @Nullable Offer offer,
            Armed<?> result,
            long now,
            Object outcome) {
        same("outcome of an arming of " + id, outcome, result.outcome());
        arm(slot(id), id, submits, when, offer, result, now);
        return outcome;
    }

    private void arm(
            Slot slot, SlotId id, boolean submits, Deadline when, @Nullable Offer offer, Armed<?> result, long now) {
        if (!slot.live) {
            slot.live = true;
            slot.paused = false;
            slot.incarnation = result.incarnation();
        }
        if (!slot.armed) {
            drop(slot);
            slot.attempt = 1;
            slot.again = false;
        }
        boolean keepsDue = submits && slot.armed;
        boolean keeps = keepsDue && !(slot.again && offer != null && offer.value() != null);
        if (!keeps) {
            if (!keepsDue) {
                slot.due = when.relative() ? now + when.micros() : when.micros();
            }
            if (result.generation() <= highest) {
                throw new Wrong("generation " + result.generation() + " after " + highest);
            }
            highest = result.generation();
            slot.generation = result.generation();
            slot.attempt = 1;
            slot.again = false;
        }
        slot.armed = true;
        offered(id, slot, offer);
        same("deadline of " + id, slot.due, result.due());
        same("generation of " + id, slot.generation, result.generation());
    }

    private Object restarted(SlotId id, long incarnation, Deadline when, Armed<?> result, long now) {
        Slot slot = slot(id);
        if (!slot.live || slot.incarnation != incarnation) {
            same("restart of " + id, StartOutcome.FREED, result.outcome());
            return StartOutcome.FREED;
        }
        return armed(id, false, when, null, result, now, slot.armed ? StartOutcome.REARMED : StartOutcome.STARTED);
    }

    private Object touched(SlotId id, Deadline when, Armed<?> result, long now) {
        Slot slot = slot(id);
        Object expected = !slot.live ? TouchOutcome.ABSENT : slot.armed ? TouchOutcome.MOVED : TouchOutcome.NOT_ARMED;
        same("touch of " + id, expected, result.outcome());
        if (expected == TouchOutcome.MOVED) {
            slot.due = now + when.micros();
            same("deadline of " + id, slot.due, result.due());
            same("generation of " + id, slot.generation, result.generation());
        }
        return expected;
    }

    private Object retried(
            SlotId id, long token, Deadline when, StoreSession.Retry how, StoreSession.Retried result, long now) {
        Slot slot = slot(id);
        Run run = slot.run;
        RetryOutcome expected = !slot.live || run == null || run.token != token || run.cut || !slot.ownRun()
                ? RetryOutcome.FREED
                : run.withdrawn
                        ? RetryOutcome.WITHDRAWN
                        : slot.armed ? RetryOutcome.SUPERSEDED : RetryOutcome.SCHEDULED;
        same("retry of " + id, expected, result.outcome());
        if (run == null || expected == RetryOutcome.FREED || expected == RetryOutcome.WITHDRAWN) {
            return expected;
        }
        if (plan(id).merge() != null) {
            if (!slot.armed) {
                drop(slot);
            }
            if (plan(id).merge() == Merge.LAST && !slot.values.isEmpty()) {
                merged += run.values.size();
            } else {
                slot.values.addAll(0, run.values);
            }
            run.values = List.of();
            run.passed = true;
        }
        if (expected == RetryOutcome.SCHEDULED) {
            slot.armed = true;
            slot.again = true;
            slot.generation = run.generation;
            slot.attempt = run.attempt + (how.sameAttempt() ? 0 : 1);
            slot.due = now + when.micros();
        }
        return expected;
    }

    private void drop(Slot slot) {
        dropped += slot.values.size();
        slot.values.clear();
    }

    private Object cancelled(SlotId id, WhenIdle whenIdle, Removed<?> result) {
        Slot slot = slot(id);
        Object expected = !slot.live
                ? CancelOutcome.ABSENT
                : slot.armed
                        ? CancelOutcome.CANCELLED
                        : slot.ownRun() ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
        same("cancel of " + id, expected, result.outcome());
        if (slot.live) {
            slot.armed = false;
            drop(slot);
            if (whenIdle == WhenIdle.FREE && !slot.ownRun()) {
                slot.live = false;
            } else if (slot.run != null) {
                slot.run.withdrawn = true;
            }
        }
        return expected;
    }

    private Object deleted(SlotId id, Removed<?> result) {
        Slot slot = slot(id);
        Object expected = !slot.live
                ? DeleteOutcome.ABSENT
                : slot.ownRun()
                        ? DeleteOutcome.DELETED_WHILE_RUNNING
                        : slot.armed ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
        same("delete of " + id, expected, result.outcome());
        if (slot.live) {
            slot.armed = false;
            drop(slot);
            slot.live = false;
            Run run = slot.run;
            if (run != null && run.cut) {
                dropped += run.values.size();
                slot.run = null;
            }
        }
        return expected;
    }

    private Object paused(SlotId id, boolean pauses, boolean changed) {
        Slot slot = slot(id);
        if (pauses) {
            same("pause of " + id, slot.live && !slot.paused, changed);
        }
        if (slot.live) {
            slot.paused = pauses;
        }
        return changed;
    }

    private void looked(SlotId id, Optional<?> result, boolean withValues) {
        Slot slot = slot(id);
        same("a look at " + id + " that is " + slot, slot.live, result.isPresent());
        if (result.isPresent()) {
            Row row = (Row) result.get();
            same("armed, of " + id + " that is " + slot, slot.armed, row.armed());
            same("paused, of " + id, slot.paused, row.paused());
            same("running, of " + id + " that is " + slot, slot.ownRun(), row.running());
            if (slot.armed) {
                same("deadline of " + id, slot.due, row.due());
                same("generation of " + id, slot.generation, row.generation());
                if (withValues) {
                    same("values of " + id, slot.values, NumberCodec.numbers(row.values()));
                }
            }
        }
    }

    // ---- runs ---------------------------------------------------------------------------------------------------

    private void begun(long node, StartedRun begun, @Nullable ClusterProcess process, boolean answered, long now) {
        SlotId id = begun.id();
        Slot slot = slot(id);
        Run former = slot.run;
        if (!nodes.containsKey(node)) {
            throw new Wrong("a run begins by node " + node + ", which is none: " + begun);
        }
        if (isHeld(id, slot)) {
            throw new Wrong("a run begins of a slot that is paused: " + id);
        }
        if (former != null && !former.cut) {
            throw new Wrong("a run begins while another one goes on: " + former);
        }
        List<Integer> values;
        if (former != null) {
            coverage.race(Race.RUN_DELIVERED_AGAIN);
            same("generation of a run that is delivered again", former.generation, begun.generation());
            same("attempt of a run that is delivered again", former.attempt + 1, begun.attempt());
            values = former.values;
        } else {
            if (!slot.live || !slot.armed) {
                throw new Wrong("a run begins of what is not pending: " + id + " is " + slot);
            }
            if (slot.due > now) {
                throw new Wrong("early: " + id + " begins at " + now + ", and is " + slot);
            }
            same("generation of a run of " + id, slot.generation, begun.generation());
            same("attempt of a run of " + id, slot.attempt, begun.attempt());
            slot.armed = false;
            slot.again = false;
            slot.attempt = 1;
            values = slot.values;
            slot.values = new ArrayList<>();
        }
        List<byte[]> bytes = begun.values();
        same("values of a run of " + id, values, bytes == null ? List.of() : NumberCodec.numbers(bytes));
        Run run = new Run(id, begun, node, process, values, answered);
        run.passed = former != null && former.passed;
        run.withdrawn = former != null && former.withdrawn;
        slot.run = run;
        if (process != null && answered) {
            process.begun.add(run);
        }
    }

    private void ended(Claim claim, Finish finish, Ended ended) {
        SlotId id = ended.id();
        Slot slot = slot(id);
        Run run = slot.run;
        boolean mine = run != null && run.token == ended.token() && run.node == claim.node() && !run.cut;
        same(
                "the end of a run of " + id + " that is " + slot,
                mine ? Ended.Result.ENDED : Ended.Result.FENCED,
                ended.result());
        if (run == null || !mine) {
            coverage.race(Race.RUN_FENCED);
            return;
        }
        if (run.called && !run.returned) {
            throw new Wrong("a run is ended whose callback goes on: " + run);
        }
        boolean over = run.passed && !run.called;
        if (finish.result() == Finish.Result.NOT_CALLED && !over && !run.passed && !run.called) {
            throw new Wrong("a run is ended whose callback was not called: " + run);
        }
        handed += run.values.size();
        slot.run = null;
        if (plan(id).freesIdle() && slot.live && !slot.armed) {
            slot.live = false;
        }
        same("freed with its run, " + id, !slot.live, ended.gone());
    }

    private void letGo(long node) {
        nodes.remove(node);
        for (Slot slot : slots.values()) {
            if (slot.run != null && slot.run.node == node && !slot.run.cut) {
                coverage.race(Race.GIVEN_UP_WHILE_RUNNING);
                cutOff(slot);
            }
        }
    }

    private void cutOff(Slot slot) {
        Run run = Objects.requireNonNull(slot.run);
        if (slot.live && slot.ownRun() && !(run.passed && slot.armed)) {
            run.cut = true;
        } else {
            dropped += run.values.size();
            slot.run = null;
            run.cut = true;
        }
    }

    // ---- callbacks ----------------------------------------------------------------------------------------------

    /** A callback begins: for one run of its process that has begun in the database, and for no other. */
    Run called(ClusterProcess process, SlotId id, SlotFiring firing, long now) {
        Run run = null;
        for (Run each : process.begun) {
            if (each.id.equals(id) && !each.called) {
                run = each;
            }
        }
        if (run == null) {
            throw new Wrong(
                    "doubled: a callback without a run that has begun: " + firing + ", attempt " + firing.attempt());
        }
        same("generation of a callback", run.generation, firing.generation());
        same("attempt of a callback", run.attempt, firing.attempt());
        Object value = firing.value();
        List<?> values = value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
        same("values of a callback", run.values, values);
        long lateness = firing.lateness().toNanos() / 1_000;
        if (lateness < 0 || firing.deadline().toEpochMilli() > now / 1_000) {
            throw new Wrong("early: " + firing + " at " + now);
        }
        for (Run each : process.begun) {
            if (each.id.equals(id) && each.called && !each.returned) {
                throw new Wrong("two callbacks of a slot at once in one process: " + each + " and " + run);
            }
        }
        if (run.cut) {
            coverage.race(Race.GIVEN_UP_AND_WENT_ON);
        }
        run.called = true;
        return run;
    }

    /** Callbacks of one slot at once in several processes: only where one of them was given up. */
    void overlapping(Run one, Run other) {
        if (!one.cut && !other.cut) {
            throw new Wrong("two callbacks of a slot at once: " + one + " and " + other);
        }
        coverage.race(Race.TWO_CALLBACKS_AT_ONCE);
    }

    // ---- books --------------------------------------------------------------------------------------------------

    /** Each value that was accepted is in one place. */
    void balance() {
        long pending = 0;
        for (Slot slot : slots.values()) {
            pending += slot.values.size() + (slot.run == null ? 0 : slot.run.values.size());
        }
        same("values accepted", accepted, handed + merged + dropped + pending);
    }
}
