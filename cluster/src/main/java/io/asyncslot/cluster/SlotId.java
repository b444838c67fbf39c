package io.asyncslot.cluster;

/**
 * Which slot of a namespace: its map and its key as text. Ordered so that batches lock rows in one order.
 *
 * @param map the map's name
 * @param key the key as text
 */
record SlotId(String map, String key) implements Comparable<SlotId> {

    @Override
    public int compareTo(SlotId other) {
        int maps = map.compareTo(other.map);
        return maps != 0 ? maps : key.compareTo(other.key);
    }

    /**
     * The shard whose sweep looks after the slot; the same on every node and for ever.
     *
     * @return from 0 to {@link SlotStore#SHARDS} - 1
     */
    int shard() {
        int hash = 31 * map.hashCode() + key.hashCode();
        hash ^= hash >>> 16;
        return hash & (SlotStore.SHARDS - 1);
    }
}
