package io.asyncslot.simulation;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.Merge;
import io.asyncslot.PauseOutcome;
import io.asyncslot.ResumeOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a map is meant to do, as plainly as can be: a row of slots, looked at one by one. Times are microseconds of its clock. */
final class Model {

    /** The largest deadline; means never. */
    static final long NEVER = (1L << 52) - 1;

    /** Of a deadline that follows the wall clock: known by its rules, not by its number. */
    static final long DERIVED = -1;

    /** Spans of points that have fired and that a slot remembers. */
    private static final int MOST_SPANS = 6;

    /** A firing that is pending once more. */
    record Again(int generation, int armed, long point, int attempt) {}

    /** One incarnation of a key's slot. */
    static final class Slot {
        final int key;
        boolean armed;
        boolean running;
        boolean freed;
        boolean paused;

        /** Armed by its own period. */
        boolean period;

        /** The run that goes on was cancelled. */
        boolean withdrawn;

        long deadline;

        /** The armings after the first; the generation is {@code base} more. */
        int armings;

        /** The generation of the first arming; negative until it is seen. */
        long base = -1;

        /** Armings that nobody could count, for periods are left out when the engine looks at them. */
        boolean loose;

        @Nullable
        Again again;

        /** The run that goes on. */
        @Nullable
        Run run;

        /** The run that goes on was that of a process which was killed: it is to be delivered again. */
        boolean cut;

        /** Whether the values pending are those of a firing to be delivered again. */
        boolean valuesAgain;

        /** The values pending, in order. */
        List<Integer> values = new ArrayList<>();

        /** The points of a schedule that have had their run. */
        final TreeSet<Long> fired = new TreeSet<>();

        /** Whether these were more spans once than are remembered: then some between them count as fired. */
        boolean crowded;

        Slot(int key) {
            this.key = key;
        }

        private Slot restarted() {
            Slot next = new Slot(key);
            next.armed = armed;
            next.running = running;
            next.cut = running;
            next.run = run;
            next.deadline = deadline;
            next.armings = armings;
            next.base = base;
            next.again = again;
            next.valuesAgain = valuesAgain;
            next.values = new ArrayList<>(values);
            return next;
        }

        @Override
        public String toString() {
            return "k" + key + (cut ? " cut off" : "") + (armed ? " armed for " + deadline : "")
                    + (running ? " running" : "")
                    + (freed ? " freed" : "") + (paused ? " paused" : "") + (period ? " by its period" : "")
                    + (again != null ? " again" : "") + " armings=" + armings + " base=" + base + " values=" + values;
        }
    }

    /** A run that goes on. */
    static final class Run {
        final Model map;
        final Slot slot;
        final long generation;
        final int attempt;
        private final int armings;
        private final long point;
        private final @Nullable Again former;

        /** What it was handed and has not passed on. */
        private List<Integer> carried;

        /** Whether the callback's failure is not final. */
        boolean retried;

        boolean postponed;

        Run(
                Model map,
                Slot slot,
                long generation,
                int armings,
                int attempt,
                long point,
                @Nullable Again former,
                List<Integer> carried) {
            this.map = map;
            this.slot = slot;
            this.generation = generation;
            this.armings = armings;
            this.attempt = attempt;
            this.point = point;
            this.former = former;
            this.carried = carried;
        }

        /** Whether its firing is delivered for the first time. */
        boolean isFirst() {
            return former == null;
        }
    }

    /** What has become of values: each that was accepted is in one of these numbers, or pending. */
    static final class Ledger {
        long accepted;
        long handed;
        long merged;
        long cancelled;
        long deleted;
        long taken;

        /** Of those handed over, the ones that are pending once more. */
        long returned;

        private void add(Ledger other) {
            accepted += other.accepted;
            handed += other.handed;
            merged += other.merged;
            cancelled += other.cancelled;
            deleted += other.deleted;
            taken += other.taken;
            returned += other.returned;
        }
    }

    final MapPlan plan;
    final @Nullable Slot[] live;

    /** Freed slots whose run goes on. */
    final @Nullable Slot[] former;

    /** Keys of whose slots one was deleted before its run that was cut off came again: until the engine looks, it counts as running. */
    final boolean[] cutAndFreed;

    final Ledger ledger = new Ledger();
    boolean closed;
    boolean paused;
    int size;
    int running;

    long started;
    long rearmed;
    long moved;
    long coalesced;
    long rejected;
    long cancelled;
    long deleted;
    long deletedArmed;
    long firings;
    long failed;
    long retried;
    long postponed;

    /** Whether an Error came in between: then some of those numbers may not have been counted. */
    boolean uncounted;

    Model(MapPlan plan, int keys) {
        this.plan = plan;
        this.live = new Slot[keys];
        this.former = new Slot[keys];
        this.cutAndFreed = new boolean[keys];
    }

    /** The same after its process was killed: what was pending is pending, and a run that was cut off is to come again. */
    Model restarted() {
        Model next = new Model(plan, live.length);
        next.uncounted = true;
        next.size = size;
        next.ledger.add(ledger);
        for (int key = 0; key < live.length; key++) {
            Slot slot = live[key];
            if (slot != null) {
                Slot kept = slot.restarted();
                next.live[key] = kept;
                next.ledger.returned += kept.cut && !slot.cut ? carried(slot) : 0;
            }
        }
        return next;
    }

    // ---- operations -----------------------------------------------------------------------------------------------

    private boolean isFull(Slot slot, @Nullable Integer value) {
        return value != null && plan.maxValues() != 0 && slot.values.size() >= plan.maxValues();
    }

    /** Where a value goes that is accepted. */
    private void accept(Slot slot, @Nullable Integer value) {
        if (value == null) {
            return;
        }
        ledger.accepted++;
        if (plan.merge() == Merge.LAST) {
            ledger.merged += slot.values.size();
            slot.values = new ArrayList<>(List.of(value));
        } else if (plan.merge() == Merge.FIRST && !slot.values.isEmpty()) {
            ledger.merged++;
        } else {
            slot.values.add(value);
        }
    }

    private @Nullable Slot made(int key) {
        if (plan.maxEntries() != 0 && size >= plan.maxEntries()) {
            rejected++;
            return null;
        }
        size++;
        Slot made = new Slot(key);
        made.armings = -1;
        live[key] = made;
        return made;
    }

    /** The period that is pending gives way: nobody knows whether points before it were left out. */
    private void loosen(Slot slot) {
        slot.loose |= plan.late() == LatePolicy.SKIP && slot.armed && slot.period;
    }

    private void set(Slot slot, long deadline) {
        loosen(slot);
        slot.armed = true;
        slot.period = false;
        slot.deadline = deadline;
        slot.armings++;
        slot.withdrawn = false;
        slot.valuesAgain = false;
    }

    StartOutcome start(int key, long deadline, @Nullable Integer value) {
        if (closed) {
            return StartOutcome.CLOSED;
        }
        Slot slot = live[key];
        if (slot == null) {
            slot = made(key);
            if (slot == null) {
                return StartOutcome.REJECTED;
            }
        } else if (isFull(slot, value)) {
            rejected++;
            return StartOutcome.REJECTED;
        }
        return arm(slot, deadline, value);
    }

    StartOutcome arm(Slot slot, long deadline, @Nullable Integer value) {
        if (slot.freed) {
            return StartOutcome.FREED;
        }
        boolean was = slot.armed;
        set(slot, deadline);
        accept(slot, value);
        if (was) {
            rearmed++;
            return StartOutcome.REARMED;
        }
        started++;
        return StartOutcome.STARTED;
    }

    TouchOutcome touch(int key, long deadline) {
        Slot slot = live[key];
        if (slot == null) {
            return closed ? TouchOutcome.CLOSED : TouchOutcome.ABSENT;
        }
        if (!slot.armed) {
            return TouchOutcome.NOT_ARMED;
        }
        loosen(slot);
        slot.deadline = deadline;
        slot.period = false;
        moved++;
        return TouchOutcome.MOVED;
    }

    SubmitOutcome submit(int key, long now, @Nullable Integer value) {
        if (closed) {
            return SubmitOutcome.CLOSED;
        }
        Slot slot = live[key];
        if (slot == null) {
            slot = made(key);
            if (slot == null) {
                return SubmitOutcome.REJECTED;
            }
        } else if (isFull(slot, value)) {
            rejected++;
            return SubmitOutcome.REJECTED;
        }
        if (slot.armed) {
            if (slot.valuesAgain && value != null) {
                set(slot, slot.deadline);
            }
            accept(slot, value);
            coalesced++;
            return SubmitOutcome.COALESCED;
        }
        set(slot, now);
        accept(slot, value);
        started++;
        return SubmitOutcome.SUBMITTED;
    }

    private int dropped(Slot slot) {
        loosen(slot);
        int size = slot.values.size();
        slot.values.clear();
        slot.valuesAgain = false;
        slot.armed = false;
        slot.period = false;
        return size;
    }

    CancelOutcome cancel(int key) {
        Slot slot = live[key];
        if (slot == null) {
            return closed ? CancelOutcome.CLOSED : CancelOutcome.ABSENT;
        }
        if (slot.armed) {
            ledger.cancelled += dropped(slot);
            cancelled++;
            slot.withdrawn = slot.running;
            freeIfIdle(slot);
            return CancelOutcome.CANCELLED;
        }
        slot.withdrawn = slot.running;
        return slot.running ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
    }

    CancelOutcome cancelAndAwait(int key) {
        boolean runs = former[key] != null || live[key] != null && live[key].running;
        CancelOutcome outcome = cancel(key);
        return runs ? CancelOutcome.TIMED_OUT : outcome;
    }

    List<Integer> take(int key) {
        Slot slot = live[key];
        if (slot == null || !slot.armed) {
            return List.of();
        }
        List<Integer> values = List.copyOf(slot.values);
        ledger.taken += dropped(slot);
        cancelled++;
        slot.withdrawn = false;
        if (!slot.running) {
            free(slot);
        }
        return values;
    }

    DeleteOutcome delete(int key) {
        Slot slot = live[key];
        if (slot == null) {
            return DeleteOutcome.ABSENT;
        }
        boolean armed = slot.armed;
        ledger.deleted += dropped(slot);
        deleted++;
        deletedArmed += armed ? 1 : 0;
        free(slot);
        if (slot.cut) {
            ledger.deleted += carried(slot);
            cutAndFreed[key] = true;
            return DeleteOutcome.DELETED_WHILE_RUNNING;
        }
        if (slot.running) {
            former[key] = slot;
            return DeleteOutcome.DELETED_WHILE_RUNNING;
        }
        return armed ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
    }

    private void free(Slot slot) {
        slot.freed = true;
        slot.paused = false;
        live[slot.key] = null;
        size--;
    }

    private void freeIfIdle(Slot slot) {
        if (plan.freesIdle() && !slot.armed && !slot.running && !slot.freed) {
            free(slot);
        }
    }

    PauseOutcome pause(int key) {
        Slot slot = live[key];
        if (slot == null) {
            return closed ? PauseOutcome.CLOSED : PauseOutcome.ABSENT;
        }
        boolean was = slot.paused;
        slot.paused = true;
        return was ? PauseOutcome.ALREADY_PAUSED : PauseOutcome.PAUSED;
    }

    ResumeOutcome resume(int key) {
        Slot slot = live[key];
        if (slot == null) {
            return closed ? ResumeOutcome.CLOSED : ResumeOutcome.ABSENT;
        }
        boolean was = slot.paused;
        slot.paused = false;
        return was ? ResumeOutcome.RESUMED : ResumeOutcome.NOT_PAUSED;
    }

    PauseOutcome pause() {
        boolean was = paused;
        paused = true;
        return closed ? PauseOutcome.CLOSED : was ? PauseOutcome.ALREADY_PAUSED : PauseOutcome.PAUSED;
    }

    ResumeOutcome resume() {
        boolean was = paused;
        paused = false;
        return closed ? ResumeOutcome.CLOSED : was ? ResumeOutcome.RESUMED : ResumeOutcome.NOT_PAUSED;
    }

    void close() {
        closed = true;
        for (int key = 0; key < live.length; key++) {
            delete(key);
        }
    }

    // ---- runs -----------------------------------------------------------------------------------------------------

    boolean isHeld(Slot slot) {
        return paused || slot.paused;
    }

    /** Whether a slot has a run to begin that nothing but a thread is missing for. */
    boolean isDue(Slot slot, long now) {
        if (slot.cut) {
            return !isHeld(slot);
        }
        return slot.armed
                && !slot.running
                && former[slot.key] == null
                && !isHeld(slot)
                && slot.deadline != DERIVED
                && slot.deadline <= now;
    }

    private boolean follows(Slot slot) {
        return plan.cron() && slot.deadline == DERIVED;
    }

    /** A run begins: checks that it may, and that it was handed what is its own. */
    Run begin(int key, long generation, int attempt, long deadline, @Nullable Object value, long now) {
        Slot slot = live[key];
        if (slot == null) {
            throw new Wrong("a run of a slot that is not there");
        }
        if (slot.cut) {
            return beginAgain(slot, generation, attempt, deadline, value);
        }
        if (!slot.armed || slot.running || former[key] != null || isHeld(slot)) {
            throw new Wrong(
                    "a run that must not begin: " + slot + (former[key] != null ? ", a former run goes on" : ""));
        }
        Again present = slot.again != null && !slot.period && slot.again.armed == slot.armings ? slot.again : null;
        if (plan.late() == LatePolicy.SKIP && slot.period && !plan.cron() && slot.deadline + plan.period() <= now) {
            slot.deadline = after(slot.deadline, now) - plan.period(); // points before that were left out, some time
            slot.loose = true;
        }
        if (follows(slot)) {
            if (present == null && deadline % plan.period() != 0) {
                throw new Wrong("a run for " + deadline + ", which is no point of the schedule");
            }
            if (present == null && !fires(slot, deadline)) {
                throw new Wrong("a second run for the point " + deadline);
            }
            slot.loose |= plan.late() == LatePolicy.SKIP;
        } else if (deadline != slot.deadline) {
            throw new Wrong("a run for " + deadline + " of " + slot);
        } else if (plan.cron() && present == null) { // a retry stays that of its point: where a touch moves it is none
            fires(slot, deadline);
        }
        if (deadline > now) {
            throw new Wrong("early: a run for " + deadline + " at " + now);
        }
        if (attempt != (present == null ? 1 : present.attempt)) {
            throw new Wrong("attempt " + attempt + " of " + slot);
        }
        int armings = present == null ? slot.armings : present.generation;
        if (present == null) {
            armings = seen(slot, generation);
        } else if (slot.base >= 0 && generation != slot.base + armings) {
            throw new Wrong("generation " + generation + " once more, of " + slot);
        }
        List<Integer> handed = slot.values;
        checkHanded(handed, value);
        ledger.handed += handed.size();
        slot.values = new ArrayList<>();
        slot.valuesAgain = false;
        slot.armed = false;
        slot.period = false;
        slot.withdrawn = false;
        slot.running = true;
        running++;
        firings++;
        long point = present == null ? deadline : present.point;
        slot.again = null;
        if (plan.period() != 0) {
            slot.armings += present != null && present.armed != present.generation ? 0 : 1;
            slot.armed = true;
            slot.period = true;
            slot.deadline =
                    plan.cron() ? DERIVED : after(point, plan.late() == LatePolicy.ALL ? point : Math.max(now, point));
            started++;
        }
        Run run = new Run(this, slot, generation, armings, attempt, point, present, handed);
        slot.run = run;
        return run;
    }

    /** A run that was cut off is delivered again, with what it was handed. */
    private Run beginAgain(Slot slot, long generation, int attempt, long deadline, @Nullable Object value) {
        Run cut = slot.run;
        if (cut == null) { // begins in a paused map too, see docs/reliability.md
            throw new Wrong("a run that must not begin: " + slot);
        }
        if (generation != cut.generation || attempt <= cut.attempt || deadline != cut.point) {
            throw new Wrong("generation " + generation + ", attempt " + attempt + " for " + deadline + " after "
                    + cut.generation + ", " + cut.attempt + " for " + cut.point + ", of " + slot);
        }
        checkHanded(cut.carried, value);
        ledger.handed += cut.carried.size();
        slot.cut = false;
        running++;
        firings++;
        Again again = new Again(cut.armings, slot.armings, cut.point, attempt);
        Run run = new Run(this, slot, generation, cut.armings, attempt, cut.point, again, cut.carried);
        slot.run = run;
        return run;
    }

    private static long carried(Slot slot) {
        return slot.run == null ? 0 : slot.run.carried.size();
    }

    /** Notes a point that has its run; answers false if it has had one. */
    private boolean fires(Slot slot, long point) {
        Long before = slot.fired.lower(point);
        boolean added = slot.fired.add(point);
        if (!slot.crowded && added && (before == null || after(0, before) < point)) {
            int spans = 1;
            long last = slot.fired.first();
            for (long each : slot.fired) {
                spans += after(0, last) < each ? 1 : 0;
                last = each;
            }
            slot.crowded = spans > MOST_SPANS;
        }
        return added;
    }

    /** The generation of the pending arming was seen; answers how many armings came before. */
    int seen(Slot slot, long generation) {
        if (slot.base < 0) {
            slot.base = generation - slot.armings;
        } else if (slot.loose && generation >= slot.base + slot.armings) {
            slot.armings = (int) (generation - slot.base);
        } else if (generation != slot.base + slot.armings) {
            throw new Wrong("generation " + generation + " of " + slot);
        }
        slot.loose = false;
        return slot.armings;
    }

    private void checkHanded(List<Integer> expected, @Nullable Object value) {
        if (plan.merge() == null) {
            return;
        }
        Object plain = plan.merge() == Merge.COLLECT || plan.merge() == Merge.FUNCTION
                ? expected
                : expected.isEmpty() ? null : expected.get(0);
        if (plan.merge() == Merge.FUNCTION && expected.isEmpty()) {
            plain = null;
        }
        if (plain == null ? value != null : !plain.equals(value)) {
            throw new Wrong("a run was handed " + value + " instead of " + plain);
        }
    }

    RetryOutcome redeliver(Run run, long deadline, boolean postponed) {
        Slot slot = run.slot;
        if (slot.freed) {
            return RetryOutcome.FREED;
        }
        if (!slot.armed && slot.withdrawn) {
            return RetryOutcome.WITHDRAWN;
        }
        boolean putsOff = slot.armed;
        boolean comesFirst = plan.late() == LatePolicy.ALL || slot.deadline == DERIVED || deadline < slot.deadline;
        if (putsOff && !(slot.period && comesFirst)) {
            passOn(run);
            return RetryOutcome.SUPERSEDED;
        }
        slot.valuesAgain = true;
        passOn(run);
        Again before = run.former;
        slot.again = new Again(
                run.armings,
                before != null && before.armed != before.generation ? before.armed : run.armings + (putsOff ? 1 : 0),
                run.point,
                postponed ? run.attempt : run.attempt + 1);
        slot.armed = true;
        slot.period = false;
        slot.deadline = deadline;
        run.retried = true;
        run.postponed = postponed;
        started += putsOff ? 0 : 1;
        if (postponed) {
            this.postponed++;
        } else {
            retried++;
        }
        return RetryOutcome.SCHEDULED;
    }

    /** What a run was handed becomes pending again, as what was accepted first. */
    private void passOn(Run run) {
        List<Integer> carried = run.carried;
        run.carried = List.of();
        if (carried.isEmpty()) {
            return;
        }
        ledger.returned += carried.size();
        List<Integer> present = run.slot.values;
        if (present.isEmpty()) {
            run.slot.values = new ArrayList<>(carried);
        } else if (plan.merge() == Merge.FIRST) {
            ledger.merged += present.size();
            run.slot.values = new ArrayList<>(carried);
        } else if (plan.merge() == Merge.LAST) {
            ledger.merged += carried.size();
        } else {
            present.addAll(0, carried);
        }
    }

    void end(Run run, boolean threw, long now) {
        Slot slot = run.slot;
        failed += threw && (!run.retried || run.postponed) ? 1 : 0;
        if (plan.late() == LatePolicy.SKIP && slot.armed && slot.period && !slot.freed) {
            if (plan.cron()) {
                slot.loose = true;
            } else if (slot.deadline <= now) {
                slot.deadline = after(slot.deadline, now);
                slot.armings++;
            }
        }
        slot.running = false;
        running--;
        if (former[slot.key] == slot) {
            former[slot.key] = null;
        }
        freeIfIdle(slot);
    }

    /** After everything that is due was taken up: points that the late policy leaves out are left out. */
    void leaveOut(long now) {
        if (plan.late() != LatePolicy.SKIP || plan.period() == 0) {
            return;
        }
        for (Slot slot : live) {
            if (slot != null
                    && slot.armed
                    && slot.period
                    && !isHeld(slot)
                    && !slot.running
                    && former[slot.key] == null) {
                if (plan.cron()) {
                    slot.loose = true;
                } else if (slot.deadline + plan.period() <= now) {
                    slot.deadline = after(slot.deadline, now);
                    slot.loose = true;
                }
            }
        }
    }

    /** Whether points may have been left out, some time since the slot was armed. */
    boolean isLeftOut(Slot slot, long now) {
        return plan.late() == LatePolicy.SKIP && slot.period && (plan.cron() || slot.deadline + plan.period() <= now);
    }

    /** Whether the pending deadline is known to the microsecond. */
    boolean isExact(Slot slot, long now) {
        return slot.deadline != DERIVED && !isLeftOut(slot, now);
    }

    long after(long point, long now) {
        long periods = Math.floorDiv(now - point, plan.period()) + 1;
        return point + periods * plan.period();
    }

    long pendingValues() {
        long pending = 0;
        for (Slot slot : live) {
            pending += slot == null ? 0 : slot.values.size() + (slot.cut ? carried(slot) : 0);
        }
        return pending;
    }

    int armed() {
        int armed = 0;
        for (Slot slot : live) {
            armed += slot != null && slot.armed ? 1 : 0;
        }
        return armed;
    }
}
