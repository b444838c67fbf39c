package io.asyncslot.simulation;

import static io.asyncslot.simulation.ClusterModel.NONE;
import static io.asyncslot.simulation.ClusterModel.same;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Beats.Beat;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.simulation.ClusterModel.Run;
import io.asyncslot.simulation.ClusterModel.Slot;
import io.asyncslot.simulation.Coverage.Race;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An exact account of what has become of each start and run of a cluster: it hears of each transaction when it is committed, and of
 * each callback when it begins, and compares with the {@link ClusterModel}. Times are microseconds of the database's clock. One part
 * of a life moves at a time: nothing here is concurrent.
 */
final class ClusterLedger {

    private final ClusterModel model;

    /** When each node that has joined has said the last time that it lives, by a clock that nobody sets. */
    private final Map<Long, Long> nodes = new TreeMap<>();

    private final Coverage coverage;
    private final long leaseNanos;

    ClusterLedger(ClusterModel model, Coverage coverage, long leaseNanos) {
        this.model = model;
        this.coverage = coverage;
        this.leaseNanos = leaseNanos;
    }

    // ---- what is committed --------------------------------------------------------------------------------------

    /**
     * A transaction was committed.
     *
     * @param answered whether who asked will hear of it
     * @param clocks the database's clock, as the process has taken it when it asked for the starts of runs
     * @param now the database's clock
     * @param steady nanoseconds of a clock that nobody sets
     * @return the outcome of a user's operation; null for others
     */
    @Nullable
    @SuppressWarnings("unchecked") // as the session has it
    Object committed(
            @Nullable ClusterProcess process,
            String method,
            Object[] args,
            Object result,
            boolean answered,
            List<Long> clocks,
            long now,
            long steady) {
        if (result instanceof Armed<?> armed && armed.foundChange()) {
            coverage.race(Race.MERGED_WITH_WHAT_HAS_CHANGED);
        }
        return switch (method) {
            case "start" ->
                model.armed(
                        (SlotId) args[1],
                        false,
                        (Deadline) args[2],
                        (Offer) args[3],
                        (Armed<?>) result,
                        now,
                        model.slot((SlotId) args[1]).armed ? StartOutcome.REARMED : StartOutcome.STARTED);
            case "startAll" ->
                model.armedAll(
                        (List<SlotId>) args[1], (Deadline) args[2], (Offer) args[3], (List<Armed<?>>) result, now);
            case "submit" ->
                model.armed(
                        (SlotId) args[1],
                        true,
                        Deadline.in(0),
                        (Offer) args[2],
                        (Armed<?>) result,
                        now,
                        model.slot((SlotId) args[1]).armed ? SubmitOutcome.COALESCED : SubmitOutcome.SUBMITTED);
            case "restart" ->
                model.restarted((SlotId) args[1], (long) args[2], (Deadline) args[3], (Armed<?>) result, now);
            case "touch" -> model.touched((SlotId) args[1], (Deadline) args[2], (Armed<?>) result, now);
            case "touchOwn" -> model.touchedOwn((SlotId) args[1], (Deadline) args[2], (Armed<?>) result, now);
            case "retry" ->
                model.retried(
                        (SlotId) args[0],
                        (long) args[1],
                        (Deadline) args[2],
                        (StoreSession.Retry) args[3],
                        (Offer) args[4],
                        (StoreSession.Retried) result,
                        now);
            case "cancel" -> model.cancelled((SlotId) args[0], (WhenIdle) args[1], (Removed<?>) result, now);
            case "take" -> model.taken((SlotId) args[0], (Row) args[1], (Optional<?>) result, now);
            case "delete" -> model.deleted((SlotId) args[0], (Removed<?>) result);
            case "pause" -> model.paused((SlotId) args[0], true, (boolean) result);
            case "resume" -> model.paused((SlotId) args[1], false, model.slot((SlotId) args[1]).paused);
            case "pauseMap", "resumeMap" -> model.pausedMap((String) args[0], method.equals("pauseMap"), result);
            case "find" -> {
                model.looked((SlotId) args[0], (Optional<?>) result, (boolean) args[1]);
                yield null;
            }
            case "begin" -> {
                Map<SlotId, Begin> asked = new HashMap<>();
                ((List<Begin>) args[1]).forEach(begin -> asked.put(begin.id(), begin));
                for (StartedRun begun : ((StoreSession.BeginResult) result).begun()) {
                    long next = Objects.requireNonNull(asked.get(begun.id())).nextDue();
                    begun((long) args[0], begun, next, process, clocks, answered, now);
                }
                yield null;
            }
            case "end" -> {
                List<?> finishes = (List<?>) args[1];
                List<?> ended = (List<?>) result;
                for (int i = 0; i < ended.size(); i++) {
                    ended((Claim) args[0], (Finish) finishes.get(i), (Ended) ended.get(i), now);
                }
                yield null;
            }
            case "sweep" -> {
                StoreSession.Swept swept = (StoreSession.Swept) result;
                swept.due().forEach(model::claimed);
                for (Due freed : swept.freed()) {
                    coverage.race(Race.FREED_AFTER_ITS_INTERVAL);
                    model.rested(freed.id(), now);
                }
                yield null;
            }
            case "overlooked" -> {
                ((List<Due>) result).forEach(model::claimed);
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
                for (Slot slot : model.slots().values()) {
                    if (slot.run != null && !slot.run.cut && !nodes.containsKey(slot.run.node)) {
                        cutOff(slot);
                    }
                }
                yield null;
            }
            case "cutOff" -> {
                Slot slot = model.slot((SlotId) args[1]);
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

    /**
     * A process asks for an operation on a slot, of which nothing is done yet.
     *
     * @param read the database's clock as its stack has read it last
     * @param value what the caller has brought last
     */
    void asked(Object[] args, long read, @Nullable Integer value) {
        if (args.length > 1 && args[1] instanceof SlotId id) {
            for (Object arg : args) {
                if (arg instanceof Deadline when) {
                    model.askedFor(id, when, read);
                } else if (arg instanceof Offer offer) {
                    model.brought(id, offer, value);
                }
            }
        }
    }

    // ---- runs ---------------------------------------------------------------------------------------------------

    private void begun(
            long node,
            StartedRun begun,
            long next,
            @Nullable ClusterProcess process,
            List<Long> clocks,
            boolean answered,
            long now) {
        SlotId id = begun.id();
        Slot slot = model.slot(id);
        Run former = slot.run;
        if (!nodes.containsKey(node)) {
            throw new Wrong("a run begins by node " + node + ", which is none: " + begun);
        }
        if (model.isHeld(id, slot)) {
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
            same("deadline of a run that is delivered again", former.due, begun.due());
            values = former.values;
        } else {
            if (!slot.live || !slot.armed) {
                throw new Wrong("a run begins of what is not pending: " + id + " is " + slot);
            }
            if (slot.due > now) {
                throw new Wrong("early: " + id + " begins at " + now + ", and is " + slot);
            }
            slot.seen(id, begun.generation());
            same("attempt of a run of " + id, slot.attempt, begun.attempt());
            same("deadline of a run of " + id, slot.due, begun.due());
            values = slot.values;
            slot.values = new ArrayList<>();
            slot.passedOn = 0;
        }
        List<byte[]> bytes = begun.values();
        same("values of a run of " + id, values, bytes == null ? List.of() : NumberCodec.numbers(bytes));
        ClusterPlan plan = model.plan(id);
        Run run = new Run(id, begun, node, process, values, answered);
        if (former == null) {
            run.point = slot.point;
            follow(id, slot, run, next, clocks);
        } else {
            run.point = former.point;
            run.passed = former.passed;
            run.withdrawn = former.withdrawn;
        }
        slot.run = run;
        slot.notBefore = plan.minInterval() == 0 ? NONE : now + plan.minInterval();
        if (process != null && answered) {
            process.begun.add(run);
        }
    }

    /** What is pending when a run has begun: of a periodic map the next point, as the late policy makes it of some clock. */
    private void follow(SlotId id, Slot slot, Run run, long next, List<Long> clocks) {
        Grid grid = model.grid(id, slot);
        LatePolicy late = model.plan(id).late();
        if (grid == null) {
            same("next point of " + id, SlotStore.NONE, next);
            slot.armed = false;
            slot.schedule = null;
            slot.rearm();
            return;
        }
        if (slot.schedule != null) {
            coverage.race(Race.KEY_FOLLOWS_ITS_SCHEDULE);
        }
        long point = run.point == ClusterModel.NONE ? run.due : run.point;
        if (clocks.stream().noneMatch(clock -> grid.next(late, point, Math.max(run.due, clock)) == next)) {
            throw new Wrong("after " + point + " of " + id + " comes " + next + ", by clocks that are " + clocks
                    + " and that it is " + slot);
        }
        run.isLeftOut = slot.period && clocks.stream().allMatch(clock -> grid.leavesOut(late, run.due, clock));
        run.mayBeLeftOut = slot.period
                && (slot.overrun || clocks.stream().anyMatch(clock -> grid.leavesOut(late, run.due, clock)));
        model.follow(slot, next, run.token);
    }

    /** A process hears of the ends of runs: what is due by its clock now has fallen due during a run. */
    void heard(List<Ended> all, long clock) {
        for (Ended ended : all) {
            Due next = ended.next();
            Slot slot = model.slot(ended.id());
            if (next != null && next.period() && slot.generation == next.generation() && slot.armed) {
                slot.overrun = model.plan(ended.id()).late() == LatePolicy.SKIP && next.due() <= clock;
            }
        }
    }

    private void ended(Claim claim, Finish finish, Ended ended, long now) {
        SlotId id = ended.id();
        Slot slot = model.slot(id);
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
        if (finish.result() == Finish.Result.NOT_CALLED && run.mayBeLeftOut && !run.called) {
            coverage.race(Race.PERIOD_LEFT_OUT);
            if (run.process != null) {
                run.process.begun.remove(run);
            }
        } else if (finish.result() == Finish.Result.NOT_CALLED && !over && !run.passed && !run.called) {
            throw new Wrong("a run is ended whose callback was not called: " + run);
        }
        model.handed(run);
        slot.run = null;
        if (run.called && slot.incarnation == run.incarnation) {
            rests(slot, run, finish);
        }
        if (model.plan(id).freesIdle() && slot.live && !slot.armed && slot.notBefore <= now) {
            slot.live = false;
        }
        same("freed with its run, " + id, !slot.live, ended.gone());
        if (ended.next() != null) {
            model.claimed(ended.next());
        }
    }

    /** The interval after a run is measured by the clock of its node as well, and from the beginning of the callback. */
    private void rests(Slot slot, Run run, Finish finish) {
        long interval = model.plan(run.id).minInterval();
        same("the end of the interval after " + run, interval == 0 ? NONE : run.fired + interval, finish.notBefore());
        slot.notBefore = Math.max(slot.notBefore, finish.notBefore());
        if (slot.armed && !slot.again) {
            if (slot.due < finish.notBefore()) {
                coverage.race(Race.HELD_BY_ITS_INTERVAL);
            }
            slot.due = Math.max(slot.due, finish.notBefore());
        }
    }

    private void letGo(long node) {
        nodes.remove(node);
        for (Slot slot : model.slots().values()) {
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
            model.dropped(run);
            slot.run = null;
            run.cut = true;
        }
    }

    // ---- callbacks ----------------------------------------------------------------------------------------------

    /** A callback begins: for one run of its process that has begun in the database, and for no other. */
    Run called(ClusterProcess process, SlotId id, SlotFiring firing, long now) {
        Run run = null;
        process.begun.removeIf(each -> each.called && each.returned);
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
        same("deadline of a callback", Micros.toInstant(run.due), firing.deadline());
        if (run.isLeftOut) {
            throw new Wrong("a point runs that is left out: " + run);
        }
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
        run.fired = run.due + lateness;
        return run;
    }

    /** Callbacks of one slot at once in several processes: only where one of them was given up. */
    void overlapping(Run one, Run other) {
        if (!one.cut && !other.cut) {
            throw new Wrong("two callbacks of a slot at once: " + one + " and " + other);
        }
        coverage.race(Race.TWO_CALLBACKS_AT_ONCE);
    }
}
