package io.asyncslot.jvm;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The intake as it must not be: whoever drains it looks at the head and then clears it, in two steps. */
final class WeakIntake {

    private final AtomicReference<@Nullable Node> head = new AtomicReference<>();
    private final int[] taken = new int[2];

    private record Node(int id, @Nullable Node next) {}

    void push(int id) {
        Node seen;
        do {
            seen = head.get();
        } while (!head.compareAndSet(seen, new Node(id, seen)));
    }

    void takeAll() {
        Node next = head.get();
        head.set(null);
        for (; next != null; next = next.next()) {
            taken[next.id()]++;
        }
    }

    int taken(int id) {
        return taken[id];
    }
}
