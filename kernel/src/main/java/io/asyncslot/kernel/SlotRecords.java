package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.BYTE;
import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.LONG;
import static io.asyncslot.kernel.Layout.SHORT;

import io.asyncslot.SlotClock;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.FormerRun;
import io.asyncslot.core.StateWord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The slots' records in shared memory: who has which, and how a control block's word gets into it. Thread-safe.
 */
final class SlotRecords {

    /*
     * A record's life: of a slot that has a shape record, see ShapeRecords, word and base are what that one says
     *
     *   taken      from the free places; kind is UNUSED, seal is 0
     *   written    key, base, map, clock, sequence, word; then the seal, then kind, with release: from now on a next process
     *              finds it
     *   copied to  by whoever changed the word, with a reference in hand
     *   erased     word FREED, kind UNUSED, seal 0, key zero, once the incarnation is reclaimed and the kernel has freed
     *              its timer and its entry in the index, for which it reads the key; then it is free
     *
     * Trust
     *
     * Others may write to the memory too, by mistake or not. What is of this process is believed from the heap, and the
     * records are compared with it from time to time (verify). What a former process left is believed if its seal, a
     * checksum of the key and of what does not change, fits and the rest is in its range. What does not validate is noted
     * as damaged: it keeps its place, is shown, and never runs.
     *
     * Copying a word
     *
     *   m = the copy;  w = the word;  base into the copy if it grew;  CAS the copy from m to w;  again until m == w
     *
     * A thread that fell behind fails its CAS, since the copy is not what it was: so an operation that has answered is not
     * undone by an older one, not even for a moment. The one exception is a word that was moved away and back between two
     * reads (two touches of one slot): the copy then shows a deadline that was asked for, until that thread looks again,
     * which is its next step. The base is raised before the word is copied that may need it.
     *
     * Touches
     *
     *   toucher    finds the place in the index, stores the time `at` in the touch record
     *   operation  reads the clock, changes the word, raises `since` to that reading, copies the word, looks at the promise
     *   reader     reads the word, then `since`, then `at`; at > since: due at + delay, if that is later than the word says
     *
     * A reader that has the new word and not yet the new `since` takes the slot for due too late: the operation's look at the
     * promise, which comes after its store, puts that right. One that has the old word and the new `since` takes it for due
     * too early, and fails: to begin a run takes a CAS on that word. The reading is of before the step, so an operation that
     * fell behind cannot make void what came after a later one.
     */

    /**
     * What a record holds that a former process left, or a map of this one that was closed.
     *
     * @param run the run of it that goes on there; null for none
     * @param former the slot there, if there is a run
     */
    record Left(
            int place,
            long sequence,
            long word,
            @Nullable FormerRun run,
            @Nullable ControlBlock<?> former) {}

    /** No generation is farther ahead of the wall clock: a hundred years. */
    private static final long MAX_AHEAD_MICROS = 100L * 366 * 86_400_000_000L;

    private static final int SEALED_BYTES = 19;

    /** How often an opening looks whether operations of a former map have ended. */
    private static final int SETTLE_LOOKS = 100;

    private static final long SETTLE_NANOS = 100_000;

    /** A map's touches do not put off farther: a hundred years. */
    static final long MAX_TOUCH_NANOS = 100L * 366 * 86_400_000_000_000L;

    /** The word of a record that is being erased: {@link StateWord#isFreed}, and nothing else. */
    private static final long GONE = 1L << 2;

    private final ShapeRecords shapes;
    private final MemorySegment header;
    private final MemorySegment control;
    private final MemorySegment keys;
    private final int keyBytes;
    private final FreePlaces free;
    private final boolean touchable;
    private final MemorySegment since;
    private final MemorySegment touches;

    /** Reads CLOCK_MONOTONIC as the kernel does, in nanoseconds. */
    private final LongSupplier clock;

    /** How far a touch puts the slots of each map off, in nanoseconds: 0 where they cannot be touched. Any thread. */
    private final AtomicLongArray touchNanos = new AtomicLongArray(Layout.DIRECTORY_RECORDS);

    /** The numbers of those maps' names. */
    private final AtomicLongArray nameNumbers = new AtomicLongArray(Layout.DIRECTORY_RECORDS);

    /** Whose record it is. Set before the slot is published, cleared with the engine's lock; volatile. */
    private final AtomicReferenceArray<@Nullable ControlBlock<?>> owners;

    private final AtomicLong sequence = new AtomicLong();
    private final AtomicInteger used = new AtomicInteger();

    /** No slot of this process has had a record from here on. Any thread raises it. */
    private final AtomicInteger end = new AtomicInteger();

    /** What a former process left, by map; taken out by the map's opening. */
    private final Map<Integer, List<Left>> left = new HashMap<>();

    /** Runs of maps that were closed whose slots are another map's by now. With the monitor. */
    private final Map<ControlBlock<?>, FormerRun> formerRuns = new HashMap<>();

    /** How often this process has each map open: one that was let go of and one that follows may overlap. */
    private final Map<Integer, Integer> opened = new HashMap<>();

    /** Records whose slot was freed, or not made altogether, when the former process ended. */
    private final List<Integer> remains = new ArrayList<>();

    /** Records that do not validate, and why. With the monitor. */
    private final Map<Integer, String> damaged = new TreeMap<>();

    /** What does not change in a record of this process: map + 1, clock and kind. Set before the slot is published. */
    private final AtomicIntegerArray fixed;

    /** Copies that were not what they should be at the last look, by record. With the engine's lock. */
    private final Map<Integer, Long> suspects = new HashMap<>();

    /** How often a record of this process was made good. Any thread. */
    private final AtomicLong repaired = new AtomicLong();

    /** Set once: from then on a slot that is freed with its map stays in its record, and none is erased. Volatile. */
    private volatile boolean detached;

    /**
     * Takes the records into use.
     *
     * @param nowMicros the wall clock, microseconds since 1970
     * @param clock reads CLOCK_MONOTONIC as the kernel does, in nanoseconds
     */
    SlotRecords(KernelPort port, long nowMicros, LongSupplier clock) {
        this.shapes = new ShapeRecords(port);
        this.touchable = port.touchable();
        this.since = port.since();
        this.touches = port.touches();
        this.clock = clock;
        this.header = port.header();
        this.control = port.control();
        this.keys = port.keys();
        this.keyBytes = port.keyBytes();
        this.free = new FreePlaces(port.capacity());
        this.owners = new AtomicReferenceArray<>(port.capacity());
        this.fixed = new AtomicIntegerArray(port.capacity());
        for (int i = port.capacity() - 1; i >= 0; i--) {
            if (!find(i, nowMicros)) {
                free.giveBack(i);
            }
        }
        shapes.settle(this::isUsed, damaged::containsKey);
        generationsFrom(nowMicros);
    }

    private boolean isUsed(int place) {
        return (byte) BYTE.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_KIND) != Layout.KIND_UNUSED
                || (int) INT.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_SEAL) != 0;
    }

    ShapeRecords shapes() {
        return shapes;
    }

    /** Whether a record is in use; notes what a former process left in it. */
    private boolean find(int place, long nowMicros) {
        long at = Layout.controlAt(place);
        long keyAt = Layout.keyAt(place, keyBytes);
        byte kind = (byte) BYTE.getVolatile(control, at + Layout.CONTROL_KIND);
        int seal = (int) INT.get(keys, keyAt + Layout.KEY_SEAL);
        if (kind == Layout.KIND_UNUSED && seal == 0) {
            return false;
        }
        used.incrementAndGet();
        byte sealedKind = (byte) BYTE.get(keys, keyAt + Layout.KEY_KIND);
        String wrong = seal == seal(place, sealedKind) ? shaped(place) : "checksum";
        wrong = wrong == null ? outOfRange(place, sealedKind, nowMicros) : wrong;
        long word = word(place);
        if (wrong != null) {
            damaged.put(place, wrong);
            return true;
        }
        if (kind != sealedKind) { // the sealed one is right
            BYTE.setVolatile(control, at + Layout.CONTROL_KIND, sealedKind);
        }
        long number = (long) LONG.get(control, at + Layout.CONTROL_SEQUENCE);
        sequence.accumulateAndGet(number + 1, Math::max);
        if (StateWord.isFreed(word)) {
            remains.add(place);
        } else {
            left.computeIfAbsent(map(place), each -> new ArrayList<>()).add(new Left(place, number, word, null, null));
        }
        return true;
    }

    /** Takes word and base of a slot with a shape record from there; answers what is wrong with that, or null. */
    private @Nullable String shaped(int place) {
        if (!shapes.isUsed(place) || word(place) == GONE) {
            return null;
        }
        long at = Layout.controlAt(place);
        String wrong = shapes.wrong(place, (long) LONG.get(control, at + Layout.CONTROL_SEQUENCE));
        if (wrong == null) {
            ShapeRecords.Left left = shapes.left(place);
            LONG.set(control, at + Layout.CONTROL_GENERATION_BASE, left.base());
            LONG.setVolatile(control, at + Layout.CONTROL_WORD, left.word());
        }
        return wrong;
    }

    /** What of a sealed record cannot be; null if all can. */
    private @Nullable String outOfRange(int place, byte kind, long nowMicros) {
        long word = word(place);
        if (kind != Layout.KIND_TIMER && kind != Layout.KIND_WORK) {
            return "kind " + kind;
        }
        if (keyLength(place) > keyBytes) {
            return "key of " + keyLength(place) + " bytes";
        }
        if (!StateWord.isPossible(word)) {
            return "state word";
        }
        if (StateWord.isFreed(word)) {
            return null; // a record that was being erased
        }
        if (map(place) < 0 || map(place) >= Layout.DIRECTORY_RECORDS) {
            return "map " + map(place);
        }
        int clock = (byte) BYTE.get(control, Layout.controlAt(place) + Layout.CONTROL_CLOCK);
        if (clock < 0 || clock >= SlotClock.values().length) {
            return "clock " + clock;
        }
        long sequenceNumber = (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_SEQUENCE);
        if (sequenceNumber < 0 || sequenceNumber == Long.MAX_VALUE) {
            return "sequence";
        }
        long most = nowMicros + MAX_AHEAD_MICROS;
        if (!isFrom(0, generationBase(place), most) || !isFrom(0, runGeneration(place), most)) {
            return "generation";
        }
        if (!isFrom(0, runDeadline(place), 1L << 52)) {
            return "deadline of the run";
        }
        return attempt(place) < 0 || StateWord.isRunning(word) && attempt(place) == 0 ? "attempt" : null;
    }

    private int keyLength(int place) {
        return (short) SHORT.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_LENGTH) & 0xFFFF;
    }

    private static boolean isFrom(long least, long value, long most) {
        return value >= least && value <= most;
    }

    private int map(int place) {
        return ((short) SHORT.get(control, Layout.controlAt(place) + Layout.CONTROL_MAP) & 0xFFFF) - 1;
    }

    private int seal(int place, byte kind) {
        return seal(control, keys, keyBytes, place, kind);
    }

    /** The checksum that a record is to have if it is of that kind, never 0. */
    static int seal(MemorySegment control, MemorySegment keys, int keyBytes, int place, byte kind) {
        long at = Layout.controlAt(place);
        long keyAt = Layout.keyAt(place, keyBytes);
        int length = (short) SHORT.get(keys, keyAt + Layout.KEY_LENGTH) & 0xFFFF;
        int sealed = Math.min(length, keyBytes);
        byte[] bytes = ByteBuffer.allocate(SEALED_BYTES + sealed)
                .putInt(place)
                .putShort((short) SHORT.get(control, at + Layout.CONTROL_MAP))
                .put((byte) BYTE.get(control, at + Layout.CONTROL_CLOCK))
                .put(kind)
                .putLong((long) LONG.get(control, at + Layout.CONTROL_SEQUENCE))
                .putShort((short) length)
                .put((byte) BYTE.get(keys, keyAt + Layout.KEY_TYPE))
                .array();
        MemorySegment.copy(keys, ValueLayout.JAVA_BYTE, keyAt + Layout.KEY_DATA, bytes, SEALED_BYTES, sealed);
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        int value = (int) sum.getValue();
        return value == 0 ? ~0 : value;
    }

    // ---- what a former process left -----------------------------------------------------------------------------

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
        for (int place = end.get() - 1; place >= 0; place--) {
            ControlBlock<?> block = owners.get(place);
            if (block != null && isKept(place, map) && block.leaveClosed() && block.references() != 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether this process has slots of a map of that number, which is closed and lets them stay. Only looks. */
    private boolean hasFormer(int map) {
        for (int place = end.get() - 1; place >= 0; place--) {
            ControlBlock<?> block = owners.get(place);
            if (block != null && isKept(place, map) && block.isLetGo()) {
                return true;
            }
        }
        return false;
    }

    /** Whether the record of a slot of this process is one of that map, and was not deleted. */
    private boolean isKept(int place, int map) {
        return fixedMap(place) == map && !StateWord.isFreed(word(place));
    }

    /**
     * What is left of a map, in the order of making. Answers it once. What a former map of that number still runs is among it:
     * nobody has a reference to such a slot, so the end of its run is all that follows there.
     *
     * @param list where to put it; if this fails, what is there by then is to be given back by {@link #notTaken}
     */
    synchronized void takeLeft(int map, List<Left> list) {
        if (opened.merge(map, 1, Integer::sum) > 1) {
            takeFormer(map, list);
        }
        List<Left> present = left.get(map);
        if (present != null) {
            list.addAll(present);
            left.remove(map);
        }
        list.sort(Comparator.comparingLong(Left::sequence));
    }

    /** With the monitor. A slot that this fails for is in the list at most: nothing else of it has changed. */
    private void takeFormer(int map, List<Left> list) {
        for (int place = 0; place < end.get(); place++) {
            ControlBlock<?> block = owners.get(place);
            if (block != null
                    && isKept(place, map)
                    && block.references() == 0
                    && StateWord.isFreed(block.word())
                    && block.leaveClosed()
                    && owners.get(place) == block) { // last: until then an operation may have ended that took it out
                boolean goesOn = StateWord.isRunning(word(place)) && !block.isUndelivered(); // else it is to come again
                FormerRun run = goesOn ? block.passRunOn() : null;
                list.add(leftAt(place, run, run == null ? null : block));
                shapes.leave(block);
                if (run != null) {
                    formerRuns.put(block, run);
                }
                owners.set(place, null);
            }
        }
    }

    private Left leftAt(int place, @Nullable FormerRun run, @Nullable ControlBlock<?> former) {
        long number = (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_SEQUENCE);
        return new Left(place, number, word(place), run, former);
    }

    /** A slot that a former map still runs is not made anew: the end of that run acknowledges it in its record. */
    synchronized void notTaken(Left slot) {
        ControlBlock<?> former = slot.former();
        FormerRun run = slot.run();
        if (former != null && run != null && !run.isPassed() && owners.get(slot.place()) == null) {
            if (formerRuns.remove(former) == null) {
                acknowledge(former);
            } else {
                owners.set(slot.place(), former);
            }
        }
    }

    boolean hasLeft(int map) {
        return isLeft(map) || hasFormer(map);
    }

    private synchronized boolean isUnopened(int map) {
        return !opened.containsKey(map);
    }

    private synchronized boolean isLeft(int map) {
        return left.containsKey(map);
    }

    /** Whether no slot is left of a map, and none of this process can be of it. For the directory. */
    synchronized boolean isUnused(int map) {
        return !left.containsKey(map) && !opened.containsKey(map);
    }

    /** A map that this process had opened is closed: another one may take its number. */
    synchronized void closed(int map) {
        opened.computeIfPresent(map, (same, times) -> times == 1 ? null : times - 1);
    }

    /** Whether this process has a map open, or an operation in a record of one. */
    synchronized boolean isInUse() {
        return !opened.isEmpty();
    }

    /** Something else that others wrote was made good. */
    void repairedOther() {
        repaired.incrementAndGet();
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

    /** A slot that a former process left cannot be read: it keeps its record, is shown, and does not run. */
    synchronized void unreadable(int place, String why) {
        damaged.put(place, why);
    }

    /** Records that do not validate, with the reason of each, in order. */
    synchronized Map<Integer, String> damaged() {
        return new TreeMap<>(damaged);
    }

    /** How often a record of this process was found changed by somebody else, and made good. */
    long repaired() {
        return repaired.get();
    }

    byte keyType(int place) {
        return (byte) BYTE.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_TYPE);
    }

    byte[] key(int place) {
        long at = Layout.keyAt(place, keyBytes);
        int length = Math.min(keyBytes, keyLength(place));
        return keys.asSlice(at + Layout.KEY_DATA, length).toArray(ValueLayout.JAVA_BYTE);
    }

    long generationBase(int place) {
        return (long) LONG.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_GENERATION_BASE);
    }

    long runGeneration(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_RUN_GENERATION);
    }

    long runDeadline(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_RUN_DEADLINE);
    }

    int attempt(int place) {
        return (int) INT.get(control, Layout.controlAt(place) + Layout.CONTROL_ATTEMPT);
    }

    long word(int place) {
        return (long) LONG.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_WORD);
    }

    int fires(int place) {
        return (int) INT.getVolatile(control, Layout.controlAt(place) + Layout.CONTROL_FIRES);
    }

    /** A slot that a former process left has a control block again. */
    void own(int place, ControlBlock<?> block) {
        owned(place, block);
        shapes.takenUp(block);
        if (touchable) {
            writeTouch(place);
        }
    }

    private void owned(int place, ControlBlock<?> block) {
        fixed.set(place, fixed(place));
        if (end.get() <= place) {
            end.accumulateAndGet(place + 1, Math::max);
        }
        owners.set(place, block);
    }

    // ---- records of this process --------------------------------------------------------------------------------

    int keyBytes() {
        return keyBytes;
    }

    int used() {
        return used.get();
    }

    /** No slot of this process has a record from here on. */
    int end() {
        return end.get();
    }

    int take() {
        int place = free.take();
        if (place >= 0) {
            used.incrementAndGet();
        }
        return place;
    }

    /** A record is free again: erased, and its timer freed. */
    void giveBack(int place) {
        used.decrementAndGet();
        free.giveBack(place);
    }

    /** The slot that has a record; null when none has. */
    @Nullable
    ControlBlock<?> owner(int place) {
        return place < 0 || place >= owners.length() ? null : owners.get(place);
    }

    /** A record that was taken is not needed, or it could not be written: its key, as far as that came, is erased. */
    void notWritten(int place) {
        zero(keys, Layout.keyAt(place, keyBytes), Layout.keyRecordBytes(keyBytes));
        shapes.clear(place);
        giveBack(place);
    }

    /** Clears a whole number of longs, which takes no heap. */
    private static void zero(MemorySegment memory, long from, long bytes) {
        for (long at = from; at < from + bytes; at += Long.BYTES) {
            LONG.set(memory, at, 0L);
        }
    }

    /** Writes a record that was taken just now. What fails, fails before the record is one. */
    void write(ControlBlock<?> block, int map, SlotClock clock, byte kind, byte keyType, byte[] key) {
        int place = block.position();
        long reading = touchable ? reading() : 0;
        long keyAt = Layout.keyAt(place, keyBytes);
        SHORT.set(keys, keyAt + Layout.KEY_LENGTH, (short) key.length);
        BYTE.set(keys, keyAt + Layout.KEY_TYPE, keyType);
        BYTE.set(keys, keyAt + Layout.KEY_KIND, kind);
        MemorySegment.copy(key, 0, keys, ValueLayout.JAVA_BYTE, keyAt + Layout.KEY_DATA, key.length);
        long at = Layout.controlAt(place);
        LONG.set(control, at + Layout.CONTROL_GENERATION_BASE, block.generationBase());
        LONG.set(control, at + Layout.CONTROL_RUN_GENERATION, 0L);
        LONG.set(control, at + Layout.CONTROL_RUN_DEADLINE, 0L);
        INT.set(control, at + Layout.CONTROL_ATTEMPT, 0);
        SHORT.set(control, at + Layout.CONTROL_MAP, (short) (map + 1));
        BYTE.set(control, at + Layout.CONTROL_CLOCK, (byte) clock.ordinal());
        LONG.set(control, at + Layout.CONTROL_KERNEL_FIRED_AT, 0L);
        INT.set(control, at + Layout.CONTROL_FIRES, 0);
        INT.set(control, at + Layout.CONTROL_RETRIES, 0);
        LONG.set(control, at + Layout.CONTROL_SEQUENCE, sequence.getAndIncrement());
        LONG.set(control, at + Layout.CONTROL_WORD, block.word());
        shapes.clear(place);
        block.copyShape(shapes, false);
        INT.setRelease(keys, keyAt + Layout.KEY_SEAL, seal(place, kind));
        BYTE.setRelease(control, at + Layout.CONTROL_KIND, kind);
        owned(place, block);
        if (touchable) {
            LONG.setVolatile(since, Layout.sinceAt(place) + Layout.SINCE_SINCE, reading);
            writeTouch(place);
        }
    }

    // ---- touches ------------------------------------------------------------------------------------------------

    /** Whether there is room for touches. */
    boolean isTouchable() {
        return touchable;
    }

    /** Says how far a touch puts the slots of a map off, 0 if they cannot be touched; before it has any. */
    void touchable(int map, String name, long nanos) {
        nameNumbers.set(map, Layout.nameNumber(name));
        touchNanos.set(map, nanos);
    }

    /** Whether the slot of a record can be touched. */
    boolean isTouchable(int place) {
        return touchable && touchNanos(place) != 0;
    }

    /** The map of a slot of this process, by the heap. */
    private int fixedMap(int place) {
        return (fixed.get(place) & 0xFFFF) - 1;
    }

    /** By the heap, for a slot of this process. */
    private long touchNanos(int place) {
        int map = fixedMap(place);
        return map < 0 || map >= Layout.DIRECTORY_RECORDS ? 0 : touchNanos.get(map);
    }

    /** Writes what a touch does to a slot of this process. */
    private void writeTouch(int place) {
        long nanos = touchNanos(place);
        long at = Layout.sinceAt(place);
        LONG.setVolatile(since, at + Layout.SINCE_MAP, nanos == 0 ? 0 : nameNumbers.get(fixedMap(place)));
        LONG.setVolatile(since, at + Layout.SINCE_DELAY, nanos);
        LONG.setVolatile(touches, Layout.touchAt(place) + Layout.TOUCH_INCARNATION, incarnation(place));
    }

    private long incarnation(int place) {
        return (long) LONG.get(control, Layout.controlAt(place) + Layout.CONTROL_SEQUENCE) + 1;
    }

    /** A reading for {@link #armed}. */
    long reading() {
        return clock.getAsLong();
    }

    /** Touches of a slot, of which the caller holds a reference, count from this reading on, or from a later one. */
    void armed(int place, long reading) {
        long at = Layout.sinceAt(place) + Layout.SINCE_SINCE;
        for (; ; ) {
            long seen = (long) LONG.getVolatile(since, at);
            if (seen >= reading || LONG.compareAndSet(since, at, seen, reading)) {
                return;
            }
        }
    }

    /** When a slot is due by its last touch, in microseconds of the monotonic clock; 0 without one. */
    long touchedUntil(int place) {
        if (!touchable) {
            return 0;
        }
        long nanos = touchNanos(place);
        return nanos == 0 ? 0 : touchedUntil(place, nanos);
    }

    private long touchedUntil(int place, long nanos) {
        try {
            long from = (long) LONG.getVolatile(since, Layout.sinceAt(place) + Layout.SINCE_SINCE);
            long at = (long) LONG.getVolatile(touches, Layout.touchAt(place) + Layout.TOUCH_AT);
            boolean counts = at > Math.max(0, from) && at <= clock.getAsLong() + Layout.TOUCH_AHEAD_NANOS;
            return counts ? Math.min(Micros.NEVER, Micros.ceil(at + nanos)) : 0;
        } catch (IllegalStateException e) {
            return 0; // the backend was closed meanwhile, and the memory with it
        }
    }

    /** Makes good what others changed of a slot's touches. With the engine's lock. */
    private void verifyTouch(int place) {
        long latest = clock.getAsLong() + Layout.TOUCH_AHEAD_NANOS;
        long at = Layout.sinceAt(place);
        long touchAt = Layout.touchAt(place);
        long from = (long) LONG.getVolatile(since, at + Layout.SINCE_SINCE);
        long stamp = (long) LONG.getVolatile(touches, touchAt + Layout.TOUCH_AT);
        boolean isWrong = false;
        if (from < 0 || from > latest) {
            isWrong = LONG.compareAndSet(since, at + Layout.SINCE_SINCE, from, 0L);
        }
        if (stamp < 0 || stamp > latest) {
            isWrong |= LONG.compareAndSet(touches, touchAt + Layout.TOUCH_AT, stamp, 0L);
        }
        if ((long) LONG.getVolatile(since, at + Layout.SINCE_DELAY) != touchNanos(place)
                || (long) LONG.getVolatile(touches, touchAt + Layout.TOUCH_INCARNATION) != incarnation(place)) {
            writeTouch(place);
            isWrong = true;
        }
        if (isWrong) {
            repaired.incrementAndGet();
        }
    }

    /**
     * Puts the last touch of a slot that a former process left into its word: it is due when the touch said.
     *
     * @return the word
     */
    long touchedWord(int place, int map, long word) {
        long nanos = touchable ? touchNanos.get(map) : 0;
        long until = nanos == 0 || !StateWord.isArmed(word) ? 0 : touchedUntil(place, nanos);
        if (until <= StateWord.deadline(word)) {
            return word;
        }
        long moved = StateWord.movedTo(word, until);
        LONG.setVolatile(control, Layout.controlAt(place) + Layout.CONTROL_WORD, moved);
        return moved;
    }

    /** The run that a former process began has passed on what it was handed: it is over. Answers the word. */
    long withoutRun(int place, long word) {
        long over = StateWord.withoutRun(word);
        LONG.setVolatile(control, Layout.controlAt(place) + Layout.CONTROL_WORD, over);
        return over;
    }

    /** What does not change in a record and is the kernel's to read: map + 1, clock and kind, as they lie there. */
    private int fixed(int place) {
        return (int) INT.get(control, Layout.controlAt(place) + Layout.CONTROL_MAP);
    }

    /**
     * Compares a record of this process with the heap, and makes it good; with the engine's lock, so that the record is not
     * another slot's meanwhile. An operation may be between the word and its copy: only what is the same at two looks was
     * changed by somebody else.
     */
    void verify(int place, ControlBlock<?> block) {
        long word = block.word();
        if (detached || StateWord.isFreed(word)) {
            return; // its record is left to another process, or will be erased
        }
        if (fixed(place) != fixed.get(place)) {
            INT.setVolatile(control, Layout.controlAt(place) + Layout.CONTROL_MAP, fixed.get(place));
            repaired.incrementAndGet();
        }
        long copied = word(place);
        if (copied == word) {
            if (!suspects.isEmpty()) {
                suspects.remove(place);
            }
        } else if (Long.valueOf(copied).equals(suspects.put(place, copied))) {
            suspects.remove(place);
            copy(block);
            repaired.incrementAndGet();
        }
        if (isTouchable(place)) {
            verifyTouch(place);
        }
        if (shapes.isPresent()) {
            synchronized (block) {
                if (!shapes.isIntact(place)) {
                    block.copyShape(shapes, false);
                    repaired.incrementAndGet();
                }
            }
        }
        long base = generationBase(place);
        if (base > block.generationBase()) { // it is raised here first
            LONG.compareAndSet(
                    control, Layout.controlAt(place) + Layout.CONTROL_GENERATION_BASE, base, block.generationBase());
            repaired.incrementAndGet();
        }
    }

    /**
     * Copies the word, see above; one of a slot that was freed only if it freed itself. Whoever frees it by deleting says so
     * in the copy; a closer that lets go of it leaves the copy as it is.
     */
    void copy(ControlBlock<?> block) {
        copy(block, false);
    }

    /** Copies the word of a freed slot that is not to stay. */
    void copyFreed(ControlBlock<?> block) {
        copy(block, true);
    }

    private void copy(ControlBlock<?> block, boolean freed) {
        block.copyShape(shapes, freed); // first: it says what the slot is
        long at = Layout.controlAt(block.position());
        for (; ; ) {
            long copied = (long) LONG.getVolatile(control, at + Layout.CONTROL_WORD);
            long word = block.word();
            if (word == copied || !freed && StateWord.isFreed(word) && !StateWord.isFreedIdle(word)) {
                return;
            }
            raiseBase(at, block.generationBase());
            LONG.compareAndSet(control, at + Layout.CONTROL_WORD, copied, word);
        }
    }

    private void raiseBase(long at, long base) {
        for (; ; ) {
            long copied = (long) LONG.getVolatile(control, at + Layout.CONTROL_GENERATION_BASE);
            if (copied >= base || LONG.compareAndSet(control, at + Layout.CONTROL_GENERATION_BASE, copied, base)) {
                return;
            }
        }
    }

    /** Notes the run that is about to begin; for the custodian, before the word says RUNNING. */
    void beginning(int place, long generation, long deadline, int attempt) {
        long at = Layout.controlAt(place);
        LONG.set(control, at + Layout.CONTROL_RUN_GENERATION, generation);
        LONG.set(control, at + Layout.CONTROL_RUN_DEADLINE, deadline);
        INT.setRelease(control, at + Layout.CONTROL_ATTEMPT, attempt);
    }

    /** A run has ended of a slot that its map has let go of: it is acknowledged here, or in the map that has the slot by now. */
    void endedDetached(ControlBlock<?> block, boolean letGo) {
        if (detached || letGo) {
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
        if (owners.get(place) != block) {
            return true;
        }
        if (StateWord.isFreed(word(place))) {
            return false;
        }
        shapes.leave(block);
        owners.set(place, null);
        left.computeIfAbsent(map, each -> new ArrayList<>()).add(leftAt(place, null, null));
        return true;
    }

    /** Erases a record, whose slot is gone. */
    void erase(int place) {
        long at = Layout.controlAt(place);
        LONG.setVolatile(control, at + Layout.CONTROL_WORD, GONE);
        BYTE.setVolatile(control, at + Layout.CONTROL_KIND, Layout.KIND_UNUSED);
        INT.setVolatile(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_SEAL, 0);
        LONG.setVolatile(control, at + Layout.CONTROL_WORD, 0L);
        SHORT.setVolatile(control, at + Layout.CONTROL_MAP, (short) 0);
        zero(keys, Layout.keyAt(place, keyBytes), Layout.keyRecordBytes(keyBytes));
        shapes.clear(place);
        if (touchable) {
            zero(since, Layout.sinceAt(place), Layout.SINCE_BYTES);
            zero(touches, Layout.touchAt(place), Layout.TOUCH_BYTES);
        }
        owners.set(place, null);
        shapes.dropped(place);
    }

    void retired(long generation) {
        for (; ; ) {
            long seen = (long) LONG.getVolatile(header, Layout.HEADER_RETIRED);
            if (seen >= generation || LONG.compareAndSet(header, Layout.HEADER_RETIRED, seen, generation)) {
                return;
            }
        }
    }

    /**
     * From this generation on no former process has given one: whatever became of the memory meanwhile, since a slot is not
     * started more than once a microsecond for years.
     */
    private void generationsFrom(long nowMicros) {
        long seen = (long) LONG.getVolatile(header, Layout.HEADER_RETIRED);
        boolean plausible = seen >= 0 && seen < nowMicros + MAX_AHEAD_MICROS;
        LONG.setVolatile(header, Layout.HEADER_RETIRED, plausible ? Math.max(seen, nowMicros) : nowMicros);
    }

    long highestRetired() {
        return (long) LONG.getVolatile(header, Layout.HEADER_RETIRED);
    }

    /** From now on closing a map leaves its slots in their records. */
    void detach() {
        detached = true;
    }

    boolean isDetached() {
        return detached;
    }
}
