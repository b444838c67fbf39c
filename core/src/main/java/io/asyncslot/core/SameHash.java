package io.asyncslot.core;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one index whose keys have one hash in all its bits: a balanced tree, so that keys of one Comparable class
 * cost logarithmic time. Others are compared one by one. Written under the lock of the segment; read by anyone.
 *
 * <p>The shape of a tree never changes: a write makes another one, which shares what stays. Blocks that have left are
 * dropped when there are as many of them as of others, since finding each at once would take comparisons, which are user
 * code.
 *
 * @param <K> the key type
 */
final class SameHash<K> {

    private final int hash;

    /** Written under the lock; volatile; read before {@link #ordered}. */
    private volatile @Nullable Node<K> root;

    /** The Comparable class of all keys; null when they are of several, or of another. Written under the lock; volatile. */
    private volatile @Nullable Class<?> ordered;

    /** How many nodes there are. With the lock only; plain. */
    private int size = 1;

    /** How many blocks have left, about, since they were dropped last. With the lock only; plain. */
    private int left;

    /** What keeps the tree balanced. With the lock only. */
    private final SplittableRandom priorities;

    /** A tree of one block. */
    SameHash(ControlBlock<K> first) {
        this.hash = first.hash();
        this.priorities = KeyHash.random(hash);
        this.root = new Node<>(first, null, null, 0);
        this.ordered = first.key() instanceof Comparable<?> ? first.key().getClass() : null;
    }

    int hash() {
        return hash;
    }

    /** The block of a key; null when there is none. Calls user code: not for a thread with the lock. */
    @Nullable
    ControlBlock<K> get(K key) {
        Node<K> found = find(root, key);
        return found == null ? null : found.block;
    }

    /** Where a key is, or belongs. Calls user code: not for a thread with the lock. */
    Place<K> place(K key) {
        Node<K> top = root;
        Place<K> place = new Place<>(this, top, find(top, key));
        if (place.found == null) {
            boolean sorted = isOrdered(key);
            Node<K> node = top;
            while (node != null) {
                boolean before = sorted && compare(key, node.key()) < 0;
                place.path.add(new Step<>(node, before));
                node = before ? node.left : node.right;
            }
        }
        return place;
    }

    /** All blocks, also such as have left. */
    List<ControlBlock<K>> blocks() {
        List<ControlBlock<K>> found = new ArrayList<>();
        collect(root, found);
        return found;
    }

    private static <K> void collect(@Nullable Node<K> node, List<ControlBlock<K>> found) {
        if (node != null) {
            collect(node.left, found);
            found.add(node.block);
            collect(node.right, found);
        }
    }

    /** With the lock held: puts {@code other}, of the same key, in place of a block if that is here. */
    boolean replace(ControlBlock<K> block, ControlBlock<K> other) {
        Node<K> node = nodeOf(root, block);
        if (node != null) {
            node.block = other;
        }
        return node != null;
    }

    private static <K> @Nullable Node<K> nodeOf(@Nullable Node<K> top, ControlBlock<K> block) {
        Node<K> node = top;
        while (node != null && node.block != block) {
            Node<K> found = nodeOf(node.left, block);
            node = found == null ? node.right : found;
        }
        return node;
    }

    /** With the lock held: a block has left. */
    void left() {
        if (++left * 2 >= size) {
            try {
                root = staying(root);
            } catch (OutOfMemoryError e) {
                return; // the next one that leaves tries again
            }
            left = 0;
            size = size(root);
        }
    }

    /** With the lock held: the only block that is left; null when there are more, or none. */
    @Nullable
    ControlBlock<K> last() {
        Node<K> top = root;
        return size == 1 && top != null ? top.block : null;
    }

    /** With the lock held. */
    boolean isEmpty() {
        return size == 0;
    }

    private static int size(@Nullable Node<?> node) {
        return node == null ? 0 : 1 + size(node.left) + size(node.right);
    }

    private static <K> @Nullable Node<K> staying(@Nullable Node<K> node) {
        if (node == null) {
            return null;
        }
        Node<K> left = staying(node.left);
        Node<K> right = staying(node.right);
        if (!isGone(node.block)) {
            return left == node.left && right == node.right ? node : node.with(left, right);
        }
        return joined(left, right);
    }

    private static <K> @Nullable Node<K> joined(@Nullable Node<K> left, @Nullable Node<K> right) {
        if (left == null || right == null) {
            return left == null ? right : left;
        }
        return left.priority >= right.priority
                ? left.with(left.left, joined(left.right, right))
                : right.with(joined(left, right.left), right.right);
    }

    /** Whether nobody looks for a block any more: freed, not running, and it does not stand for a former one that runs. */
    private static boolean isGone(ControlBlock<?> block) {
        long word = block.word();
        if (!StateWord.isFreed(word) || StateWord.isRunning(word)) {
            return false;
        }
        SlotDetails<?> details = block.details();
        ControlBlock<?> former = details == null ? null : details.predecessor;
        return former == null || !StateWord.isRunning(former.word());
    }

    private @Nullable Node<K> find(@Nullable Node<K> top, K key) {
        return find(top, key, isOrdered(key));
    }

    private static <K> @Nullable Node<K> find(@Nullable Node<K> top, K key, boolean sorted) {
        Node<K> node = top;
        while (node != null) {
            K other = node.key();
            int order = sorted ? compare(key, other) : 0;
            if (order == 0) {
                if (other == key || other.equals(key)) {
                    return node;
                }
                Node<K> found = find(node.left, key, sorted);
                if (found != null) {
                    return found;
                }
            }
            node = order < 0 ? node.left : node.right;
        }
        return null;
    }

    private boolean isOrdered(K key) {
        return ordered == key.getClass();
    }

    @SuppressWarnings("unchecked") // of one Comparable class
    private static int compare(Object key, Object other) {
        return ((Comparable<Object>) key).compareTo(other);
    }

    private ControlBlock<K> anyBlock() {
        Node<K> top = root;
        if (top == null) {
            throw new IllegalStateException("no block has the hash " + hash);
        }
        return top.block;
    }

    /** One block. */
    private static final class Node<K> {

        /** Written under the lock; volatile. Its key stays the same, or equal. */
        private volatile ControlBlock<K> block;

        private final @Nullable Node<K> left;
        private final @Nullable Node<K> right;

        /** Drawn by lot, and not lower than those of the nodes below: so trees are balanced in whatever order keys come. */
        private final int priority;

        Node(ControlBlock<K> block, @Nullable Node<K> left, @Nullable Node<K> right, int priority) {
            this.block = block;
            this.left = left;
            this.right = right;
            this.priority = priority;
        }

        K key() {
            return block.key();
        }

        Node<K> with(@Nullable Node<K> newLeft, @Nullable Node<K> newRight) {
            return new Node<>(block, newLeft, newRight, priority);
        }
    }

    private record Step<K>(Node<K> node, boolean before) {}

    /** Where a key was, or belonged, when that was looked up. Owned by one thread. */
    static final class Place<K> {

        private final SameHash<K> in;
        private final @Nullable Node<K> top;
        private final @Nullable Node<K> found;
        private final @Nullable ControlBlock<K> present;
        private final List<Step<K>> path = new ArrayList<>();

        private @Nullable Node<K> leaf;
        private @Nullable Node<K> grown;

        private Place(SameHash<K> in, @Nullable Node<K> top, @Nullable Node<K> found) {
            this.in = in;
            this.top = top;
            this.found = found;
            this.present = found == null ? null : found.block;
        }

        /** The block that was there; null for none. */
        @Nullable
        ControlBlock<K> present() {
            return present;
        }

        /** With the lock held: whether nothing has changed since. */
        boolean isUpToDate() {
            return in.root == top && (found == null || found.block == present);
        }

        /** With the lock held: makes what {@link #put} needs, and changes nothing. */
        void prepare() {
            if (found != null) {
                return;
            }
            int priority = in.priorities.nextInt();
            Node<K> smaller = null;
            Node<K> larger = null;
            int i = path.size() - 1;
            for (; i >= 0 && path.get(i).node.priority < priority; i--) {
                Step<K> step = path.get(i);
                if (step.before) {
                    larger = step.node.with(larger, step.node.right);
                } else {
                    smaller = step.node.with(step.node.left, smaller);
                }
            }
            Node<K> made = new Node<>(in.anyBlock(), smaller, larger, priority);
            Node<K> child = made;
            for (; i >= 0; i--) {
                Step<K> step = path.get(i);
                child = step.before ? step.node.with(child, step.node.right) : step.node.with(step.node.left, child);
            }
            leaf = made;
            grown = child;
        }

        /** With the lock held, up to date and prepared: puts a block there. */
        SameHash<K> put(ControlBlock<K> fresh) {
            Node<K> node = found == null ? leaf : found;
            if (node == null) {
                throw new IllegalStateException("a place that was not prepared");
            }
            node.block = fresh;
            if (found == null) {
                if (in.ordered != fresh.key().getClass()) {
                    in.ordered = null;
                }
                in.root = grown;
                in.size++;
            }
            return in;
        }
    }
}
