package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/** An index as it must not be: growing publishes the new table before it is complete. */
final class WeakIndex {

    private volatile @Nullable Integer[] table = new Integer[IndexSegment.FIRST_POSITIONS];

    WeakIndex() {
        for (int i = 0; i < IndexSegment.FIRST_POSITIONS / 2; i++) {
            table[i] = i;
        }
    }

    String addOneMore() {
        @Nullable Integer[] old = table;
        @Nullable Integer[] longer = new Integer[old.length * 2];
        table = longer;
        int next = 0;
        for (Integer key : old) {
            if (key != null) {
                longer[next++] = key;
            }
        }
        longer[next] = IndexSegment.FIRST_POSITIONS;
        return "grown";
    }

    String getLatest() {
        @Nullable Integer[] present = table;
        for (Integer key : present) {
            if (key == null) {
                return "missed";
            }
            if (key == IndexSegment.FIRST_POSITIONS / 2 - 1) {
                return "found";
            }
        }
        return "missed";
    }
}
