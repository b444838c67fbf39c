package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.LONG;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Kept;
import io.asyncslot.core.KeptValue;
import io.asyncslot.core.ShapeWriter;
import io.asyncslot.core.SlotShape;
import io.asyncslot.core.StateWord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What slots are beside their words in shared memory, and the values that they carry. No BPF program reads it. Thread-safe.
 */
final class ShapeRecords implements ShapeWriter {

    /*
     * A shape record
     *
     * Has two versions. The next one is written whole, and sealed, beside the present one; then one store of its number makes it
     * the present one. So a process that is killed leaves one or the other, with the word that belongs to it: a slot that has a
     * shape record is what that record says, and the word in the control record, which the kernel reads, follows it. Who writes
     * has the slot's monitor.
     *
     * The stored number carries a check, and "none" is stored as such: a number that somebody else changed chooses no other
     * version. Each slot is made with one or the other.
     *
     * A value
     *
     * Lies in an entry of its own, written before the step that accepts it, and sealed by that step with the slot's place and
     * incarnation and with its number in the order of acceptance. A version of the shape record names values by their numbers:
     * from, to and how many. So a value is pending, handed to the run, or nobody's by that one store. Entries that the present
     * version does not name are freed after it, before the next step of that slot, so a number is that of one value at a time.
     *
     *   free     seal is 0; the rest is anything
     *   used     seal fits
     *   else     damaged: it stays as it is, and a slot that misses a value is damaged too
     */

    /** What is left of a slot. */
    record Left(
            long word,
            long base,
            long latest,
            long notBefore,
            int flags,
            int handedBefore,
            List<Integer> pending,
            List<Integer> running,
            int schedule) {

        boolean isAgain() {
            return (flags & Layout.SHAPE_AGAIN) != 0;
        }

        boolean hasPassedOn() {
            return (flags & Layout.SHAPE_PASSED_ON) != 0;
        }
    }

    private static final int NONE = -1;

    /** How many bits of the stored number are its check. */
    private static final int CHECK_BITS = 16;

    private final MemorySegment shapes;
    private final MemorySegment values;
    private final MemorySegment control;
    private final int valueBytes;
    private final FreePlaces free;

    /** Number of each record's present version, which is of this process; with the slot's monitor. */
    private final AtomicLongArray versions;

    /** Entries of slots that are left and not taken up, by place and number. With the monitor. */
    private final Map<Integer, NavigableMap<Long, Integer>> entries = new HashMap<>();

    /** How many slots that map is about. With the monitor; volatile. */
    private volatile int slotsWithEntries;

    private final Set<Integer> damagedEntries = new HashSet<>();

    /** Takes them into use; {@link #settle} must follow. */
    ShapeRecords(KernelPort port) {
        this.shapes = port.shapes();
        this.values = port.values();
        this.control = port.control();
        this.valueBytes = port.valueBytes();
        boolean present = isPresent();
        this.versions = new AtomicLongArray(present ? port.capacity() : 0);
        this.free = new FreePlaces(present ? Layout.valueEntries(port.capacity()) : 0);
        for (int entry = valueEntries() - 1; entry >= 0; entry--) {
            find(entry);
        }
    }

    /** Whether there is room. */
    boolean isPresent() {
        return valueBytes != 0;
    }

    /** How long a value may be. */
    int valueBytes() {
        return valueBytes;
    }

    private int valueEntries() {
        return isPresent() ? Layout.valueEntries(versions.length()) : 0;
    }

    private void find(int entry) {
        long at = Layout.valueAt(entry, valueBytes);
        long seal = (long) LONG.getVolatile(values, at + Layout.VALUE_SEAL);
        int place = (int) INT.get(values, at + Layout.VALUE_PLACE);
        int length = (int) INT.get(values, at + Layout.VALUE_LENGTH);
        if (seal == 0) {
            free.giveBack(entry);
        } else if (length < 0
                || length > valueBytes
                || place < 0
                || place >= versions.length()
                || seal != valueSeal(at, length)) {
            damagedEntries.add(entry);
        } else {
            long number = (long) LONG.get(values, at + Layout.VALUE_NUMBER);
            Integer twice =
                    entries.computeIfAbsent(place, each -> new TreeMap<>()).put(number, entry);
            if (twice != null) { // a copy that somebody made: neither is sure
                damagedEntries.add(entry);
                damagedEntries.add(twice);
            }
        }
    }

    // ---- what a former process left -----------------------------------------------------------------------------

    /** Whether a slot has a shape record, or one that is damaged. */
    boolean isUsed(int place) {
        return isPresent() && stored(place) != checked(place, 0);
    }

    private long stored(int place) {
        return (long) LONG.getVolatile(shapes, Layout.shapeAt(place));
    }

    private long present(int place) {
        return stored(place) >>> CHECK_BITS;
    }

    /** A version's number with its check, never 0; that of version 0 says that there is none. */
    private static long checked(int place, long version) {
        long mixed = ((version + 1) * 0x9E3779B97F4A7C15L ^ place) * 0xBF58476D1CE4E5B9L;
        return version << CHECK_BITS | mixed >>> Long.SIZE - CHECK_BITS | 1;
    }

    /** What is wrong with the shape record or the values of a slot; null for nothing. */
    @Nullable
    String wrong(int place, long incarnation) {
        if (stored(place) != checked(place, present(place))) {
            return "number of the shape";
        }
        long at = Layout.versionAt(place, present(place));
        if ((long) LONG.get(shapes, at + Layout.SHAPE_SEAL) != shapeSeal(place, at)
                || (long) LONG.get(shapes, at + Layout.SHAPE_VERSION) != present(place)) {
            return "checksum of the shape";
        }
        if ((long) LONG.get(shapes, at + Layout.SHAPE_INCARNATION) != incarnation) {
            return "shape of another slot";
        }
        if (!StateWord.isPossible((long) LONG.get(shapes, at + Layout.SHAPE_WORD))) {
            return "state word of the shape";
        }
        Left left = left(place);
        boolean complete = left.pending.size() == (int) INT.get(shapes, at + Layout.SHAPE_PENDING_COUNT)
                && left.running.size() == (int) INT.get(shapes, at + Layout.SHAPE_RUNNING_COUNT)
                && (left.schedule == NONE) == ((long) LONG.get(shapes, at + Layout.SHAPE_SCHEDULE) == 0);
        return complete ? null : "a value";
    }

    /** What a shape record that is right says. */
    synchronized Left left(int place) {
        long at = Layout.versionAt(place, present(place));
        long incarnation = (long) LONG.get(shapes, at + Layout.SHAPE_INCARNATION);
        long schedule = (long) LONG.get(shapes, at + Layout.SHAPE_SCHEDULE);
        List<Integer> ofSchedule = numbered(place, incarnation, schedule, schedule);
        return new Left(
                (long) LONG.get(shapes, at + Layout.SHAPE_WORD),
                (long) LONG.get(shapes, at + Layout.SHAPE_BASE),
                (long) LONG.get(shapes, at + Layout.SHAPE_LATEST),
                (long) LONG.get(shapes, at + Layout.SHAPE_NOT_BEFORE),
                (int) INT.get(shapes, at + Layout.SHAPE_FLAGS),
                (int) INT.get(shapes, at + Layout.SHAPE_HANDED_BEFORE),
                numbered(place, incarnation, at, Layout.SHAPE_PENDING_FROM, Layout.SHAPE_PENDING_TO),
                numbered(place, incarnation, at, Layout.SHAPE_RUNNING_FROM, Layout.SHAPE_RUNNING_TO),
                schedule == 0 || ofSchedule.isEmpty() ? NONE : ofSchedule.get(0));
    }

    private List<Integer> numbered(int place, long incarnation, long at, long from, long to) {
        return numbered(place, incarnation, (long) LONG.get(shapes, at + from), (long) LONG.get(shapes, at + to));
    }

    /** Entries of a slot by their numbers, both ends included; none from 0. */
    private List<Integer> numbered(int place, long incarnation, long from, long to) {
        List<Integer> found = new ArrayList<>();
        NavigableMap<Long, Integer> present = entries.get(place);
        if (present != null && from > 0 && to >= from) {
            for (int entry : present.subMap(from, true, to, true).values()) {
                long at = Layout.valueAt(entry, valueBytes);
                if ((long) LONG.get(values, at + Layout.VALUE_INCARNATION) == incarnation
                        && !damagedEntries.contains(entry)) {
                    found.add(entry);
                }
            }
        }
        return found;
    }

    /**
     * All records are known: frees what is of no slot, and forgets shape records that belong to none.
     *
     * @param used whether a place has a slot
     * @param damaged whether the slot of a place is damaged, so that all of it is kept
     */
    synchronized void settle(IntPredicate used, IntPredicate damaged) {
        for (int place = 0; place < versions.length(); place++) {
            versions.set(place, present(place));
            if (!used.test(place)) {
                clear(place);
            }
        }
        entries.forEach((place, numbers) -> {
            if (damaged.test(place)) {
                return;
            }
            Set<Integer> named = new HashSet<>();
            if (isUsed(place)) {
                Left left = left(place);
                named.addAll(left.pending);
                named.addAll(left.running);
                named.add(left.schedule);
            }
            numbers.values().removeIf(entry -> {
                boolean goes = !named.contains(entry) && !damagedEntries.contains(entry);
                if (goes) {
                    free(entry);
                }
                return goes;
            });
        });
        entries.values().removeIf(Map::isEmpty);
        slotsWithEntries = entries.size();
    }

    /** How many entries do not validate. */
    int damagedEntries() {
        return damagedEntries.size();
    }

    /** A slot is left in its record by a map of this process: notes where its values are. */
    void leave(ControlBlock<?> slot) {
        slot.leaveShape((place, word, base, shape) -> {
            note(place, shape.pendingValues());
            note(place, shape.runningValues());
            note(place, shape.keptSchedule());
        });
    }

    private synchronized void note(int place, @Nullable Object carried) {
        for (int i = Kept.count(carried) - 1; i >= 0; i--) {
            if (Kept.at(carried, i) instanceof Entry kept) {
                entries.computeIfAbsent(place, each -> new TreeMap<>()).put(kept.number(), kept.entry);
            }
        }
        slotsWithEntries = entries.size();
    }

    /** A slot that was left has a control block again: one without a shape has no record of it from now on. */
    void takenUp(ControlBlock<?> slot) {
        if (isPresent()) {
            int place = slot.position();
            long former = versions.get(place);
            slot.copyShape(this, false);
            if (versions.get(place) == former) {
                clear(place);
            }
            removed(place);
        }
    }

    /** The slot of a place is dropped: so are its values. */
    void dropped(int place) {
        if (slotsWithEntries != 0) { // of slots that are nobody's
            NavigableMap<Long, Integer> present = removed(place);
            if (present != null) {
                present.values().forEach(this::free);
            }
        }
    }

    private synchronized @Nullable NavigableMap<Long, Integer> removed(int place) {
        NavigableMap<Long, Integer> present = entries.remove(place);
        slotsWithEntries = entries.size();
        return present;
    }

    /** A value that a former process left. */
    KeptValue recovered(int entry, Object value) {
        long at = Layout.valueAt(entry, valueBytes);
        return new Entry(value, (long) LONG.get(values, at + Layout.VALUE_NUMBER), entry);
    }

    /** The bytes of a value that a former process left. */
    byte[] bytes(int entry) {
        long at = Layout.valueAt(entry, valueBytes);
        int length = Math.clamp((int) INT.get(values, at + Layout.VALUE_LENGTH), 0, valueBytes);
        return values.asSlice(at + Layout.VALUE_DATA, length).toArray(ValueLayout.JAVA_BYTE);
    }

    // ---- values -------------------------------------------------------------------------------------------------

    /** Writes a value into an entry; null when there is no room. */
    @Nullable
    KeptValue keep(Object value, byte[] bytes) {
        int entry = bytes.length > valueBytes ? NONE : free.take();
        if (entry == NONE) {
            return null;
        }
        KeptValue kept = null;
        try {
            long at = Layout.valueAt(entry, valueBytes);
            INT.set(values, at + Layout.VALUE_LENGTH, bytes.length);
            MemorySegment.copy(bytes, 0, values, ValueLayout.JAVA_BYTE, at + Layout.VALUE_DATA, bytes.length);
            kept = new Entry(value, 0, entry);
            return kept;
        } finally {
            if (kept == null) {
                free.giveBack(entry);
            }
        }
    }

    private void free(int entry) {
        LONG.setVolatile(values, Layout.valueAt(entry, valueBytes) + Layout.VALUE_SEAL, 0L);
        free.giveBack(entry);
    }

    private final class Entry extends KeptValue {
        private final int entry;

        Entry(Object value, long number, int entry) {
            super(value, number);
            this.entry = entry;
        }

        @Override
        protected void enter(int place, long as) {
            try {
                long at = Layout.valueAt(entry, valueBytes);
                LONG.set(values, at + Layout.VALUE_NUMBER, as);
                LONG.set(values, at + Layout.VALUE_INCARNATION, incarnation(place));
                INT.set(values, at + Layout.VALUE_PLACE, place);
                int length = (int) INT.get(values, at + Layout.VALUE_LENGTH);
                LONG.setVolatile(values, at + Layout.VALUE_SEAL, valueSeal(at, Math.clamp(length, 0, valueBytes)));
            } catch (IllegalStateException e) {
                // the backend was closed meanwhile, and the memory with it
            }
        }

        @Override
        protected void free() {
            try {
                ShapeRecords.this.free(entry);
            } catch (IllegalStateException e) {
                // as above
            }
        }
    }

    private long incarnation(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_SEQUENCE);
    }

    // ---- shapes -------------------------------------------------------------------------------------------------

    @Override
    public void write(int place, long word, long generationBase, SlotShape shape) {
        long version = next(place);
        long at = Layout.versionAt(place, version);
        Object pending = shape.pendingValues();
        Object running = shape.runningValues();
        KeptValue schedule = shape.keptSchedule();
        boolean freed = StateWord.isFreed(word);
        LONG.set(shapes, at + Layout.SHAPE_WORD, word);
        LONG.set(shapes, at + Layout.SHAPE_BASE, generationBase);
        LONG.set(shapes, at + Layout.SHAPE_LATEST, shape.latest());
        LONG.set(shapes, at + Layout.SHAPE_NOT_BEFORE, shape.notBefore());
        INT.set(
                shapes,
                at + Layout.SHAPE_FLAGS,
                (shape.isAgain() ? Layout.SHAPE_AGAIN : 0) | (shape.hasPassedOn() ? Layout.SHAPE_PASSED_ON : 0));
        INT.set(shapes, at + Layout.SHAPE_HANDED_BEFORE, shape.handedBefore());
        write(
                at,
                Layout.SHAPE_PENDING_FROM,
                Layout.SHAPE_PENDING_TO,
                Layout.SHAPE_PENDING_COUNT,
                freed ? null : pending);
        write(
                at,
                Layout.SHAPE_RUNNING_FROM,
                Layout.SHAPE_RUNNING_TO,
                Layout.SHAPE_RUNNING_COUNT,
                freed ? null : running);
        LONG.set(shapes, at + Layout.SHAPE_SCHEDULE, schedule == null || freed ? 0L : schedule.number());
        publish(place, version, at);
    }

    private void write(long at, long from, long to, long count, @Nullable Object values) {
        int size = Kept.count(values);
        KeptValue first = size == 0 ? null : Kept.at(values, 0);
        KeptValue last = size == 0 ? null : Kept.at(values, size - 1);
        LONG.set(shapes, at + from, first == null ? 0L : first.number());
        LONG.set(shapes, at + to, last == null ? 0L : last.number());
        INT.set(shapes, at + count, size);
    }

    /** The run of a slot has ended that its map has let go of: acknowledges that. With the slot's monitor. */
    void ended(int place) {
        long present = versions.get(place);
        long from = Layout.versionAt(place, present);
        long word = (long) LONG.get(shapes, from + Layout.SHAPE_WORD);
        if (present == 0 || !StateWord.isRunning(word)) {
            return;
        }
        long version = next(place);
        long at = Layout.versionAt(place, version);
        for (long i = 0; i < Layout.SHAPE_VERSION_BYTES; i += Long.BYTES) {
            LONG.set(shapes, at + i, (long) LONG.get(shapes, from + i));
        }
        LONG.set(shapes, at + Layout.SHAPE_WORD, StateWord.withoutRun(word));
        INT.set(shapes, at + Layout.SHAPE_FLAGS, (int) INT.get(shapes, at + Layout.SHAPE_FLAGS) & Layout.SHAPE_AGAIN);
        write(at, Layout.SHAPE_RUNNING_FROM, Layout.SHAPE_RUNNING_TO, Layout.SHAPE_RUNNING_COUNT, null);
        publish(place, version, at);
    }

    private long next(int place) {
        return Math.max(1, versions.get(place) + 1);
    }

    private void publish(int place, long version, long at) {
        LONG.set(shapes, at + Layout.SHAPE_VERSION, version);
        LONG.set(shapes, at + Layout.SHAPE_INCARNATION, incarnation(place));
        LONG.set(shapes, at + Layout.SHAPE_SEAL, shapeSeal(place, at));
        LONG.setVolatile(shapes, Layout.shapeAt(place), checked(place, version));
        versions.set(place, version);
    }

    /** Whether the present version of a slot of this process is as it was written. With the slot's monitor. */
    boolean isIntact(int place) {
        long version = versions.get(place);
        long at = Layout.versionAt(place, version);
        return version == 0
                || stored(place) == checked(place, version)
                        && (long) LONG.get(shapes, at + Layout.SHAPE_VERSION) == version
                        && (long) LONG.get(shapes, at + Layout.SHAPE_SEAL) == shapeSeal(place, at);
    }

    /** A place has no shape record any more. */
    void clear(int place) {
        if (isPresent() && stored(place) != checked(place, 0)) {
            LONG.setVolatile(shapes, Layout.shapeAt(place), checked(place, 0));
            versions.set(place, 0);
        }
    }

    // ---- checksums: of whole longs, and without heap --------------------------------------------------------------

    private long shapeSeal(int place, long at) {
        return sum(shapes, at + Long.BYTES, Layout.SHAPE_VERSION_BYTES - Long.BYTES, place);
    }

    private long valueSeal(long at, int length) {
        return sum(values, at + Long.BYTES, Layout.VALUE_DATA - Long.BYTES + (length + 7 & ~7), length);
    }

    private static long sum(MemorySegment memory, long from, long bytes, long seed) {
        long sum = 0x9E3779B97F4A7C15L + seed;
        for (long at = from; at < from + bytes; at += Long.BYTES) {
            sum = (sum ^ (long) LONG.get(memory, at)) * 0xBF58476D1CE4E5B9L;
            sum ^= sum >>> 29;
        }
        return sum == 0 ? 1 : sum;
    }
}
