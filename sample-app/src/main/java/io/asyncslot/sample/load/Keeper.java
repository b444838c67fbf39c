package io.asyncslot.sample.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps carts alive: goes round them until it is stopped, touches each in its turn and puts more tea into it every
 * fourth time. Thread-safe.
 */
final class Keeper {

    private static final int THREADS = 4;
    private static final int ADD_EVERY = 4;

    private record Kept(String cart, int turn, long requested) {}

    private final Shop shop;
    private final Queue<Kept> carts = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong died = new AtomicLong();
    private final AtomicLong turns = new AtomicLong();
    private final AtomicLong longestGap = new AtomicLong();
    private volatile boolean stopped;

    Keeper(Shop shop) {
        this.shop = shop;
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(this::goRound, "keeper-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** Opens a cart that is to live. */
    String open() {
        long now = System.nanoTime();
        String cart = shop.openWithTea();
        carts.add(new Kept(cart, 1, now));
        return cart;
    }

    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** How many carts were found dead. */
    long died() {
        return died.get();
    }

    /** How many requests kept carts alive. */
    long turns() {
        return turns.get();
    }

    /** The longest time in seconds from one request for a cart to the answer of its next. */
    double longestGap() {
        return longestGap.get() / 1e9;
    }

    private void goRound() {
        while (!stopped) {
            Kept next = carts.poll();
            if (next == null) {
                LockSupport.parkNanos(1_000_000);
            } else {
                carts.add(keep(next));
            }
        }
    }

    private Kept keep(Kept kept) {
        long now = System.nanoTime();
        try {
            String state = kept.turn % ADD_EVERY == 0 ? shop.addTea(kept.cart) : shop.ping(kept.cart);
            if (!state.equals("OPEN")) {
                died.incrementAndGet();
            }
        } catch (IllegalStateException e) {
            died.incrementAndGet();
            System.err.println(e.getMessage());
        }
        turns.incrementAndGet();
        longestGap.accumulateAndGet(System.nanoTime() - kept.requested, Math::max);
        return new Kept(kept.cart, kept.turn + 1, now);
    }
}
