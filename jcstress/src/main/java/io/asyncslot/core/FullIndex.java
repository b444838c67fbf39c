package io.asyncslot.core;

/** A real segment of an index about to grow: half of its positions are taken, by blocks that all belong to the first. */
final class FullIndex {

    private final IndexSegment<Integer> segment = new IndexSegment<>(0);

    FullIndex() {
        for (int i = 0; i < IndexSegment.FIRST_POSITIONS / 2; i++) {
            add(i);
        }
    }

    private void add(int key) {
        segment.create(
                (same, hash, former, deadline, generation) -> ControlBlocks.of(same, hash), key, hash(key), Word.DUE);
    }

    /** Different ones, of one first position in tables of any length. */
    private static int hash(int key) {
        return key << Integer.SIZE - 8;
    }

    String addOneMore() {
        add(IndexSegment.FIRST_POSITIONS);
        return segment.table().length > IndexSegment.FIRST_POSITIONS ? "grown" : "not grown";
    }

    String getLatest() {
        int latest = IndexSegment.FIRST_POSITIONS / 2 - 1;
        return segment.get(latest, hash(latest)) == null ? "missed" : "found";
    }
}
