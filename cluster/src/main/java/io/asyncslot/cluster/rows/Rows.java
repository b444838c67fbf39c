package io.asyncslot.cluster.rows;

import io.asyncslot.cluster.store.MapPause;
import io.asyncslot.cluster.store.SlotId;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a {@link RowSession} works on, in one transaction of the caller, or in one per step. A row that was read
 * without a lock may be older than the committed one. A locked row does not change until the step ends.
 */
public interface Rows extends AutoCloseable {

    /** A node's row. */
    record NodeRow(long id, String name, long joined, long beat, List<String> maps) {}

    /** Does several things in the transaction that is under way, or else in one of their own. */
    <T> T step(Supplier<T> work);

    /** The clock, in microseconds since 1970. */
    long now();

    /** A number, higher than any before. */
    long number();

    /**
     * Locks a slot, and waits if another transaction has it.
     *
     * @return the slot; null if there is no row
     */
    @Nullable
    SlotRow lock(SlotId id);

    /**
     * Locks a slot unless another transaction has it.
     *
     * @return the slot; null if there is none, or if another transaction has it
     */
    @Nullable
    SlotRow tryLock(SlotId id);

    /**
     * Adds a slot, and locks it.
     *
     * @return false if there is one meanwhile
     */
    boolean add(SlotRow row);

    /** Keeps a slot that is locked. */
    void put(SlotRow row);

    /** Removes a slot that is locked. */
    void remove(SlotId id);

    /** Moves a slot that is locked to another map; false if that map has its key. */
    boolean move(SlotId id, String map);

    /**
     * A slot as it was committed.
     *
     * @return the slot; null if there is no row
     */
    @Nullable
    SlotRow see(SlotId id);

    /**
     * The slots as they were committed, in the order of map and key (by code point).
     *
     * @param map the only map; null for all
     */
    List<SlotRow> all(@Nullable String map);

    /** Locks the count of a map's slots. */
    void lockRoom(String map);

    /** Locks the announcements of awaits. */
    void lockAwaits();

    /** Adds a node. */
    void addNode(NodeRow node);

    /** Locks a node against its release; false if there is none. */
    boolean lockNode(long node);

    /** Adds one to a node's counter; false if there is no such node. */
    boolean beat(long node);

    /**
     * Removes a node.
     *
     * @param beat only if its counter is this; null for any
     * @return whether there was one
     */
    boolean removeNode(long node, @Nullable Long beat);

    /** Records the maps that a node runs. */
    void hosts(long node, List<String> maps);

    /** The nodes, oldest first. */
    List<NodeRow> nodes();

    /** Pauses a map, or ends its pause (null); false if nothing changes. */
    boolean pause(String map, @Nullable MapPause pause);

    /** The maps that are paused, in the order of their names. */
    Map<String, MapPause> paused();

    @Override
    void close();
}
