package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.FormerRun;
import io.asyncslot.core.StateWord;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Slots that are no open map's: those that a former process left, and those of a map of this one that was closed and let them
 * stay. The next opening of their map takes them. Thread-safe.
 */
final class LeftSlots {

    /** How often an opening looks whether operations of a former map have ended. */
    private static final int SETTLE_LOOKS = 100;

    private static final long SETTLE_NANOS = 100_000;

    private final MemorySegment control;
    private final RecordFields fields;
    private final RecordOwners owners;
    private final ShapeRecords shapes;

    /** What is left, by map; taken out by the map's opening. With the monitor. */
    private final Map<Integer, List<LeftSlot>> left = new HashMap<>();

    /** Runs of maps that were closed whose slots are another map's by now. With the monitor. */
    private final Map<ControlBlock<?>, FormerRun> formerRuns = new HashMap<>();

    /** How often this process has each map open: one that was let go of and one that follows may overlap. With the monitor. */
    private final int[] opened = new int[Layout.DIRECTORY_RECORDS];

    /** Records whose slot was freed, or not made altogether, when the former process ended. With the monitor. */
    private final List<Integer> remains = new ArrayList<>();

    LeftSlots(KernelPort port, RecordFields fields, RecordOwners owners, ShapeRecords shapes) {
        this.control = port.control();
        this.fields = fields;
        this.owners = owners;
        this.shapes = shapes;
    }

    /** A former process has left a slot whose record validates. */
    synchronized void found(int place) {
        if (StateWord.isFreed(fields.word(place))) {
            remains.add(place);
        } else {
            left.computeIfAbsent(fields.map(place), each -> new ArrayList<>()).add(leftAt(place, null, null));
        }
    }

    /** Sees to it that no slot is in the hands of those that close a former map of that number, where its slots stay. */
    void settleFormer(int map, Runnable settle) {
        settle.run();
        for (int i = 0; i < SETTLE_LOOKS && !isUnopened(map) && isFormerBusy(map); i++) {
            LockSupport.parkNanos(SETTLE_NANOS); // for an operation that is under way, as a rule
            settle.run();
        }
    }

    /** Whether somebody has a reference to a slot of a former map; helps a closer that has not come to all of them. */
    private boolean isFormerBusy(int map) {
        for (int place = owners.end() - 1; place >= 0; place--) {
            ControlBlock<?> block = owners.owner(place);
            if (block != null && isKept(place, map) && block.leaveClosed() && block.references() != 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether this process has slots of a map of that number, which is closed and lets them stay. Only looks. */
    private boolean hasFormer(int map) {
        for (int place = owners.end() - 1; place >= 0; place--) {
            ControlBlock<?> block = owners.owner(place);
            if (block != null && isKept(place, map) && block.isLetGo()) {
                return true;
            }
        }
        return false;
    }

    /** Whether the record of a slot of this process is one of that map, and was not deleted. */
    private boolean isKept(int place, int map) {
        return owners.map(place) == map && !StateWord.isFreed(fields.word(place));
    }

    /**
     * What is left of a map, in the order of making. Answers it once. What a former map of that number still runs is among it:
     * nobody has a reference to such a slot, so the end of its run is all that follows there.
     *
     * @param list where to put it; if this fails, what is there by then is to be given back by {@link #notTaken}
     */
    synchronized void takeLeft(int map, List<LeftSlot> list) {
        if (++opened[map] > 1) {
            takeFormer(map, list);
        }
        List<LeftSlot> present = left.get(map);
        if (present != null) {
            list.addAll(present);
            left.remove(map);
        }
        list.sort(Comparator.comparingLong(LeftSlot::sequence));
    }

    /** With the monitor. A slot that this fails for is in the list at most: nothing else of it has changed. */
    private void takeFormer(int map, List<LeftSlot> list) {
        for (int place = 0; place < owners.end(); place++) {
            ControlBlock<?> block = owners.owner(place);
            if (block != null
                    && isKept(place, map)
                    && block.references() == 0
                    && StateWord.isFreed(block.word())
                    && block.leaveClosed()
                    && owners.owner(place) == block) { // last: until then an operation may have ended that took it out
                boolean goesOn =
                        StateWord.isRunning(fields.word(place)) && !block.isUndelivered(); // else it is to come again
                FormerRun run = goesOn ? block.passRunOn() : null;
                list.add(leftAt(place, run, run == null ? null : block));
                shapes.leave(block);
                if (run != null) {
                    formerRuns.put(block, run);
                }
                owners.letGo(place);
            }
        }
    }

    private LeftSlot leftAt(int place, @Nullable FormerRun run, @Nullable ControlBlock<?> former) {
        return new LeftSlot(place, fields.sequence(place), fields.word(place), run, former);
    }

    /** A slot that a former map still runs is not made anew: the end of that run acknowledges it in its record. */
    synchronized void notTaken(LeftSlot slot) {
        ControlBlock<?> former = slot.former();
        FormerRun run = slot.run();
        if (former != null && run != null && !run.isPassed() && owners.owner(slot.place()) == null) {
            if (formerRuns.remove(former) == null) {
                acknowledge(former);
            } else {
                owners.ownAgain(slot.place(), former);
            }
        }
    }

    boolean hasLeft(int map) {
        return isLeft(map) || hasFormer(map);
    }

    private synchronized boolean isUnopened(int map) {
        return opened[map] == 0;
    }

    private synchronized boolean isLeft(int map) {
        return left.containsKey(map);
    }

    /** Whether no slot is left of a map, and none of this process can be of it. For the directory. */
    synchronized boolean isUnused(int map) {
        return !left.containsKey(map) && opened[map] == 0;
    }

    /** A map that this process had opened is closed: another one may take its number. Allocates nothing, since nobody repeats the call. */
    synchronized void closed(int map) {
        if (opened[map] != 0) { // else an Error came before it was counted
            opened[map]--;
        }
    }

    /** Whether this process has a map open, or an operation in a record of one. */
    synchronized boolean isInUse() {
        for (int times : opened) {
            if (times != 0) {
                return true;
            }
        }
        return false;
    }

    /** How many slots are left of maps that nobody has opened, by map. */
    synchronized Map<Integer, Integer> orphans() {
        Map<Integer, Integer> counts = new HashMap<>();
        left.forEach((map, list) -> counts.put(map, list.size()));
        return counts;
    }

    /** Records without a live slot. Answers them once; they are to be erased and freed. */
    synchronized List<Integer> takeRemains() {
        List<Integer> taken = List.copyOf(remains);
        remains.clear();
        return taken;
    }

    /** A run has ended of a slot that its map has let go of: it is acknowledged here, or in the map that has the slot by now. */
    void ended(ControlBlock<?> block) {
        FormerRun run;
        synchronized (this) {
            run = formerRuns.remove(block);
            if (run == null) {
                acknowledge(block);
            }
        }
        if (run != null) {
            run.ended();
        }
    }

    private void acknowledge(ControlBlock<?> block) {
        int place = block.position();
        block.endedLeft(() -> shapes.ended(place));
        long at = Layout.controlAt(place) + Layout.CONTROL_WORD;
        long copied = (long) LONG.getVolatile(control, at);
        while (StateWord.isRunning(copied) && !LONG.compareAndSet(control, at, copied, StateWord.withoutRun(copied))) {
            copied = (long) LONG.getVolatile(control, at);
        }
    }

    /**
     * Leaves a record to whoever opens the map next, as if a former process had left it, unless another map has taken it over.
     *
     * @return false when its slot was freed, so that there is nothing to leave
     */
    synchronized boolean leave(ControlBlock<?> block, int map) {
        int place = block.position();
        if (owners.owner(place) != block) {
            return true;
        }
        if (StateWord.isFreed(fields.word(place))) {
            return false;
        }
        shapes.leave(block);
        owners.letGo(place);
        left.computeIfAbsent(map, each -> new ArrayList<>()).add(leftAt(place, null, null));
        return true;
    }
}
