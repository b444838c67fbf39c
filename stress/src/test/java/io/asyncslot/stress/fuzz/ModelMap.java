package io.asyncslot.stress.fuzz;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.TouchOutcome;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a timer map is meant to do, as plainly as can be: a map from keys to deadlines, searched from end to end. Times are
 * microseconds of the map's clock.
 */
final class ModelMap {

    /** The largest deadline; means never. */
    static final long NEVER = (1L << 52) - 1;

    /** One incarnation of a key's slot. */
    static final class Slot {
        final int key;
        boolean armed;
        boolean running;
        boolean freed;
        /** Armed as its own next period, not by a caller. */
        boolean period;

        long deadline;

        /** Armed once since it was made or fired: such slots fire in the order of their deadlines. */
        boolean straight;

        /** Cancelled since it fired: the engine may still hold it by an older deadline. */
        boolean cancelled;

        /** The step in which it was armed. */
        int armedIn;

        /** An older incarnation whose run goes on. */
        @Nullable
        Slot former;

        Slot(int key) {
            this.key = key;
        }

        boolean waits() {
            return former != null && former.running;
        }
    }

    final String name;
    final SlotClock clock;
    final long period;
    final LatePolicy late;
    final int capacity;
    private final boolean freesIdle;
    private final WrongRule wrong;
    private final Map<Integer, Slot> slots = new HashMap<>();
    private final Map<Integer, Long> generations = new HashMap<>();
    long fired;

    ModelMap(
            String name,
            SlotClock clock,
            long period,
            LatePolicy late,
            int capacity,
            boolean freesIdle,
            WrongRule wrong) {
        this.name = name;
        this.clock = clock;
        this.period = period;
        this.late = late;
        this.capacity = capacity;
        this.freesIdle = freesIdle;
        this.wrong = wrong;
    }

    static long deadline(long nowNanos, Duration delay, WrongRule wrong) {
        if (delay.toSeconds() > NEVER / 1_000_000) {
            return NEVER;
        }
        long nanos = nowNanos + delay.toNanos();
        return Math.min(NEVER, wrong == WrongRule.ROUNDED_DOWN ? nanos / 1_000 : (nanos + 999) / 1_000);
    }

    Collection<Slot> slots() {
        return slots.values();
    }

    @Nullable
    Slot find(int key) {
        return slots.get(key);
    }

    /** Whether its periods are points of a clock that may be set back. */
    boolean followsTheWallClock() {
        return period != 0 && clock == SlotClock.REALTIME;
    }

    long armed() {
        return slots.values().stream().filter(slot -> slot.armed).count();
    }

    StartOutcome start(int key, long deadline, int step) {
        Slot slot = slots.get(key);
        if (slot == null || slot.freed) {
            if (capacity != 0 && slots.size() >= capacity) {
                return StartOutcome.REJECTED;
            }
            Slot made = new Slot(key);
            made.former = slot;
            slots.put(key, made);
            slot = made;
        }
        return arm(slot, deadline, step);
    }

    StartOutcome arm(Slot slot, long deadline, int step) {
        if (slot.freed) {
            return StartOutcome.FREED;
        }
        boolean was = slot.armed;
        slot.straight = !was && !slot.running && !slot.cancelled;
        set(slot, deadline, step);
        return was ? StartOutcome.REARMED : StartOutcome.STARTED;
    }

    TouchOutcome touch(int key, long deadline, int step) {
        Slot slot = slots.get(key);
        if (slot == null) {
            return TouchOutcome.ABSENT;
        }
        if (!slot.armed && wrong != WrongRule.TOUCH_ARMS) {
            return TouchOutcome.NOT_ARMED;
        }
        slot.straight = false;
        set(slot, deadline, step);
        return TouchOutcome.MOVED;
    }

    private void set(Slot slot, long deadline, int step) {
        boolean ignored = slot.armed
                && (wrong == WrongRule.LATER_REARM_IGNORED && deadline > slot.deadline
                        || wrong == WrongRule.EARLIER_REARM_IGNORED && deadline < slot.deadline);
        if (!ignored) {
            slot.deadline = deadline;
        }
        slot.armed = true;
        slot.period = false;
        slot.armedIn = step;
    }

    CancelOutcome cancel(int key) {
        Slot slot = slots.get(key);
        if (slot == null) {
            return CancelOutcome.ABSENT;
        }
        if (slot.armed) {
            slot.armed = false;
            slot.cancelled = true;
            freeIfIdle(slot);
            return CancelOutcome.CANCELLED;
        }
        if (wrong == WrongRule.CANCEL_TWICE) {
            return CancelOutcome.CANCELLED;
        }
        return slot.running ? CancelOutcome.RUNNING : CancelOutcome.NOT_ARMED;
    }

    DeleteOutcome delete(int key) {
        Slot slot = slots.get(key);
        if (slot == null) {
            return DeleteOutcome.ABSENT;
        }
        boolean armed = slot.armed;
        slot.armed = false;
        if (wrong != WrongRule.DELETE_KEEPS_SLOT) {
            slot.freed = true;
            slots.remove(key);
            if (slot.running) {
                gone.put(key, slot);
            }
        }
        if (slot.running) {
            return DeleteOutcome.DELETED_WHILE_RUNNING;
        }
        return armed ? DeleteOutcome.DELETED_ARMED : DeleteOutcome.DELETED;
    }

    /** Freed slots whose run goes on, by key. */
    private final Map<Integer, Slot> gone = new HashMap<>();

    /** The slot of a key that may have a freed predecessor: links them. */
    void link(int key) {
        Slot slot = slots.get(key);
        if (slot != null && slot.former == null) {
            slot.former = gone.get(key);
        }
    }

    /** Leaves out what the late policy leaves out. */
    void skip(long now) {
        if (late != LatePolicy.SKIP || period == 0 || wrong == WrongRule.SKIP_RUNS_ONCE) {
            return;
        }
        for (Slot slot : slots.values()) {
            skip(slot, now);
        }
    }

    private void skip(Slot slot, long now) {
        if (slot.armed && slot.period && slot.deadline + period <= now) {
            slot.deadline = after(slot.deadline, now);
        }
    }

    /** A run begins: answers its slot, or null if none may begin. */
    @Nullable
    Slot begin(int key, long generation, long now) {
        Slot slot = slots.get(key);
        if (slot == null || !slot.armed || slot.running || slot.waits()) {
            return null;
        }
        if (late == LatePolicy.SKIP && period != 0 && wrong != WrongRule.SKIP_RUNS_ONCE) {
            skip(slot, now);
        }
        Long before = generations.put(key, generation);
        if (slot.deadline > now || before != null && before > generation || before != null && before == generation) {
            return null;
        }
        slot.armed = false;
        slot.running = true;
        slot.cancelled = false;
        if (period != 0) {
            long deadline = slot.deadline;
            boolean all = late == LatePolicy.ALL || wrong == WrongRule.ONCE_RUNS_ALL;
            slot.armed = true;
            slot.period = true;
            slot.deadline = after(deadline, all ? deadline : now);
            slot.straight = false;
        }
        fired++;
        return slot;
    }

    void end(Slot slot) {
        slot.running = false;
        gone.remove(slot.key, slot);
        freeIfIdle(slot);
    }

    private void freeIfIdle(Slot slot) {
        if (freesIdle && !slot.armed && !slot.running && !slot.freed) {
            slot.freed = true;
            slots.remove(slot.key, slot);
        }
    }

    private long after(long point, long now) {
        long periods = (Math.max(now, point) - point) / period + 1;
        return periods > (NEVER - point) / period ? NEVER : point + periods * period;
    }
}
