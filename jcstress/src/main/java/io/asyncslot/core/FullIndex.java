package io.asyncslot.core;

import java.util.stream.IntStream;

/** A real segment of an index about to grow: as many blocks as it has bins, all in one chain. */
final class FullIndex {

    static final int BINS = 16;
    private static final Integer[] KEYS = IntStream.iterate(0, key -> key + 1)
            .filter(key -> (SlotIndex.spread(key) & BINS - 1) == 0)
            .limit(BINS + 1)
            .boxed()
            .toArray(Integer[]::new);

    private final IndexSegment<Integer> segment = new IndexSegment<>();

    FullIndex() {
        for (int i = 0; i < BINS; i++) {
            add(KEYS[i]);
        }
    }

    private void add(Integer key) {
        segment.create(
                (same, hash, former, deadline, generation) -> ControlBlocks.of(same),
                key,
                SlotIndex.spread(key),
                Word.DUE);
    }

    String addOneMore() {
        add(KEYS[BINS]);
        return segment.size() > BINS ? "grown" : "not grown";
    }

    String getOldest() {
        return segment.get(KEYS[0], SlotIndex.spread(KEYS[0])) == null ? "missed" : "found";
    }
}
