package io.asyncslot.cluster.rows;

import io.asyncslot.cluster.store.MapPause;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StoreSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Slots in memory, for tests: a store without threads and without its own clock. What is done is seen immediately, and a step that
 * fails leaves nothing behind. Thread-safe.
 */
public final class MemoryStore extends UnjoinedStore {

    private static final Comparator<SlotId> BY_CODE_POINT = Comparator.comparing(SlotId::map)
            .thenComparing(id -> id.key().codePoints().toArray(), Arrays::compare);

    private final LongSupplier clock;

    /** Held by each step as a whole; everything below is guarded by it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<SlotId, SlotRow> slots = new TreeMap<>(BY_CODE_POINT);
    private final Map<Long, Rows.NodeRow> nodes = new TreeMap<>();
    private final Map<String, MapPause> paused = new TreeMap<>();

    /** What a step that fails has to take back, the latest last. */
    private final List<Runnable> undo = new ArrayList<>();

    private long number;

    /**
     * A store without slots.
     *
     * @param clock its clock, in microseconds since 1970
     */
    public MemoryStore(LongSupplier clock) {
        this.clock = clock;
    }

    @Override
    public StoreSession own() {
        return new Session(new Memory());
    }

    private static final class Session extends RowSession {

        Session(Rows rows) {
            super(rows);
        }

        @Override
        public void create() {
            // there is nothing to make
        }

        @Override
        public List<String> missing() {
            return List.of();
        }
    }

    /** The rows, as one session sees them. */
    private final class Memory implements Rows {

        @Override
        public <T> T step(Supplier<T> work) {
            lock.lock();
            try {
                if (lock.getHoldCount() > 1) {
                    return work.get();
                }
                return whole(work);
            } finally {
                lock.unlock();
            }
        }

        private <T> T whole(Supplier<T> work) {
            undo.clear();
            try {
                return work.get();
            } catch (Throwable e) {
                for (int i = undo.size() - 1; i >= 0; i--) {
                    undo.get(i).run();
                }
                throw e;
            }
        }

        /** Reads, as one step. */
        private <T> T read(Supplier<T> work) {
            lock.lock();
            try {
                return work.get();
            } finally {
                lock.unlock();
            }
        }

        private <K, V> @Nullable V put(Map<K, V> map, K key, @Nullable V value) {
            V former = value == null ? map.remove(key) : map.put(key, value);
            undo.add(() -> {
                if (former == null) {
                    map.remove(key);
                } else {
                    map.put(key, former);
                }
            });
            return former;
        }

        @Override
        public long now() {
            return clock.getAsLong();
        }

        @Override
        public long number() {
            return read(() -> ++number);
        }

        @Override
        public @Nullable SlotRow see(SlotId id) {
            return read(() -> {
                SlotRow row = slots.get(id);
                return row == null ? null : row.copy();
            });
        }

        @Override
        public @Nullable SlotRow lock(SlotId id) {
            return see(id);
        }

        @Override
        public @Nullable SlotRow tryLock(SlotId id) {
            return see(id);
        }

        @Override
        public boolean add(SlotRow row) {
            put(row);
            return true;
        }

        @Override
        public void put(SlotRow row) {
            put(slots, row.id, row.copy());
        }

        @Override
        public void remove(SlotId id) {
            put(slots, id, null);
        }

        @Override
        public boolean move(SlotId id, String map) {
            SlotRow row = see(id);
            SlotId moved = new SlotId(map, id.key());
            if (row == null || slots.containsKey(moved)) {
                return false;
            }
            remove(id);
            row.id = moved;
            put(row);
            return true;
        }

        @Override
        public List<SlotRow> all(@Nullable String map) {
            return read(() -> slots.values().stream()
                    .filter(row -> map == null || row.id.map().equals(map))
                    .map(SlotRow::copy)
                    .toList());
        }

        @Override
        public void lockRoom(String map) {
            // the step has all of it
        }

        @Override
        public void lockAwaits() {
            // the step has all of it
        }

        @Override
        public void addNode(NodeRow node) {
            put(nodes, node.id(), node);
        }

        @Override
        public boolean lockNode(long node) {
            return nodes.containsKey(node);
        }

        @Override
        public boolean beat(long node) {
            NodeRow row = nodes.get(node);
            if (row != null) {
                put(nodes, node, new NodeRow(node, row.name(), row.joined(), row.beat() + 1, row.maps()));
            }
            return row != null;
        }

        @Override
        public boolean removeNode(long node, @Nullable Long beat) {
            NodeRow row = nodes.get(node);
            return row != null && (beat == null || beat == row.beat()) && put(nodes, node, null) != null;
        }

        @Override
        public void hosts(long node, List<String> maps) {
            NodeRow row = nodes.get(node);
            if (row != null) {
                put(nodes, node, new NodeRow(node, row.name(), row.joined(), row.beat(), List.copyOf(maps)));
            }
        }

        @Override
        public List<NodeRow> nodes() {
            return read(() -> List.copyOf(nodes.values()));
        }

        @Override
        public boolean pause(String map, @Nullable MapPause pause) {
            boolean is = paused.containsKey(map);
            if ((pause != null) != is) {
                put(paused, map, pause);
            }
            return (pause != null) != is;
        }

        @Override
        public Map<String, MapPause> paused() {
            return read(() -> new TreeMap<>(paused));
        }

        @Override
        public void close() {
            // nothing was taken
        }
    }

    @Override
    public String toString() {
        return "memory";
    }
}
