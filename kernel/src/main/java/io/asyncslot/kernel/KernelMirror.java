package io.asyncslot.kernel;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotMapSpec;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotType;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.RecoveredSlot;
import io.asyncslot.core.SlotMirror;
import io.asyncslot.core.StateWord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The copies of one map's slots in the memory shared with the kernel. Thread-safe. */
final class KernelMirror<K> implements SlotMirror<K> {

    private static final System.Logger LOG = System.getLogger(KernelMirror.class.getName());

    private final String name;
    private final int map;
    private final SlotType type;
    private final SlotClock clock;
    private final SlotKeyCodec<K> codec;
    private final SlotRecords records;
    private final KernelEngine engine;

    KernelMirror(SlotMapSpec<K> spec, SlotType type, SlotClock clock, KeyCodecs codecs, KernelEngine engine) {
        this.name = spec.name();
        this.codec = codecs.of(spec.keyType(), name);
        this.type = type;
        this.clock = clock;
        this.engine = engine;
        this.records = engine.records();
        this.map = engine.directory().number(name, type, clock, spec.keyType());
    }

    @Override
    public byte[] encode(K key) {
        byte[] bytes;
        try {
            bytes = codec.encode(key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'key' of map '" + name + "' " + e.getMessage(), e);
        }
        if (bytes.length > records.keyBytes()) {
            throw new IllegalArgumentException(
                    "'key' of map '" + name + "' must have at most " + records.keyBytes() + " bytes on backend '"
                            + KernelBackend.NAME + "' but has " + bytes.length + ": '" + shown(key) + "'");
        }
        return bytes;
    }

    private static String shown(Object key) {
        String text = key.toString();
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }

    @Override
    public int reserve() {
        return engine.reserve(type);
    }

    @Override
    public void giveBack(int place) {
        records.giveBack(place);
    }

    @Override
    public void made(ControlBlock<K> block, byte[] key) {
        records.write(block, map, clock, MapDirectory.kind(type), key);
    }

    @Override
    public void changed(ControlBlock<K> block) {
        records.copy(block);
    }

    @Override
    public void beginning(ControlBlock<K> block, long generation, long deadline, int attempt) {
        records.beginning(block.position(), generation, deadline, attempt);
    }

    @Override
    public void ended(ControlBlock<K> block) {
        records.endedDetached(block.position());
    }

    @Override
    public void retired(long generation) {
        records.retired(generation);
    }

    @Override
    public void reclaimed(ControlBlock<K> block) {
        engine.reclaimed(block);
    }

    @Override
    public long highestRetired() {
        return records.highestRetired();
    }

    @Override
    public void closed() {
        records.closed(map);
    }

    @Override
    public void adopted(ControlBlock<K> block) {
        records.own(block.position(), block);
    }

    @Override
    public SlotSnapshot.@Nullable Measure measure(ControlBlock<K> block) {
        return engine.measure(block);
    }

    /**
     * What is left, in the order of making. A key may be there twice, when the process ended between the making of a new
     * incarnation and the last copy of the freed one: then the younger one is the slot.
     */
    @Override
    public void recover(Consumer<RecoveredSlot<K>> visitor) {
        List<SlotRecords.Left> left = records.takeLeft(map);
        Map<K, SlotRecords.Left> youngest = new HashMap<>();
        Map<Integer, K> keys = new HashMap<>();
        Set<Integer> dropped = new HashSet<>();
        for (SlotRecords.Left each : left) {
            try {
                K key = codec.decode(records.key(each.place()));
                keys.put(each.place(), key);
                SlotRecords.Left older = youngest.put(key, each);
                if (older != null) {
                    dropped.add(older.place());
                }
            } catch (IllegalArgumentException e) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "a slot of map '" + name + "' that a former process left has no readable key; it is dropped",
                        e);
                dropped.add(each.place());
            }
        }
        List<Integer> places = new ArrayList<>(dropped);
        long now = engine.now(clock);
        for (SlotRecords.Left each : left) {
            K key = keys.get(each.place());
            if (key != null && !dropped.contains(each.place())) {
                visitor.accept(recovered(each, key, now));
            }
        }
        engine.drop(places);
    }

    private RecoveredSlot<K> recovered(SlotRecords.Left left, K key, long now) {
        int place = left.place();
        boolean away = StateWord.isArmed(left.word()) && StateWord.deadline(left.word()) <= now;
        engine.recovered(StateWord.isRunning(left.word()), away);
        return new RecoveredSlot<>(
                key,
                place,
                left.word(),
                records.generationBase(place),
                records.runGeneration(place),
                records.runDeadline(place),
                records.attempt(place),
                away);
    }
}
