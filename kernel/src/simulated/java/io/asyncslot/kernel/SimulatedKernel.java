package io.asyncslot.kernel;

import io.asyncslot.SlotClock;
import io.asyncslot.core.StateWord;
import io.asyncslot.spi.Ticker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A kernel on a ticker that stands still: memory, timers, work items and a ring, with the callbacks of
 * {@code asyncslot.bpf.c} in Java. Outlives its "processes": each {@link #attach} is one, and {@link #image} is the machine
 * as a process that is killed at that moment leaves it. Driven by one thread.
 */
final class SimulatedKernel {

    static final int ENOMEM = 12;
    static final int VALUE_BYTES = 64;
    private static final long RING_PAUSE_NANOS = 1_000_000;

    final int capacity;
    final int keyBytes;
    final MemorySegment header;
    final MemorySegment control;
    final MemorySegment keys;
    final MemorySegment directory;
    final MemorySegment commands;
    final MemorySegment since;
    final MemorySegment touches;
    final MemorySegment shapes;
    final MemorySegment values;

    /** What processes from now on are told of the room for values; 0 for none. */
    int valueBytes = VALUE_BYTES;

    private final Ticker ticker;
    private final Map<Integer, Timer> timers = new HashMap<>();
    private final Map<Integer, Work> works = new HashMap<>();
    private final Deque<Event> ring = new ArrayDeque<>();

    /** Events that come later. */
    private final List<Event> held = new ArrayList<>();

    /** Map and key to place and incarnation. */
    private final Map<String, long[]> index = new HashMap<>();

    /** How many events the ring has room for. */
    int ringCapacity = 1_000_000;

    /** What a start of a slot that is new answers: 0 or a negative error number, by the slot's index. */
    IntUnaryOperator memory = index -> 0;

    /** How many runs of commands fail as a whole. */
    int failingRuns;

    /** Is called at each step of a process that a kill may come before or after. */
    Runnable step = () -> {};

    int runs;
    int commandsRun;

    /** How many processes have it in use. */
    int attached;

    private static final class Timer {
        private boolean armed;
        private long expires;
        private boolean boottime;
    }

    private static final class Work {
        private boolean queued;
    }

    private record Event(int index, long word, long firedAt) {}

    SimulatedKernel(Ticker ticker, int capacity, int keyBytes) {
        this(
                ticker,
                capacity,
                keyBytes,
                memory(Layout.HEADER_BYTES),
                memory(Layout.controlAt(capacity)),
                memory(Layout.keyAt(capacity, keyBytes)),
                memory(Layout.directoryAt(Layout.DIRECTORY_RECORDS)),
                memory(Layout.sinceAt(capacity)),
                memory(Layout.touchAt(capacity)),
                memory(Layout.shapeAt(capacity)),
                memory(Layout.valueAt(Layout.valueEntries(capacity), VALUE_BYTES)));
        Layout.initHeader(header, capacity, keyBytes, true, VALUE_BYTES, "simulated");
    }

    private SimulatedKernel(
            Ticker ticker,
            int capacity,
            int keyBytes,
            MemorySegment header,
            MemorySegment control,
            MemorySegment keys,
            MemorySegment directory,
            MemorySegment since,
            MemorySegment touches,
            MemorySegment shapes,
            MemorySegment values) {
        this.ticker = ticker;
        this.capacity = capacity;
        this.keyBytes = keyBytes;
        this.header = header;
        this.control = control;
        this.keys = keys;
        this.directory = directory;
        this.since = since;
        this.touches = touches;
        this.shapes = shapes;
        this.values = values;
        this.commands = memory(Layout.commandAt(Layout.COMMAND_RECORDS));
    }

    private static MemorySegment memory(long bytes) {
        return MemorySegment.ofArray(new long[(int) ((bytes + 7) / 8)]);
    }

    private static MemorySegment copy(MemorySegment memory) {
        return memory(memory.byteSize()).copyFrom(memory);
    }

    /** The machine as it is now, without the process that uses it. Time goes on for both. */
    SimulatedKernel image() {
        SimulatedKernel image = new SimulatedKernel(
                ticker,
                capacity,
                keyBytes,
                copy(header),
                copy(control),
                copy(keys),
                copy(directory),
                copy(since),
                copy(touches),
                copy(shapes),
                copy(values));
        image.index.putAll(index);
        timers.forEach((index, timer) -> {
            Timer copied = new Timer();
            copied.armed = timer.armed;
            copied.expires = timer.expires;
            copied.boottime = timer.boottime;
            image.timers.put(index, copied);
        });
        works.forEach((index, work) -> {
            Work copied = new Work();
            copied.queued = work.queued;
            image.works.put(index, copied);
        });
        image.ring.addAll(ring);
        image.held.addAll(held);
        image.ringCapacity = ringCapacity;
        image.memory = memory;
        return image;
    }

    Ticker ticker() {
        return ticker;
    }

    /** A new process takes the memory into use. */
    KernelPort attach(boolean pinned) {
        return new Port(pinned);
    }

    /** Gives a record that a test has written the checksum that it is to have. */
    void seal(int index) {
        byte kind = (byte) Layout.BYTE.get(control, Layout.controlAt(index) + Layout.CONTROL_KIND);
        Layout.BYTE.set(keys, Layout.keyAt(index, keyBytes) + Layout.KEY_KIND, kind);
        Layout.INT.set(
                keys,
                Layout.keyAt(index, keyBytes) + Layout.KEY_SEAL,
                RecordFields.seal(control, keys, keyBytes, index, kind));
    }

    boolean hasTimer(int index) {
        return timers.containsKey(index);
    }

    int timers() {
        return timers.size();
    }

    int works() {
        return works.size();
    }

    int waitingEvents() {
        return ring.size();
    }

    /** When a timer expires next, in nanoseconds of the monotonic clock; MAX_VALUE when none will. */
    long nextExpiry() {
        long next = Long.MAX_VALUE;
        for (Timer timer : timers.values()) {
            if (timer.armed) {
                long ahead = timer.boottime ? ticker.boottimeNanos() - ticker.monotonicNanos() : 0;
                next = Math.min(next, timer.expires - ahead);
            }
        }
        return next;
    }

    /** Whether there is something to say, or something that happens now. */
    boolean hasMore() {
        return !ring.isEmpty() || expired() != null || works.values().stream().anyMatch(work -> work.queued);
    }

    /** Lets what is due happen: timers in order of expiry, then work items. */
    void tick() {
        int most = 4 * timers.size();
        for (Integer index = expired(); index != null; index = expired()) {
            if (most-- == 0) {
                throw new AssertionError("the timer of record " + index + " is set to what is over, again and again");
            }
            Timer timer = timers.get(index);
            if (timer != null) { // always
                timer.armed = false;
                timerFired(index, timer);
            }
        }
        for (Integer index : List.copyOf(works.keySet())) {
            Work work = works.get(index);
            if (work != null && work.queued) {
                work.queued = false;
                workFired(index);
            }
        }
    }

    private @Nullable Integer expired() {
        Integer first = null;
        long least = Long.MAX_VALUE;
        for (Map.Entry<Integer, Timer> entry : timers.entrySet()) {
            Timer timer = entry.getValue();
            long now = timer.boottime ? ticker.boottimeNanos() : ticker.monotonicNanos();
            if (timer.armed && timer.expires <= now && timer.expires - now < least) {
                least = timer.expires - now;
                first = entry.getKey();
            }
        }
        return first;
    }

    private long word(int index) {
        return (long) Layout.LONG.getVolatile(control, Layout.controlAt(index) + Layout.CONTROL_WORD);
    }

    private static boolean isArmed(long word) {
        return StateWord.isArmed(word) && !StateWord.isFreed(word);
    }

    private void timerFired(int index, Timer timer) {
        long word = word(index);
        if (!isArmed(word)) {
            return;
        }
        long at = Layout.controlAt(index);
        byte kind = (byte) Layout.BYTE.get(control, at + Layout.CONTROL_KIND);
        byte clock = (byte) Layout.BYTE.get(control, at + Layout.CONTROL_CLOCK);
        long due = StateWord.deadline(word) * 1_000;
        long now = ticker.monotonicNanos();
        if (clock == SlotClock.BOOTTIME.ordinal()) {
            now = ticker.boottimeNanos();
        } else if (clock == SlotClock.REALTIME.ordinal()) {
            due -= (long) Layout.LONG.get(header, Layout.HEADER_CLOCK_OFFSET + Long.BYTES);
        } else if (touchedUntil(index, now) > due) {
            due = touchedUntil(index, now);
            if (due > now) {
                Layout.LONG.getAndAdd(header, Layout.HEADER_TOUCH_REARMS, 1L);
            }
        }
        long timersNow = timer.boottime ? ticker.boottimeNanos() : ticker.monotonicNanos();
        if (kind != Layout.KIND_WORK && due > now) {
            arm(timer, timersNow + (due - now), timer.boottime); // the record may say another clock
        } else if (!emit(index, word) && isSecondTry(index)) {
            arm(timer, timersNow + RING_PAUSE_NANOS, timer.boottime);
        }
    }

    private long touchedUntil(int index, long now) {
        long delay = (long) Layout.LONG.getVolatile(since, Layout.sinceAt(index) + Layout.SINCE_DELAY);
        long from = (long) Layout.LONG.getVolatile(since, Layout.sinceAt(index) + Layout.SINCE_SINCE);
        long at = (long) Layout.LONG.getVolatile(touches, Layout.touchAt(index) + Layout.TOUCH_AT);
        boolean counts = delay != 0
                && Long.compareUnsigned(at, from) > 0
                && Long.compareUnsigned(at, now + Layout.TOUCH_AHEAD_NANOS) <= 0;
        return counts ? at + delay : 0;
    }

    /** What {@code asyncslot_touch} does. False if the key is not in the index. */
    boolean touch(String map, byte[] key) {
        long[] found = index.get(indexKey(Layout.nameNumber(map), key));
        if (found == null
                || (long) Layout.LONG.getVolatile(touches, Layout.touchAt((int) found[0]) + Layout.TOUCH_INCARNATION)
                        != found[1]) {
            return false;
        }
        Layout.LONG.setVolatile(touches, Layout.touchAt((int) found[0]) + Layout.TOUCH_AT, ticker.monotonicNanos());
        return true;
    }

    int indexed() {
        return index.size();
    }

    private static String indexKey(long map, byte[] key) {
        return map + Arrays.toString(key);
    }

    private @Nullable String indexKey(int place) {
        if ((long) Layout.LONG.get(since, Layout.sinceAt(place) + Layout.SINCE_DELAY) == 0) {
            return null;
        }
        byte[] key = new byte[(short) Layout.SHORT.get(keys, Layout.keyAt(place, keyBytes) + Layout.KEY_LENGTH)];
        MemorySegment.copy(
                keys, ValueLayout.JAVA_BYTE, Layout.keyAt(place, keyBytes) + Layout.KEY_DATA, key, 0, key.length);
        return indexKey((long) Layout.LONG.get(since, Layout.sinceAt(place) + Layout.SINCE_MAP), key);
    }

    private void workFired(int index) {
        long word = word(index);
        if (isArmed(word) && !emit(index, word) && isSecondTry(index)) {
            arm(timers.computeIfAbsent(index, each -> new Timer()), ticker.monotonicNanos() + RING_PAUSE_NANOS, false);
        }
    }

    private static void arm(Timer timer, long expires, boolean boottime) {
        timer.armed = true;
        timer.expires = expires;
        timer.boottime = boottime;
    }

    private boolean isSecondTry(int index) {
        return ((int) Layout.INT.get(control, Layout.controlAt(index) + Layout.CONTROL_RETRIES) & 1) != 0;
    }

    private boolean emit(int index, long word) {
        boolean full = ring.size() >= ringCapacity;
        if (full || isSecondTry(index)) {
            Layout.INT.getAndAdd(control, Layout.controlAt(index) + Layout.CONTROL_RETRIES, 1);
        }
        if (full) {
            Layout.LONG.getAndAdd(header, Layout.HEADER_RING_FULL, 1L);
            return false;
        }
        ring.add(new Event(index, word, ticker.monotonicNanos()));
        Layout.LONG.getAndAdd(header, Layout.HEADER_FIRED, 1L);
        Layout.INT.getAndAdd(control, Layout.controlAt(index) + Layout.CONTROL_FIRES, 1);
        return true;
    }

    /** Says of every armed slot: look at it now. Doubled and stale hints are to be harmless. */
    void doubleEvents() {
        List<Event> again = new ArrayList<>(ring);
        ring.addAll(again);
        for (int index = 0; index < capacity; index++) {
            ring.add(new Event(index, word(index), ticker.monotonicNanos()));
        }
    }

    /** Says of a slot, or of what is none: look at it now. */
    void emit(int index, long word, long firedAt) {
        ring.add(new Event(index, word, firedAt));
    }

    /** Drops events that wait. */
    void loseEvents(IntPredicate lost) {
        ring.removeIf(event -> lost.test(event.index));
    }

    /** Keeps the events that wait to itself, until {@link #releaseEvents}. */
    void holdEvents() {
        held.addAll(ring);
        ring.clear();
    }

    /** Hands out what was kept, behind all others. */
    void releaseEvents() {
        ring.addAll(held);
        held.clear();
    }

    /** Turns the order of the events that wait. */
    void reverseEvents() {
        List<Event> events = new ArrayList<>(ring);
        Collections.reverse(events);
        ring.clear();
        ring.addAll(events);
    }

    private int execute(int command) {
        long at = Layout.commandAt(command);
        int index = (int) Layout.INT.get(commands, at + Layout.COMMAND_INDEX);
        if (index < 0 || index >= capacity) {
            return -2;
        }
        commandsRun++;
        switch ((short) Layout.SHORT.get(commands, at + Layout.COMMAND_OP)) {
            case Layout.OP_START:
                if (!timers.containsKey(index)) {
                    int refused = memory.applyAsInt(index);
                    if (refused < 0) {
                        return refused;
                    }
                    timers.put(index, new Timer());
                }
                arm(
                        timers.computeIfAbsent(index, each -> new Timer()),
                        (long) Layout.LONG.get(commands, at + Layout.COMMAND_DEADLINE),
                        (byte) Layout.BYTE.get(commands, at + Layout.COMMAND_CLOCK) == SlotClock.BOOTTIME.ordinal());
                return 0;
            case Layout.OP_WORK:
                if (!works.containsKey(index)) {
                    int refused = memory.applyAsInt(index);
                    if (refused < 0) {
                        return refused;
                    }
                    works.put(index, new Work());
                }
                works.get(index).queued = true;
                return 0;
            case Layout.OP_CANCEL:
                Timer timer = timers.get(index);
                if (timer == null) {
                    return -22;
                }
                boolean was = timer.armed;
                timer.armed = false;
                return was ? 1 : 0;
            case Layout.OP_INDEX:
                String entered = indexKey(index);
                if (entered == null) {
                    return -2;
                }
                this.index.put(entered, new long[] {
                    index, (long) Layout.LONG.get(touches, Layout.touchAt(index) + Layout.TOUCH_INCARNATION)
                });
                return 0;
            case Layout.OP_FREE:
                String gone = indexKey(index);
                if (gone != null && this.index.containsKey(gone) && this.index.get(gone)[0] == index) {
                    this.index.remove(gone);
                }
                timers.remove(index);
                works.remove(index);
                return 0;
            default:
                return -22;
        }
    }

    private final class Port implements KernelPort {
        private final boolean pinned;
        private boolean closed;

        private Port(boolean pinned) {
            this.pinned = pinned;
            attached++;
        }

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public int keyBytes() {
            return keyBytes;
        }

        @Override
        public int maxCommands() {
            return 64;
        }

        @Override
        public MemorySegment header() {
            return header;
        }

        @Override
        public MemorySegment control() {
            return control;
        }

        @Override
        public MemorySegment keys() {
            return keys;
        }

        @Override
        public MemorySegment directory() {
            return directory;
        }

        @Override
        public boolean touchable() {
            return true;
        }

        @Override
        public MemorySegment since() {
            return since;
        }

        @Override
        public MemorySegment touches() {
            return touches;
        }

        @Override
        public int valueBytes() {
            return valueBytes;
        }

        @Override
        public MemorySegment shapes() {
            return shapes;
        }

        @Override
        public MemorySegment values() {
            return values;
        }

        @Override
        public MemorySegment commands() {
            return commands;
        }

        @Override
        public void run(int count) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            step.run();
            runs++;
            if (failingRuns > 0) {
                failingRuns--;
                throw new KernelException("run", 4);
            }
            for (int i = 0; i < count; i++) {
                int result = execute(i);
                if (result < 0) {
                    Layout.LONG.getAndAdd(header, Layout.HEADER_START_FAILED, 1L);
                }
                Layout.INT.set(commands, Layout.commandAt(i) + Layout.COMMAND_RESULT, result);
                step.run();
            }
        }

        @Override
        public int poll(EventSink sink, long timeoutNanos) {
            step.run();
            tick();
            int taken = 0;
            for (Event event = ring.poll(); event != null; event = ring.poll()) {
                sink.fired(event.index, event.word, event.firedAt);
                taken++;
            }
            step.run();
            return taken;
        }

        @Override
        public void wake() {}

        @Override
        public Inspection inspect(int index) {
            Timer timer = timers.get(index);
            boolean work = works.containsKey(index);
            return new Inspection(
                    index,
                    timer != null,
                    timer != null && timer.armed,
                    timer == null ? 0 : timer.expires,
                    timer == null ? -1 : timer.boottime ? 7 : 1,
                    timer != null,
                    timer == null ? 0 : 7,
                    timer == null ? OptionalInt.empty() : OptionalInt.of(1),
                    work,
                    work,
                    work ? 7 : 0,
                    work ? OptionalInt.of(1) : OptionalInt.empty());
        }

        @Override
        public KernelFeatures features() {
            return new KernelFeatures("simulated", "simulated", true, true, pinned);
        }

        @Override
        public void close() {
            if (!closed) {
                attached--;
            }
            closed = true;
        }
    }
}
