package io.asyncslot.cluster.rows;

import io.asyncslot.cluster.store.SlotId;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a {@link RowSession} works on, in one transaction of the caller's or of each step's own. What it reads without a lock
 * may be older than what others have committed; what it has locked is as it is until the step ends.
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
     * Locks a slot, whoever has it.
     *
     * @return the slot; null where there is no row
     */
    @Nullable
    SlotRow lock(SlotId id);

    /**
     * Locks a slot unless another transaction has it.
     *
     * @return the slot; null where there is none, or another transaction has it
     */
    @Nullable
    SlotRow tryLock(SlotId id);

    /**
     * Adds a slot, and locks it.
     *
     * @return false where there is one meanwhile
     */
    boolean add(SlotRow row);

    /** Keeps a slot that is locked. */
    void put(SlotRow row);

    /** Removes a slot that is locked. */
    void remove(SlotId id);

    /** Moves a slot that is locked to another map; false where that has its key. */
    boolean move(SlotId id, String map);

    /**
     * A slot as it was committed.
     *
     * @return the slot; null where there is no row
     */
    @Nullable
    SlotRow see(SlotId id);

    /**
     * The slots as they were committed, in the order of map and key (by code point).
     *
     * @param map the only map; null for all
     */
    List<SlotRow> all(@Nullable String map);

    /** Locks what says how many slots a map has. */
    void lockRoom(String map);

    /** Locks what awaits are announced under. */
    void lockAwaits();

    /** Adds a node. */
    void addNode(NodeRow node);

    /** Locks a node against its release; false where there is none. */
    boolean lockNode(long node);

    /** Adds one to a node's counter; false where there is none. */
    boolean beat(long node);

    /**
     * Removes a node.
     *
     * @param beat only if its counter is this; null for any
     * @return whether there was one
     */
    boolean removeNode(long node, @Nullable Long beat);

    /** Says which maps a node runs. */
    void hosts(long node, List<String> maps);

    /** The nodes, oldest first. */
    List<NodeRow> nodes();

    /** Pauses a map, or ends that; false where that is so already. */
    boolean pause(String map, boolean paused, long now);

    /** The maps that are paused, and since when. */
    Map<String, Long> paused();

    @Override
    void close();
}
