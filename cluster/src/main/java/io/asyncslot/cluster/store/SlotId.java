package io.asyncslot.cluster.store;

import io.asyncslot.backend.Shown;

/**
 * Which slot of a namespace: its map and its key as text. Ordered so that batches lock rows in one order.
 *
 * @param map the map's name
 * @param key the key as text
 */
public record SlotId(String map, String key) implements Comparable<SlotId> {

    /** For messages: a key is any text, and stays in its line. */
    @Override
    public String toString() {
        return "slot '" + Shown.inLine(key) + "' of map '" + map + "'";
    }

    @Override
    public int compareTo(SlotId other) {
        int maps = map.compareTo(other.map);
        return maps != 0 ? maps : key.compareTo(other.key);
    }
}
