package io.asyncslot.simulation;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotState;
import io.asyncslot.simulation.Coverage.Race;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/** What must hold when nothing is left to do now, at rest, and after a close. */
final class Checks {

    /** Longer than the longest pause of an executor's queue. */
    private static final long BACK_OFF_NANOS = 33_000_000;

    /** After so many looks, each that long after the one before, a bundle whose task has begun holds nothing any more. */
    private static final int LOOKS_AT_A_BUNDLE = 3;

    /** Bounds a drain: nothing that the simulation does keeps the engine busy for so long. */
    private static final int MOST_ROUNDS = 500;

    private final Stage stage;
    private final Operations operations;
    private final Runs runs;
    private final Lifecycle lifecycle;

    Checks(Stage stage, Operations operations, Runs runs) {
        this.stage = stage;
        this.operations = operations;
        this.runs = runs;
        this.lifecycle = runs.lifecycle();
    }

    /** Lets everything happen that can happen now. Nothing may be left that is due. */
    void drain(boolean deep) {
        if (stage.over) {
            return;
        }
        stage.note(() -> "drain");
        stage.executor.left = 0;
        boolean outer = stage.quiet;
        stage.quiet = true;
        try {
            if (stage.dropped) {
                boolean was = stage.running;
                lifecycle.stop();
                if (was) {
                    lifecycle.start();
                }
            }
            long late = stage.machine.behave();
            int looks = stage.sharesTasks && !stage.open.isEmpty() ? LOOKS_AT_A_BUNDLE : 0;
            for (int round = 0; ; round++) {
                stage.pump();
                if (!runAll()) {
                    if (late != 0) {
                        stage.clocks.advance(late);
                        late = 0;
                        continue;
                    }
                    if (looks > 0) { // for those behind an open run to be taken out of its bundle
                        looks--;
                        stage.clocks.advance(BACK_OFF_NANOS);
                        continue;
                    }
                    if (!stage.executor.refused) {
                        break;
                    }
                    stage.executor.refused = false;
                    stage.clocks.advance(BACK_OFF_NANOS);
                }
                if (round > MOST_ROUNDS) {
                    stage.fail("no end: after " + round + " rounds there is still something to do");
                }
            }
        } finally {
            stage.quiet = outer;
        }
        if (stage.wrong == null && !stage.over) {
            compare(deep);
        }
    }

    private void compare(boolean deep) {
        stage.executor.ranInline &= !stage.open.isEmpty();
        long latest = Long.MAX_VALUE;
        long late = stage.machine.lateness() / 1_000;
        for (Slots slots : stage.maps) {
            Model model = slots.model;
            long now = stage.now(model) - noise(model);
            if (stage.running && !model.closed) {
                boolean noPermit = model.plan.concurrency() != 0 && model.running >= model.plan.concurrency();
                for (Model.Slot slot : model.live) {
                    if (slot == null || noPermit) {
                        continue;
                    }
                    boolean mayWait = stage.executor.ranInline; // behind a run that is open, on the stack of that run
                    if (!mayWait && model.isDue(slot, now - late) && model.isExact(slot, now)) {
                        stage.fail("lost: " + Stage.name(model, slot.key) + " is due at " + now + ": " + slot);
                    }
                    if (!mayWait && slot.deadline == Model.DERIVED) {
                        checkDerived(slots, slot, now - late);
                    }
                }
                if (!noPermit) {
                    model.leaveOut(now);
                    latest = Math.min(latest, latestLook(model, now));
                }
            }
            if (deep) {
                compare(slots);
            }
        }
        String task = stage.view == null ? null : stage.view.wrong(stage.running && !stage.executor.ranInline);
        if (task != null) {
            stage.fail(task);
        }
        if (stage.running && late == 0 && stage.wake > latest && !stage.executor.ranInline) {
            stage.fail("wakes too late: at " + stage.wake + " for what is due at " + latest);
        }
    }

    private long noise(Model model) {
        return model.plan.clock() == SlotClock.REALTIME ? stage.machine.wallNoise() : 0;
    }

    private long latestLook(Model model, long now) {
        long latest = Long.MAX_VALUE;
        for (Model.Slot slot : model.live) {
            if (slot != null
                    && slot.armed
                    && !slot.running
                    && !model.isHeld(slot)
                    && model.former[slot.key] == null
                    && slot.deadline != Model.DERIVED
                    && slot.deadline < Model.NEVER) {
                long look = model.plan.clock() == SlotClock.MONOTONIC
                        ? slot.deadline
                        : stage.clocks.monotonicNanos() / 1_000 + slot.deadline - now;
                latest = Math.min(latest, look * 1_000);
            }
        }
        return latest;
    }

    /** What follows a schedule waits for the first point that has not had its run. */
    private void checkDerived(Slots slots, Model.Slot slot, long now) {
        Model model = slots.model;
        if (!slot.armed || slot.running || model.isHeld(slot) || model.former[slot.key] != null || slot.again != null) {
            return;
        }
        SlotSnapshot snapshot = slots.map.find(stage.keys[slot.key]).orElse(null);
        Instant deadline = snapshot == null ? null : snapshot.deadline();
        if (deadline == null) {
            stage.fail("nothing is pending of " + slot);
            return;
        }
        long due = deadline.getEpochSecond() * 1_000_000 + deadline.getNano() / 1_000;
        if (due <= now) {
            stage.fail("lost: " + Stage.name(model, slot.key) + " is due since " + due + " at " + now + ": " + slot);
        }
        long first = model.after(0, stage.now(model));
        while (slot.fired.contains(first)) {
            first += model.plan.period();
        }
        if (due > first && !slot.crowded) {
            stage.fail(Stage.name(model, slot.key) + " waits for " + due + " though the point " + first
                    + " has had no run, at " + now);
        }
    }

    private void compare(Slots slots) {
        Model model = slots.model;
        SlotMapStats stats = slots.map.stats();
        String name = model.plan.name();
        stage.same(name, "slots", model.size, stats.slots());
        stage.same(name, "running", model.running, stats.running());
        Model.Ledger ledger = model.ledger;
        stage.same(
                name,
                "values accepted",
                ledger.accepted,
                ledger.handed
                        - ledger.returned
                        + ledger.merged
                        + ledger.taken
                        + ledger.cancelled
                        + ledger.deleted
                        + model.pendingValues());
        if (model.uncounted) {
            return;
        }
        stage.same(name, "armed", model.armed(), stats.armed());
        stage.same(name, "fired", model.firings, stats.fired());
        stage.same(name, "rearmed", model.rearmed, stats.rearmed());
        stage.same(name, "moved", model.moved, stats.moved());
        stage.same(name, "coalesced", model.coalesced, stats.coalesced());
        stage.same(name, "rejected", model.rejected, stats.rejected());
        stage.same(name, "cancelled", model.cancelled, stats.cancelled());
        stage.same(name, "deleted", model.deleted, stats.deleted());
        stage.same(name, "deletedArmed", model.deletedArmed, stats.deletedArmed());
        stage.same(name, "failed", model.failed, stats.failed());
        stage.same(name, "retried", model.retried, stats.retried());
        stage.same(name, "postponed", model.postponed, stats.postponed());
        stage.same(name, "started", model.started + stats.skipped(), stats.started());
        if (stats.skipped() != 0) {
            stage.coverage.race(Race.PERIOD_LEFT_OUT);
        }
    }

    /** Every run ends, everything due has fired: one reference for each slot, and all of them ready. */
    void rest() {
        if (stage.over) {
            return;
        }
        stage.note(() -> "rest");
        stage.quiet = true;
        try {
            lifecycle.start();
            while (!stage.open.isEmpty()) {
                runs.resume(stage.open.get(0));
            }
        } finally {
            stage.quiet = false;
        }
        stage.executor.refused = true; // what waits for a thread may wait for a timer
        drain(true);
        if (stage.wrong != null) {
            return;
        }
        for (Slots slots : stage.maps) {
            SlotMapStats stats = slots.map.stats();
            stage.same(slots.model.plan.name(), "references at rest", stats.slots(), stats.references());
            stage.same(slots.model.plan.name(), "queued at rest", 0L, stats.queued());
            for (SimulatedKey key : stage.keys) {
                Optional<SlotSnapshot> found = slots.map.find(key);
                String difference = operations.difference(slots.model, slots.model.live[key.id], found);
                if (difference != null) {
                    stage.fail("at rest, " + Stage.name(slots.model, key.id) + ": " + difference);
                }
                if (found.isPresent()
                        && (found.get().state() != SlotState.READY
                                || found.get().references() != 1)) {
                    stage.fail("at rest, " + Stage.name(slots.model, key.id) + " is " + found.get());
                }
            }
        }
        stage.same("registry", "runs in flight at rest", 0, stage.detail("inFlight"));
        stage.same("registry", "slots that wait for a thread at rest", 0, stage.detail("waitForThread"));
        stage.same("registry", "slots recovered", 0, stage.detail(stage.machine.strays()));
    }

    /** After a close: every run ends, and nothing begins any more or is left. */
    void finish() {
        if (!stage.over) {
            return;
        }
        stage.quiet = true;
        try {
            while (!stage.open.isEmpty()) {
                runs.resume(stage.open.get(0));
            }
            runAll();
            stage.machine.pump();
        } finally {
            stage.quiet = false;
        }
        for (Slots slots : stage.maps) {
            leaves(slots);
        }
        for (Slots slots : stage.gone) {
            leaves(slots);
        }
        stage.gone.clear();
        stage.same("registry", "runs in flight after the close", 0, stage.detail("inFlight"));
        stage.dropped = false;
        stage.executor.tasks.clear();
        if (stage.stepBack) {
            for (long[] each : stage.highest) {
                Arrays.fill(each, 0); // generations rise across restarts unless the wall clock was set back
            }
            stage.stepBack = false;
        }
    }

    private void leaves(Slots slots) {
        SlotMapStats stats = slots.map.stats();
        stage.same(slots.model.plan.name(), "slots of a closed map", 0L, stats.slots());
        stage.same(slots.model.plan.name(), "references of a closed map", 0L, stats.references());
        stage.same(slots.model.plan.name(), "runs of a closed map", 0L, stats.running());
    }

    private boolean runAll() {
        boolean any = false;
        while (!stage.executor.tasks.isEmpty()) {
            stage.executor.tasks.remove(0).run();
            stage.done++;
            any = true;
        }
        return any;
    }
}
