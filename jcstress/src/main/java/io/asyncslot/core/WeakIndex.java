package io.asyncslot.core;

import org.jspecify.annotations.Nullable;

/** An index as it must not be: growing relinks the nodes, and a reader that has found nothing believes it. */
final class WeakIndex {

    private volatile @Nullable Node[] bins = new Node[1];

    private static final class Node {
        private final int key;
        private volatile @Nullable Node next;

        Node(int key) {
            this.key = key;
        }
    }

    WeakIndex() {
        for (int i = 0; i < FullIndex.BINS; i++) {
            link(bins, new Node(i));
        }
    }

    private static void link(@Nullable Node[] table, Node node) {
        int bin = node.key & table.length - 1;
        node.next = table[bin];
        table[bin] = node;
    }

    String addOneMore() {
        @Nullable Node[] table = new Node[2];
        Node node = bins[0];
        while (node != null) {
            Node next = node.next;
            link(table, node);
            node = next;
        }
        link(table, new Node(FullIndex.BINS));
        bins = table;
        return "grown";
    }

    String getOldest() {
        @Nullable Node[] table = bins;
        Node node = table[0];
        while (node != null) {
            if (node.key == 0) {
                return "found";
            }
            node = node.next;
        }
        return "missed";
    }
}
