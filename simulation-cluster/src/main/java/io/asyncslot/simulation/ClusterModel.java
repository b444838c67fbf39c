package io.asyncslot.simulation;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.StartSummary;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
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
 * What the operations on slots of a cluster are meant to do, as plainly as can be, and what has become of their values. Times are
 * microseconds of the database's clock. One part of a life moves at a time: nothing here is concurrent.
 */
final class ClusterModel {

    static final long NONE = -1;

    /** Of a period: the database has drawn its generation, and told nobody yet. */
    static final long UNSEEN = -2;

    /** One run, from its begin in the database to its end there. */
    static final class Run {
        final SlotId id;
        final long token;
        final long node;
        final long incarnation;
        final long generation;
        final int attempt;
        final long due;
        final @Nullable ClusterProcess process;

        /** The point of its map's grid; {@link #NONE} for its deadline. */
        long point = NONE;

        /** Whether the late policy may have the callback left out. */
        boolean mayBeLeftOut;

        /** Whether it does, by each clock that its node may have looked at. */
        boolean isLeftOut;

        List<Integer> values;

        /** When its callback has begun, by the database's clock as its process takes it. */
        long fired;

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
            this.due = begun.due();
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

        /** The point of the map's grid that it is of then; {@link #NONE} for the deadline. */
        long point = NONE;

        /** Whether the map's own period has armed it. */
        boolean period;

        /** The text of the key's own schedule that it follows; null for none. */
        @Nullable
        String schedule;

        /** The time before which it does not become due; {@link #NONE} for any. */
        long notBefore = NONE;

        /** Whether it fell due, by the clock of the node that holds it, before that node heard of the end of the run before it. */
        boolean overrun;

        /** The point that it cannot be postponed beyond; {@link #NONE} for none. */
        long latest = NONE;

        /** How many of the values that are pending were pending before, and passed on by a run. */
        int passedOn;

        /** What its generation is above, where nobody has seen it yet. */
        long above;

        List<Integer> values = new ArrayList<>();

        /** The run that goes on, or was cut off. */
        @Nullable
        Run run;

        /** Something else is pending from now on, or nothing is. */
        void rearm() {
            attempt = 1;
            again = false;
            point = NONE;
            period = false;
            overrun = false;
        }

        /** The generation of what is pending was seen. */
        void seen(SlotId id, long actual) {
            if (generation == UNSEEN && actual > above) {
                generation = actual;
            }
            same("generation of " + id + " that is " + this, generation, actual);
        }

        /** The schedule of what is pending. */
        @Nullable
        String follows() {
            return armed ? schedule : null;
        }

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

    private final Map<String, ClusterPlan> plans = new HashMap<>();
    private final Map<SlotId, Slot> slots =
            new TreeMap<>(java.util.Comparator.comparing(SlotId::map).thenComparing(SlotId::key));
    private final Set<String> pausedMaps = new TreeSet<>();

    private long highest = NONE;

    /** Values that were accepted, and what has become of those that are in no slot any more. */
    private long accepted;

    private long merged;
    private long dropped;
    private long handed;
    private long taken;

    ClusterModel(List<ClusterPlan> plans) {
        plans.forEach(plan -> this.plans.put(plan.name(), plan));
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

    ClusterPlan plan(SlotId id) {
        return Objects.requireNonNull(plans.get(id.map()));
    }

    static void same(Object what, @Nullable Object expected, @Nullable Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new Wrong(what + ": the model says " + expected + ", the engine " + actual);
        }
    }

    /** The points that a slot has; null for none. */
    @Nullable
    Grid grid(SlotId id, Slot slot) {
        return slot.schedule == null ? plan(id).grid() : Grid.of(slot.schedule);
    }

    // ---- operations ---------------------------------------------------------------------------------------------

    private void offered(SlotId id, Slot slot, @Nullable Offer offer) {
        byte[] value = offer == null ? null : offer.value();
        if (value == null) {
            return;
        }
        accepted++;
        if (plan(id).merge() == Merge.LAST || plan(id).merge() == Merge.FUNCTION) {
            merged += slot.values.size();
            slot.values.clear();
        } else if (plan(id).merge() == Merge.FIRST && !slot.values.isEmpty()) {
            merged++;
            return;
        }
        slot.values.add(NumberCodec.number(value));
    }

    /** The outcome for the caller; null where something else is pending than what its value was merged with, and it tries again. */
    @Nullable
    Object armed(
            SlotId id,
            boolean submits,
            Deadline when,
            @Nullable Offer offer,
            Armed<?> result,
            long now,
            Object outcome) {
        boolean changed = isChanged(slot(id), offer);
        same("whether something else is pending in " + id, changed, result.foundChange());
        if (changed) {
            return null;
        }
        if (isFull(id, offer)) {
            Object rejected = submits ? SubmitOutcome.REJECTED : StartOutcome.REJECTED;
            same("outcome of an arming of " + id + ", which is full", rejected, result.outcome());
            return rejected;
        }
        same("outcome of an arming of " + id, outcome, result.outcome());
        arm(slot(id), id, submits, when, offer, result, now);
        return outcome;
    }

    private static boolean isChanged(Slot slot, @Nullable Offer offer) {
        List<byte[]> expected = offer == null ? null : offer.expected();
        return expected != null && !NumberCodec.numbers(expected).equals(slot.armed ? slot.values : List.of());
    }

    /** Whether the slot has all the values that it may have, or its map all the slots. */
    private boolean isFull(SlotId id, @Nullable Offer offer) {
        Slot slot = slot(id);
        ClusterPlan plan = plan(id);
        boolean brings = offer != null && offer.value() != null;
        return brings && slot.armed && plan.maxValues() != 0 && slot.values.size() >= plan.maxValues()
                || !slot.live && plan.maxEntries() != 0 && entries(id.map()) >= plan.maxEntries();
    }

    private long entries(String map) {
        return slots.entrySet().stream()
                .filter(each -> each.getKey().map().equals(map) && each.getValue().live)
                .count();
    }

    private boolean flushes(SlotId id, Slot slot, int added) {
        int flushAt = plan(id).flushAt();
        return flushAt != 0 && slot.values.size() - slot.passedOn + added >= flushAt;
    }

    /** A batch: one start after the other, in one step. Answers what callers are told. */
    Object armedAll(List<SlotId> ids, Deadline when, @Nullable Offer offer, List<Armed<?>> results, long now) {
        same("number of answers", ids.size(), results.size());
        int[] outcomes = new int[StartOutcome.values().length];
        for (int i = 0; i < ids.size(); i++) {
            SlotId id = ids.get(i);
            StartOutcome outcome = slot(id).armed ? StartOutcome.REARMED : StartOutcome.STARTED;
            Object told = Objects.requireNonNull(armed(id, false, when, offer, results.get(i), now, outcome));
            outcomes[((StartOutcome) told).ordinal()]++;
        }
        int rejected = outcomes[StartOutcome.REJECTED.ordinal()];
        return rejected == ids.size()
                ? StartOutcome.REJECTED
                : new StartSummary(
                        outcomes[StartOutcome.STARTED.ordinal()],
                        outcomes[StartOutcome.REARMED.ordinal()],
                        rejected,
                        0,
                        0);
    }

    private void arm(
            Slot slot, SlotId id, boolean submits, Deadline when, @Nullable Offer offer, Armed<?> result, long now) {
        if (!slot.live) {
            slot.live = true;
            slot.paused = false;
            slot.incarnation = result.incarnation();
        }
        long cap = plan(id).maxWait() == 0 ? NONE : now + plan(id).maxWait();
        long latest = slot.armed && !slot.again && slot.latest != NONE ? slot.latest : cap;
        if (!slot.armed) {
            drop(slot);
            slot.rearm();
        }
        int added = offer != null && offer.value() != null ? 1 : 0;
        boolean keepsDue = submits && slot.armed;
        boolean keeps = keepsDue && !(slot.again && offer != null && offer.value() != null);
        if (!keeps) {
            if (!keepsDue) {
                slot.due = when.relative() ? now + when.micros() : when.micros();
                slot.due = latest == NONE ? slot.due : Math.min(slot.due, latest);
                slot.due = flushes(id, slot, added) ? Math.min(slot.due, now) : slot.due;
            }
            slot.due = Math.max(slot.due, slot.notBefore);
            slot.schedule = when.schedule();
            if (result.generation() <= highest) {
                throw new Wrong("generation " + result.generation() + " after " + highest);
            }
            highest = result.generation();
            slot.generation = result.generation();
            slot.rearm();
        }
        slot.armed = true;
        slot.latest = latest;
        offered(id, slot, offer);
        same("deadline of " + id, slot.due, result.due());
        slot.seen(id, result.generation());
    }

    Object restarted(SlotId id, long incarnation, Deadline when, Armed<?> result, long now) {
        Slot slot = slot(id);
        if (!slot.live || slot.incarnation != incarnation) {
            same("restart of " + id, StartOutcome.FREED, result.outcome());
            return StartOutcome.FREED;
        }
        String schedule = slot.schedule;
        Object outcome = Objects.requireNonNull(
                armed(id, false, when, null, result, now, slot.armed ? StartOutcome.REARMED : StartOutcome.STARTED));
        slot.schedule = schedule;
        return outcome;
    }

    /** By the schedule that the slot was seen to follow; null where it follows another one or is gone, and the process looks again. */
    @Nullable
    Object touchedOwn(SlotId id, Deadline when, Armed<?> result, long now) {
        Slot slot = slot(id);
        if (!slot.live || !Objects.equals(slot.follows(), when.schedule())) {
            same("touch of " + id, TouchOutcome.ABSENT, result.outcome());
            return null;
        }
        return touched(id, when, result, now);
    }

    /** A process brings a value: merged with what it has seen, and has the function for that called once. */
    void brought(SlotId id, Offer offer, @Nullable Integer own) {
        List<byte[]> expected = offer.expected();
        byte[] value = offer.value();
        if (plan(id).merge() == Merge.FUNCTION && own != null && value != null && expected != null) {
            int merges = expected.isEmpty() ? own : NumberCodec.merged(NumberCodec.number(expected.get(0)), own);
            same("value for " + id, merges, NumberCodec.number(value));
        }
    }

    /** A process asks for a point of a schedule: the first one after the time that it has read, if it was told any. */
    void askedFor(SlotId id, Deadline when, long read) {
        String text = when.schedule();
        if (text == null && when.relative()) {
            return;
        }
        Grid grid = text == null ? plan(id).grid() : Grid.of(text);
        if (grid == null) {
            throw new Wrong("a point of no schedule, for " + id + ": " + when);
        }
        long before = grid.calendar() && read == NONE ? when.micros() - 1 : read;
        Deadline first = grid.first(before);
        same("the first point of " + id, text == null ? first : first.of(text), when);
    }

    Object touched(SlotId id, Deadline when, Armed<?> result, long now) {
        Slot slot = slot(id);
        Object expected = !slot.live ? TouchOutcome.ABSENT : slot.armed ? TouchOutcome.MOVED : TouchOutcome.NOT_ARMED;
        same("touch of " + id, expected, result.outcome());
        slot.period = false;
        if (expected == TouchOutcome.MOVED) {
            long former = slot.due;
            slot.due = when.relative() ? now + when.micros() : when.micros();
            slot.due = slot.point == NONE && slot.latest != NONE ? Math.min(slot.due, slot.latest) : slot.due;
            slot.due = flushes(id, slot, 0) ? Math.min(slot.due, former) : slot.due;
            same("deadline of " + id, slot.due, result.due());
            slot.seen(id, result.generation());
        }
        return expected;
    }

    Object retried(
            SlotId id,
            long token,
            Deadline when,
            StoreSession.Retry how,
            Offer offer,
            StoreSession.Retried result,
            long now) {
        Slot slot = slot(id);
        Run run = slot.run;
        boolean all = plan(id).late() == LatePolicy.ALL;
        boolean putsOff = slot.armed && slot.period && (all || now + when.micros() < slot.due);
        RetryOutcome expected = !slot.live
                        || run == null
                        || run.token != token
                        || run.cut
                        || !slot.ownRun()
                        || !run.passed && isChanged(slot, offer)
                ? RetryOutcome.FREED
                : run.withdrawn && !slot.armed
                        ? RetryOutcome.WITHDRAWN
                        : slot.armed && !putsOff ? RetryOutcome.SUPERSEDED : RetryOutcome.SCHEDULED;
        same("retry of " + id + " that is " + slot, expected, result.outcome());
        if (run == null || expected == RetryOutcome.FREED || expected == RetryOutcome.WITHDRAWN) {
            return expected;
        }
        if (plan(id).merge() != null) {
            if (!slot.armed) {
                drop(slot);
            }
            if (plan(id).merge() == Merge.LAST && !slot.values.isEmpty()) {
                merged += run.values.size();
            } else if (plan(id).merge() == Merge.FIRST && !run.values.isEmpty()) {
                merged += slot.values.size();
                slot.values = new ArrayList<>(run.values);
            } else if (plan(id).merge() == Merge.FUNCTION && !run.values.isEmpty() && !slot.values.isEmpty()) {
                merged += run.values.size();
                slot.values = new ArrayList<>(List.of(NumberCodec.merged(run.values.get(0), slot.values.get(0))));
            } else {
                slot.passedOn += run.values.size();
                slot.values.addAll(0, run.values);
            }
            run.values = List.of();
            run.passed = true;
        }
        if (expected == RetryOutcome.SCHEDULED) {
            same("a period is put off by a retry of " + id, putsOff, result.putPeriodOff());
            slot.rearm();
            slot.armed = true;
            slot.again = true;
            slot.point = run.point == NONE ? run.due : run.point;
            slot.generation = run.generation;
            slot.attempt = run.attempt + (how.sameAttempt() ? 0 : 1);
            slot.due = now + when.micros();
        }
        return expected;
    }

    /** The run of a period begins: the next one is pending, of which nothing is known but when it is due. */
    void follow(Slot slot, long due, long above) {
        slot.rearm();
        slot.armed = true;
        slot.period = true;
        slot.due = due;
        slot.generation = UNSEEN;
        slot.above = above;
    }

    /** What a node is told to hold is what is to run next. */
    void claimed(Due due) {
        SlotId id = due.id();
        Slot slot = slot(id);
        Run run = slot.run;
        if (due.cutOff()) {
            if (run == null || !run.cut) {
                throw new Wrong("a run is claimed that was not cut off: " + due + " of " + slot);
            }
            same("generation of what was cut off", run.generation, due.generation());
            same("attempt of what was cut off", run.attempt + 1, due.attempt());
            same("deadline of what was cut off", run.due, due.due());
        } else if (slot.armed) {
            slot.seen(id, due.generation());
            same("attempt of " + id, slot.attempt, due.attempt());
            same("deadline of " + id, slot.due, due.due());
            same("point of " + id, slot.point == NONE ? slot.due : slot.point, due.point());
            same("whether a period armed " + id, slot.period, due.period());
            same("schedule of " + id, slot.schedule, due.schedule());
        } else {
            throw new Wrong("what is not pending is claimed: " + due + " of " + slot);
        }
    }

    private void drop(Slot slot) {
        slot.passedOn = 0;
        dropped += slot.values.size();
        slot.values.clear();
    }

    Object cancelled(SlotId id, WhenIdle whenIdle, Removed<?> result, long now) {
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
            if (whenIdle == WhenIdle.FREE && !slot.ownRun() && slot.notBefore <= now) {
                slot.live = false;
            } else if (slot.run != null) {
                slot.run.withdrawn = true;
            }
        }
        return expected;
    }

    /** What was seen is taken if it is what is pending still; answers the values, or null where nothing was taken. */
    @Nullable
    Object taken(SlotId id, Row seen, Optional<?> result, long now) {
        Slot slot = slot(id);
        boolean takes = slot.live
                && slot.armed
                && slot.generation == seen.generation()
                && slot.values.equals(NumberCodec.numbers(seen.values()));
        same("take of " + id + " that is " + slot, takes, result.isPresent());
        if (!takes) {
            return null;
        }
        List<Integer> values = List.copyOf(slot.values);
        taken += values.size();
        slot.values.clear();
        slot.passedOn = 0;
        slot.armed = false;
        slot.live = slot.ownRun() || slot.notBefore > now;
        same("freed with its values, " + id, !slot.live, ((Removed<?>) result.orElseThrow()).gone());
        return values;
    }

    Object deleted(SlotId id, Removed<?> result) {
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
            slot.notBefore = NONE;
            Run run = slot.run;
            if (run != null && run.cut) {
                dropped += run.values.size();
                slot.run = null;
            }
        }
        return expected;
    }

    /** A slot is freed whose interval is over. */
    void rested(SlotId id, long now) {
        Slot slot = slot(id);
        if (!isRested(id, slot, now)) {
            throw new Wrong("freed, and not at the end of its interval: " + id + " is " + slot);
        }
        slot.live = false;
    }

    private boolean isRested(SlotId id, Slot slot, long now) {
        boolean idle = slot.live && !slot.armed && slot.run == null;
        return idle && slot.notBefore != NONE && slot.notBefore <= now && plan(id).freesIdle();
    }

    Object paused(SlotId id, boolean pauses, boolean changed) {
        Slot slot = slot(id);
        if (pauses) {
            same("pause of " + id, slot.live && !slot.paused, changed);
        }
        if (slot.live) {
            slot.paused = pauses;
        }
        return changed;
    }

    void looked(SlotId id, Optional<?> result, boolean withValues) {
        Slot slot = slot(id);
        same("a look at " + id + " that is " + slot, slot.live, result.isPresent());
        if (result.isPresent()) {
            Row row = (Row) result.get();
            same("armed, of " + id + " that is " + slot, slot.armed, row.armed());
            same("paused, of " + id, slot.paused, row.paused());
            same("running, of " + id + " that is " + slot, slot.ownRun(), row.running());
            same("schedule of " + id, slot.follows(), row.schedule());
            if (slot.armed) {
                same("deadline of " + id, slot.due, row.due());
                slot.seen(id, row.generation());
                if (withValues) {
                    same("values of " + id, slot.values, NumberCodec.numbers(row.values()));
                }
            }
        }
    }

    Object pausedMap(String map, boolean pauses, Object result) {
        same(
                (pauses ? "pause of " : "resume of ") + map,
                pauses ? pausedMaps.add(map) : pausedMaps.remove(map),
                result);
        return result;
    }

    // ---- rest ----

    /** Which slot is not at rest, and why; null for none. */
    @Nullable
    String unrest(long now) {
        for (Map.Entry<SlotId, Slot> each : slots.entrySet()) {
            SlotId id = each.getKey();
            Slot slot = each.getValue();
            if (!isHeld(id, slot)) {
                boolean goesOn = grid(id, slot) != null && slot.due > now;
                if (slot.armed && !goesOn) {
                    return "lost: " + id + " is " + slot + " at " + now;
                }
                if (slot.run != null || isRested(id, slot, now)) {
                    return "not at rest: " + id + " is " + slot;
                }
            }
        }
        return null;
    }

    // ---- books --------------------------------------------------------------------------------------------------

    /** The values of a run were handed over, with its end. */
    void handed(Run run) {
        handed += run.values.size();
    }

    /** The values of a run are gone with its slot. */
    void dropped(Run run) {
        dropped += run.values.size();
    }

    /** Each value that was accepted is in one place. */
    void balance() {
        long pending = 0;
        for (Slot slot : slots.values()) {
            pending += slot.values.size() + (slot.run == null ? 0 : slot.run.values.size());
        }
        same("values accepted", accepted, handed + merged + taken + dropped + pending);
    }
}
