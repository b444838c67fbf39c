package io.asyncslot.kernel;

import static io.asyncslot.kernel.Layout.BYTE;
import static io.asyncslot.kernel.Layout.INT;
import static io.asyncslot.kernel.Layout.LONG;
import static io.asyncslot.kernel.Layout.SHORT;

import io.asyncslot.SlotClock;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.StateWord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The slots' records in shared memory: how one comes to be, how a control block's word gets into it, and how it ends. What
 * belongs to them is each with its owner: {@link RecordFields}, {@link RecordOwners}, {@link ShapeRecords}, {@link TouchRecords},
 * {@link LeftSlots}. Thread-safe.
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
     */

    /** The word of a record that is being erased: {@link StateWord#isFreed}, and nothing else. */
    private static final long GONE = 1L << 2;

    private final MemorySegment header;
    private final MemorySegment control;
    private final MemorySegment keys;
    private final RecordFields fields;
    private final RecordOwners owners;
    private final ShapeRecords shapes;
    private final TouchRecords touches;
    private final LeftSlots left;
    private final FreePlaces free;
    private final AtomicLong sequence = new AtomicLong();
    private final AtomicInteger used = new AtomicInteger();

    /** Records that do not validate, and why. With the monitor. */
    private final Map<Integer, String> damaged = new TreeMap<>();

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
        this.header = port.header();
        this.control = port.control();
        this.keys = port.keys();
        this.fields = new RecordFields(port);
        this.owners = new RecordOwners(port.capacity());
        this.shapes = new ShapeRecords(port);
        this.touches = new TouchRecords(port, fields, owners, clock);
        this.left = new LeftSlots(port, fields, owners, shapes);
        this.free = new FreePlaces(port.capacity());
        for (int i = port.capacity() - 1; i >= 0; i--) {
            if (!find(i, nowMicros)) {
                free.giveBack(i);
            }
        }
        shapes.settle(fields::isUsed, damaged::containsKey);
        generationsFrom(nowMicros);
    }

    /** What the records say. */
    RecordFields fields() {
        return fields;
    }

    RecordOwners owners() {
        return owners;
    }

    ShapeRecords shapes() {
        return shapes;
    }

    TouchRecords touches() {
        return touches;
    }

    /** What is no open map's. */
    LeftSlots left() {
        return left;
    }

    /** Whether a record is in use; notes what a former process left in it. */
    private boolean find(int place, long nowMicros) {
        if (!fields.isUsed(place)) {
            return false;
        }
        used.incrementAndGet();
        byte kind = fields.sealedKind(place);
        String wrong = fields.storedSeal(place) == fields.seal(place, kind) ? shaped(place) : "checksum";
        wrong = wrong == null ? fields.outOfRange(place, kind, nowMicros) : wrong;
        if (wrong != null) {
            damaged.put(place, wrong);
            return true;
        }
        if (fields.kind(place) != kind) { // the sealed one is right
            BYTE.setVolatile(control, Layout.controlAt(place) + Layout.CONTROL_KIND, kind);
        }
        sequence.accumulateAndGet(fields.sequence(place) + 1, Math::max);
        left.found(place);
        return true;
    }

    /** Takes word and base of a slot with a shape record from there; answers what is wrong with that, or null. */
    private @Nullable String shaped(int place) {
        if (!shapes.isUsed(place) || fields.word(place) == GONE) {
            return null;
        }
        long at = Layout.controlAt(place);
        String wrong = shapes.wrong(place, fields.sequence(place));
        if (wrong == null) {
            ShapeRecords.Left shape = shapes.left(place);
            LONG.set(control, at + Layout.CONTROL_GENERATION_BASE, shape.base());
            LONG.setVolatile(control, at + Layout.CONTROL_WORD, shape.word());
        }
        return wrong;
    }

    /** Something else that others wrote was made good. */
    void repairedOther() {
        repaired.incrementAndGet();
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

    /** A slot that a former process left has a control block again. */
    void own(int place, ControlBlock<?> block) {
        owners.own(place, block, fields.fixed(place));
        shapes.takenUp(block);
        touches.takenUp(place);
    }

    // ---- records of this process --------------------------------------------------------------------------------

    int used() {
        return used.get();
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

    /** A record that was taken is not needed, or it could not be written: its key, as far as that came, is erased. */
    void notWritten(int place) {
        eraseKey(place);
        shapes.clear(place);
        giveBack(place);
    }

    /** Writes a record that was taken just now. What fails, fails before the record is one. */
    void write(ControlBlock<?> block, int map, SlotClock clock, byte kind, byte keyType, byte[] key) {
        int place = block.position();
        long reading = touches.reading();
        long keyAt = keyAt(place);
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
        INT.setRelease(keys, keyAt + Layout.KEY_SEAL, fields.seal(place, kind));
        BYTE.setRelease(control, at + Layout.CONTROL_KIND, kind);
        owners.own(place, block, fields.fixed(place));
        touches.made(place, reading);
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
        if (fields.fixed(place) != owners.fixed(place)) {
            INT.setVolatile(control, Layout.controlAt(place) + Layout.CONTROL_MAP, owners.fixed(place));
            repaired.incrementAndGet();
        }
        long copied = fields.word(place);
        if (copied == word) {
            if (!suspects.isEmpty()) {
                suspects.remove(place);
            }
        } else if (Long.valueOf(copied).equals(suspects.put(place, copied))) {
            suspects.remove(place);
            copy(block);
            repaired.incrementAndGet();
        }
        if (touches.verify(place)) {
            repaired.incrementAndGet();
        }
        if (shapes.isPresent()) {
            synchronized (block) {
                if (!shapes.isIntact(place)) {
                    block.copyShape(shapes, false);
                    repaired.incrementAndGet();
                }
            }
        }
        long base = fields.generationBase(place);
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

    /**
     * Puts the last touch of a slot that a former process left into its word: it is due when the touch said.
     *
     * @return the word
     */
    long touchedWord(int place, int map, long word) {
        long until = StateWord.isArmed(word) ? touches.leftUntil(place, map) : 0;
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

    /** Notes the run that is about to begin; for the custodian, before the word says RUNNING. */
    void beginning(int place, long generation, long deadline, int attempt) {
        long at = Layout.controlAt(place);
        LONG.set(control, at + Layout.CONTROL_RUN_GENERATION, generation);
        LONG.set(control, at + Layout.CONTROL_RUN_DEADLINE, deadline);
        INT.setRelease(control, at + Layout.CONTROL_ATTEMPT, attempt);
    }

    /** A run has ended of a slot that its map has let go of, or that stays since all do. */
    void endedDetached(ControlBlock<?> block, boolean letGo) {
        if (detached || letGo) {
            left.ended(block);
        }
    }

    private long keyAt(int place) {
        return Layout.keyAt(place, fields.keyBytes());
    }

    private void eraseKey(int place) {
        Layout.zero(keys, keyAt(place), Layout.keyRecordBytes(fields.keyBytes()));
    }

    /** Erases a record, whose slot is gone. */
    void erase(int place) {
        long at = Layout.controlAt(place);
        LONG.setVolatile(control, at + Layout.CONTROL_WORD, GONE);
        BYTE.setVolatile(control, at + Layout.CONTROL_KIND, Layout.KIND_UNUSED);
        INT.setVolatile(keys, keyAt(place) + Layout.KEY_SEAL, 0);
        LONG.setVolatile(control, at + Layout.CONTROL_WORD, 0L);
        SHORT.setVolatile(control, at + Layout.CONTROL_MAP, (short) 0);
        eraseKey(place);
        shapes.clear(place);
        touches.clear(place);
        owners.letGo(place);
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
        boolean plausible = seen >= 0 && seen < nowMicros + RecordFields.MAX_AHEAD_MICROS;
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
