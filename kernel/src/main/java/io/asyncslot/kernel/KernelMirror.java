package io.asyncslot.kernel;

import io.asyncslot.Merge;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.KeptValue;
import io.asyncslot.core.RecoveredShape;
import io.asyncslot.core.RecoveredSlot;
import io.asyncslot.core.SlotMirror;
import io.asyncslot.core.StateWord;
import io.asyncslot.spi.SlotValueCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The copies of one map's slots in the memory shared with the kernel. Thread-safe. */
final class KernelMirror<K> implements SlotMirror<K> {

    private static final Log LOG = new Log(KernelMirror.class);

    private final String name;
    private final int map;
    private final SlotType type;
    private final SlotClock clock;
    private final SlotKeyCodec<K> codec;
    private final byte keyType;
    private final SlotRecords records;
    private final KernelEngine engine;
    private final boolean pinned;
    private final ShapeRecords shapes;
    private final ValueForm form;
    private final boolean collects;

    /** Whether keys may have schedules of their own. */
    private final boolean scheduled;

    /** How far a touch by a BPF program of others puts a slot off; 0 where they cannot be touched. */
    private final long touchNanos;

    /** Set once, by whoever closes the map without dropping it; read where slots are freed. Volatile. */
    private volatile boolean letGo;

    /** Set once, by whoever opens the map, when it begins to count as open; read by whoever takes the last part away. Volatile. */
    private volatile boolean countsAsOpen;

    /**
     * The map itself and its records, from the moment a place is taken until the slot is gone and nobody has a reference:
     * whoever takes the last away tells that the map's number is unused, and that no operation is in the memory.
     */
    private final AtomicInteger parts = new AtomicInteger(1);

    KernelMirror(
            SlotMapSpec<K> spec,
            SlotType type,
            SlotClock clock,
            KeyCodecs codecs,
            SlotValueCodec values,
            KernelEngine engine,
            boolean touchable,
            boolean pinned) {
        this.name = spec.name();
        this.codec = codecs.of(spec.keyType(), name);
        this.keyType = KeyCodecs.number(spec.keyType());
        this.type = type;
        this.clock = clock;
        this.engine = engine;
        this.pinned = pinned;
        this.records = engine.records();
        this.shapes = records.shapes();
        this.form = new ValueForm(spec, values, shapes.valueBytes());
        this.collects = spec.values() != null && spec.values().merge() == Merge.COLLECT;
        this.scheduled = spec.features().contains(SlotFeature.KEY_SCHEDULES);
        if (pinned && !shapes.isPresent() && !spec.features().isEmpty()) {
            throw new IllegalArgumentException("map '" + name + "' has "
                    + spec.features().iterator().next().description() + ", but the memory pinned for backend '"
                    + KernelBackend.NAME
                    + "' was made without room for that: drop it, and load it with --max-value-bytes above 0");
        }
        this.touchNanos = touchable ? touchNanos(spec) : 0;
        this.map = engine.directory().number(name, type, clock, spec.keyType());
        records.touches().touchable(map, name, touchNanos);
    }

    /** How far a touch puts a slot of a map off. */
    private long touchNanos(SlotMapSpec<K> spec) {
        if (!records.touches().isPresent()) {
            throw notTouchable("the memory was made without room for touches: drop it, and load it with --touchable");
        }
        if (!(spec instanceof TimerMapSpec<K> timers) || timers.every() != null || timers.schedule() != null) {
            throw notTouchable("a timer map without a period or a schedule can");
        }
        if (clock != SlotClock.MONOTONIC) {
            throw notTouchable("its clock is " + clock + ", and must be " + SlotClock.MONOTONIC);
        }
        if (timers.maxWait() != null || timers.flushAt() != 0) {
            throw notTouchable("it has " + (timers.maxWait() != null ? "maxWait" : "flushAt")
                    + ", and a touch from outside would postpone beyond that");
        }
        Duration delay = timers.delay();
        if (delay == null || delay.isZero() || delay.compareTo(Duration.ofNanos(TouchRecords.MAX_NANOS)) > 0) {
            throw notTouchable("its 'delay' is " + delay
                    + ", and must be set, more than 0 and at most 100 years: a touch" + " puts a slot off by it");
        }
        return delay.toNanos();
    }

    private IllegalArgumentException notTouchable(String why) {
        return new IllegalArgumentException("map '" + name + "' is named by 'touchable' of backend '"
                + KernelBackend.NAME + "', but cannot be touched: " + why);
    }

    @Override
    public byte[] encode(K key) {
        byte[] bytes;
        try {
            bytes = codec.encode(key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'key' of map '" + name + "' " + e.getMessage(), e);
        }
        if (touchNanos != 0 && bytes.length > Layout.TOUCH_KEY_BYTES) {
            throw new IllegalArgumentException(
                    "'key' of map '" + name + "', which BPF programs may touch, must have at most "
                            + Layout.TOUCH_KEY_BYTES + " bytes but has " + bytes.length + ": '" + shown(key) + "'");
        }
        if (bytes.length > records.fields().keyBytes()) {
            throw new IllegalArgumentException("'key' of map '" + name + "' must have at most "
                    + records.fields().keyBytes() + " bytes on backend '" + KernelBackend.NAME + "' but has "
                    + bytes.length + ": '" + shown(key) + "'");
        }
        return bytes;
    }

    private static String shown(Object key) {
        String text = key.toString();
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }

    @Override
    public int reserve() {
        if (!partComes()) {
            return FULL; // the map is closed, and the memory may be another process's by now
        }
        int place = FULL;
        try {
            place = engine.reserve(type);
        } finally {
            if (place == FULL) {
                partGone();
            }
        }
        return place;
    }

    /** Whether there is something of the map yet, so that one more part may come. */
    private boolean partComes() {
        for (; ; ) {
            int present = parts.get();
            if (present == 0 || parts.compareAndSet(present, present + 1)) {
                return present != 0;
            }
        }
    }

    @Override
    public void giveBack(int place) {
        try {
            records.notWritten(place);
        } finally {
            partGone();
        }
    }

    @Override
    public void made(ControlBlock<K> block, byte[] key) {
        records.write(block, map, clock, MapDirectory.kind(type), keyType, key);
    }

    @Override
    public boolean keepsShapes() {
        return shapes.isPresent()
                && (pinned || !scheduled); // a schedule that ends with the process need not have a text
    }

    @Override
    public @Nullable KeptValue keep(Object value) {
        return shapes.keep(value, form.bytes(value));
    }

    @Override
    public void changed(ControlBlock<K> block) {
        records.copy(block);
    }

    @Override
    public void armed(ControlBlock<K> block, long reading) {
        if (touchNanos != 0) {
            records.touches().armed(block.position(), reading);
        }
    }

    @Override
    public long touchedUntil(ControlBlock<K> block) {
        return touchNanos == 0 ? 0 : records.touches().until(block.position());
    }

    @Override
    public long touchMicros() {
        return Micros.ceil(touchNanos);
    }

    @Override
    public void beginning(ControlBlock<K> block, long generation, long deadline, int attempt) {
        records.beginning(block.position(), generation, deadline, attempt);
    }

    @Override
    public void ended(ControlBlock<K> block) {
        if (!block.isUndelivered()) {
            records.endedDetached(block, letGo);
        }
    }

    @Override
    public void retired(long generation) {
        records.retired(generation);
    }

    @Override
    public void reclaimed(ControlBlock<K> block) {
        try {
            if (!letGo || !records.left().leave(block, map)) {
                if (!records.isDetached()) {
                    block.freeKept();
                }
                engine.reclaimed(block);
            }
        } finally {
            partGone();
        }
    }

    private void partGone() {
        if (parts.decrementAndGet() == 0 && countsAsOpen) {
            records.left().closed(map);
        }
    }

    @Override
    public long highestRetired() {
        return records.highestRetired();
    }

    @Override
    public boolean letGo() {
        letGo = pinned;
        return pinned;
    }

    @Override
    public void takenBack(ControlBlock<K> block) {
        records.copyFreed(block);
    }

    @Override
    public void closed() {
        partGone();
    }

    @Override
    public void adopted(ControlBlock<K> block) {
        parts.incrementAndGet();
        records.own(block.position(), block);
    }

    @Override
    public SlotSnapshot.@Nullable Measure measure(ControlBlock<K> block) {
        return engine.measure(block);
    }

    /**
     * What is left, in the order of making. A key may be there twice, when the process ended between the making of a new
     * incarnation and the last copy of the freed one: then the younger one is the slot. What cannot be read stays where it
     * is, and is shown.
     */
    @Override
    public void recover(Consumer<RecoveredSlot<K>> visitor) {
        records.left()
                .settleFormer(
                        map,
                        engine::settle); // slots that a map of this process has let go of may still be on their way
        List<LeftSlot> left = new ArrayList<>();
        boolean read = false;
        try {
            countsAsOpen = true;
            records.left().takeLeft(map, left);
            read(left, visitor);
            read = true;
        } finally {
            if (!read) { // by an Error: what the map has not been given is nobody's, and its runs go on
                left.forEach(records.left()::notTaken);
            }
        }
    }

    private void read(List<LeftSlot> left, Consumer<RecoveredSlot<K>> visitor) {
        Set<Integer> unreadable = new HashSet<>();
        Map<K, LeftSlot> youngest = new HashMap<>();
        Map<Integer, K> keys = new HashMap<>();
        Set<Integer> dropped = new HashSet<>();
        Map<Integer, RecoveredShape> carried = new HashMap<>();
        for (LeftSlot each : left) {
            try {
                K key = decoded(each.place());
                keys.put(each.place(), key);
                LeftSlot older = youngest.put(key, each);
                if (older != null) {
                    dropped.add(older.place());
                }
                if (shapes.isUsed(each.place())) {
                    carried.put(each.place(), shape(each.place()));
                }
            } catch (RuntimeException e) { // a codec of the application may throw anything
                LOG.error(
                        "a slot of map '" + name
                                + "' that a former process left has no readable "
                                + (keys.containsKey(each.place()) ? "value" : "key") + "; it is kept in record "
                                + each.place() + " and does not run",
                        e);
                records.unreadable(
                        each.place(), (keys.containsKey(each.place()) ? "value" : "key") + " of map '" + name + "'");
                records.left().notTaken(each);
                dropped.remove(each.place());
                unreadable.add(each.place());
            }
        }
        List<Integer> places = new ArrayList<>(dropped);
        long now = engine.now(clock);
        for (LeftSlot each : left) {
            K key = keys.get(each.place());
            if (key != null && !dropped.contains(each.place()) && !unreadable.contains(each.place())) {
                visitor.accept(recovered(each, key, now, carried.get(each.place())));
            }
        }
        engine.drop(places);
    }

    private K decoded(int place) {
        byte written = records.fields().keyType(place);
        if (written != keyType) {
            throw new IllegalArgumentException("a key of type " + written + " where the map's is " + keyType);
        }
        return codec.decode(records.fields().key(place));
    }

    /** What a slot carries that a former process left. */
    private RecoveredShape shape(int place) {
        ShapeRecords.Left left = shapes.left(place);
        List<KeptValue> pending = values(left.pending());
        List<KeptValue> running = values(left.running());
        if (!collects && Math.max(pending.size(), running.size()) > 1) {
            throw new IllegalStateException("a slot of map '" + name
                    + "' has several collected values, and the map as it is declared here hands over one");
        }
        KeptValue schedule = left.schedule() < 0
                ? null
                : shapes.recovered(left.schedule(), form.series(shapes.bytes(left.schedule())));
        if (schedule != null && !scheduled) {
            throw new IllegalStateException(
                    "a slot of map '" + name + "' has a schedule, and the map has no keySchedules");
        }
        return new RecoveredShape(
                left.latest(),
                left.notBefore(),
                left.isAgain(),
                left.hasPassedOn(),
                left.handedBefore(),
                pending,
                running,
                schedule);
    }

    private List<KeptValue> values(List<Integer> entries) {
        List<KeptValue> values = new ArrayList<>(entries.size());
        for (int entry : entries) {
            values.add(shapes.recovered(entry, form.value(shapes.bytes(entry))));
        }
        return values;
    }

    private RecoveredSlot<K> recovered(LeftSlot left, K key, long now, @Nullable RecoveredShape shape) {
        int place = left.place();
        boolean goesOn = left.run() != null;
        boolean passedOn = shape != null && shape.passedOn() && StateWord.isRunning(left.word()) && !goesOn;
        long word = records.touchedWord(place, map, passedOn ? records.withoutRun(place, left.word()) : left.word());
        boolean away = StateWord.isArmed(word) && StateWord.deadline(word) <= now && !goesOn;
        engine.recovered(StateWord.isRunning(word) && !goesOn, away);
        return new RecoveredSlot<>(
                key,
                place,
                word,
                records.fields().generationBase(place),
                records.fields().runGeneration(place),
                records.fields().runDeadline(place),
                records.fields().attempt(place),
                away,
                shape,
                left.run());
    }
}
