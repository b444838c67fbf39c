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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The slots' records in shared memory: who has which, and how a control block's word gets into it. Thread-safe.
 */
final class SlotRecords {

    /*
     * A record's life
     *
     *   taken      from the free places; kind is UNUSED
     *   written    key, base, map, clock, sequence, word; then kind, with release: from now on a next process finds it
     *   copied to  by whoever changed the word, with a reference in hand
     *   erased     kind UNUSED, once the incarnation is reclaimed
     *   free       once the kernel has freed its timer
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

    /** What a record holds that a former process left. */
    record Left(int place, long sequence, long word) {}

    private final MemorySegment header;
    private final MemorySegment control;
    private final MemorySegment keys;
    private final int keyBytes;
    private final FreePlaces free;

    /** Whose record it is. Set before the slot is published, cleared with the engine's lock; volatile. */
    private final AtomicReferenceArray<@Nullable ControlBlock<?>> owners;

    private final AtomicLong sequence = new AtomicLong();
    private final AtomicInteger used = new AtomicInteger();

    /** What a former process left, by map; taken out by the map's opening. */
    private final Map<Integer, List<Left>> left = new HashMap<>();

    /** Maps that this process has open. */
    private final Set<Integer> opened = new HashSet<>();

    /** Records whose slot was freed, or not made altogether, when the former process ended. */
    private final List<Integer> remains = new ArrayList<>();

    /** Set once, before the maps are closed: from then on a freed slot stays in its record. Volatile. */
    private volatile boolean detached;

    SlotRecords(KernelPort port) {
        this.header = port.header();
        this.control = port.control();
        this.keys = port.keys();
        this.keyBytes = port.keyBytes();
        this.free = new FreePlaces(port.capacity());
        this.owners = new AtomicReferenceArray<>(port.capacity());
        boolean fresh = (int) INT.get(header, Layout.HEADER_MAP_COUNT) == 0;
        for (int i = port.capacity() - 1; i >= 0; i--) {
            if (fresh || !find(i)) {
                free.giveBack(i);
            }
        }
        left.values().forEach(list -> list.sort(Comparator.comparingLong(Left::sequence)));
    }

    /** Whether a record is in use; notes what a former process left in it. */
    private boolean find(int place) {
        long at = Layout.controlAt(place);
        byte kind = (byte) BYTE.getVolatile(control, at + Layout.CONTROL_KIND);
        if (kind == Layout.KIND_UNUSED) {
            return false;
        }
        used.incrementAndGet();
        long word = (long) LONG.getVolatile(control, at + Layout.CONTROL_WORD);
        long number = (long) LONG.get(control, at + Layout.CONTROL_SEQUENCE);
        int map = (short) SHORT.get(control, at + Layout.CONTROL_MAP) & 0xFFFF;
        sequence.accumulateAndGet(number + 1, Math::max);
        if (StateWord.isFreed(word) || map == 0) {
            remains.add(place);
        } else {
            left.computeIfAbsent(map - 1, each -> new ArrayList<>()).add(new Left(place, number, word));
        }
        return true;
    }

    // ---- what a former process left -----------------------------------------------------------------------------

    /** What is left of a map, in the order of making. Answers it once. */
    synchronized List<Left> takeLeft(int map) {
        opened.add(map);
        List<Left> list = left.remove(map);
        return list == null ? List.of() : list;
    }

    synchronized boolean hasLeft(int map) {
        return left.containsKey(map);
    }

    /** Whether no slot is left of a map, and none of this process can be of it. For the directory. */
    synchronized boolean isUnused(int map) {
        return !left.containsKey(map) && !opened.contains(map);
    }

    /** A map that this process had opened is closed: another one may take its number. */
    synchronized void closed(int map) {
        opened.remove(map);
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

    byte[] key(int place) {
        long at = Layout.keyAt(place, keyBytes);
        int length = Math.min(keyBytes, (short) SHORT.get(keys, at + Layout.KEY_LENGTH) & 0xFFFF);
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
        owners.set(place, block);
    }

    // ---- records of this process --------------------------------------------------------------------------------

    int keyBytes() {
        return keyBytes;
    }

    int used() {
        return used.get();
    }

    int take() {
        int place = detached ? -1 : free.take();
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

    /** Writes a record that was taken just now. */
    void write(ControlBlock<?> block, int map, SlotClock clock, byte kind, byte[] key) {
        int place = block.position();
        long keyAt = Layout.keyAt(place, keyBytes);
        SHORT.set(keys, keyAt + Layout.KEY_LENGTH, (short) key.length);
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
        BYTE.setRelease(control, at + Layout.CONTROL_KIND, kind);
        owners.set(place, block);
    }

    /** Copies the word, see above. */
    void copy(ControlBlock<?> block) {
        long at = Layout.controlAt(block.position());
        for (; ; ) {
            long copied = (long) LONG.getVolatile(control, at + Layout.CONTROL_WORD);
            long word = block.word();
            if (word == copied || detached && StateWord.isFreed(word)) {
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

    /** A run has ended of a slot that was freed by closing its map after {@link #detach}: it is acknowledged here. */
    void endedDetached(int place) {
        if (detached) {
            long at = Layout.controlAt(place) + Layout.CONTROL_WORD;
            long copied = (long) LONG.getVolatile(control, at);
            while (StateWord.isRunning(copied)
                    && !LONG.compareAndSet(control, at, copied, StateWord.withoutRun(copied))) {
                copied = (long) LONG.getVolatile(control, at);
            }
        }
    }

    /** Erases a record, whose slot is gone. */
    void erase(int place) {
        long at = Layout.controlAt(place);
        BYTE.setVolatile(control, at + Layout.CONTROL_KIND, Layout.KIND_UNUSED);
        LONG.setVolatile(control, at + Layout.CONTROL_WORD, 0L);
        SHORT.setVolatile(control, at + Layout.CONTROL_MAP, (short) 0);
        owners.set(place, null);
    }

    void retired(long generation) {
        for (; ; ) {
            long seen = (long) LONG.getVolatile(header, Layout.HEADER_RETIRED);
            if (seen >= generation || LONG.compareAndSet(header, Layout.HEADER_RETIRED, seen, generation)) {
                return;
            }
        }
    }

    long highestRetired() {
        return (long) LONG.getVolatile(header, Layout.HEADER_RETIRED);
    }

    /** From now on closing a map leaves its slots in their records, and no slot is made any more. */
    void detach() {
        detached = true;
    }

    boolean isDetached() {
        return detached;
    }
}
