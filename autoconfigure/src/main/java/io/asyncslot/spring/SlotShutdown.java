package io.asyncslot.spring;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SlotInterceptor;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;

/**
 * The one budget that all waits for callbacks have when an application ends, and the threads that run callbacks meanwhile:
 * those that wait for the end themselves are not waited for. Thread-safe.
 *
 * <p>The budget begins with the first wait. It is whole again when nobody has waited for as long as it is, so that a child
 * context or a single bean that ends while the application goes on has one of its own.
 */
public final class SlotShutdown implements SlotInterceptor, Ordered {

    /** How long one wait lasts before it is looked whether it is of any use. */
    private static final Duration LOOK = Duration.ofMillis(50);

    private final Duration budget;
    private final LongSupplier nanos;

    /** Threads that are inside callbacks of this registry. */
    private final Set<Thread> inside = ConcurrentHashMap.newKeySet();

    /** When the budget began, by {@link #nanos}. Guarded by {@code this}, as the next three. */
    private long begun;

    /** When the latest wait ended. */
    private long ended;

    /** How many waits go on. */
    private int waits;

    private boolean known;

    /**
     * Makes a budget that nobody has used yet.
     *
     * @param budget how long all waits last together
     */
    public SlotShutdown(Duration budget) {
        this(budget, System::nanoTime);
    }

    SlotShutdown(Duration budget, LongSupplier nanos) {
        this.budget = budget;
        this.nanos = nanos;
    }

    /** A wait of one kind, which may be begun again. */
    interface Wait {
        /** Waits; true when there is nothing left to wait for. */
        boolean ended(Duration limit) throws InterruptedException;
    }

    /** How a wait came to its end. */
    enum End {
        /** Nothing is left to wait for. */
        ENDED,
        /** The budget is used up. */
        TIMED_OUT,
        /** What is left waits for the application's end itself. */
        WAITS_FOR_US
    }

    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @Override
    public void run(Object key, SlotFiring firing, SlotCallback<Object> next) throws Exception {
        Thread thread = Thread.currentThread();
        if (!inside.add(thread)) {
            next.run(key, firing); // a run inside a run of this thread
            return;
        }
        try {
            next.run(key, firing);
        } finally {
            inside.remove(thread);
        }
    }

    Duration budget() {
        return budget;
    }

    private synchronized void waitBegins() {
        long now = nanos.getAsLong();
        if (!known || waits == 0 && now - ended > budget.toNanos()) {
            begun = now;
            known = true;
        }
        waits++;
    }

    private synchronized void waitEnds() {
        ended = nanos.getAsLong();
        waits--;
    }

    private synchronized Duration left() {
        Duration spent = Duration.ofNanos(nanos.getAsLong() - begun);
        return budget.compareTo(spent) > 0 ? budget.minus(spent) : Duration.ZERO;
    }

    /**
     * Waits as long as the budget lasts, and somebody can be expected to end.
     *
     * @param ender whose call ends the application or the bean; a callback of its own is not waited for
     */
    End await(Wait wait, Thread ender) throws InterruptedException {
        if (wait.ended(Duration.ZERO)) {
            return End.ENDED;
        }
        waitBegins();
        try {
            return awaitWithinBudget(wait, ender);
        } finally {
            waitEnds();
        }
    }

    private End awaitWithinBudget(Wait wait, Thread ender) throws InterruptedException {
        for (; ; ) {
            Duration left = left();
            if (left.isZero()) {
                return End.TIMED_OUT;
            }
            if (wait.ended(left.compareTo(LOOK) < 0 ? left : LOOK)) {
                return End.ENDED;
            }
            if (left.compareTo(LOOK) > 0 && onlyWaitForTheEnd(ender)) {
                return End.WAITS_FOR_US;
            }
        }
    }

    private boolean onlyWaitForTheEnd(Thread ender) {
        boolean any = false;
        for (Thread thread : inside) {
            if (!waitsForTheEnd(thread, ender)) {
                return false;
            }
            any = true;
        }
        return any;
    }

    /** Whether a thread waits for the end itself: the one that ends the application, or one that has called {@link System#exit}. */
    static boolean waitsForTheEnd(Thread thread, Thread ender) {
        return thread == ender || isInExit(thread);
    }

    /** Whether a thread has called {@link System#exit}, which returns never. */
    private static boolean isInExit(Thread thread) {
        for (StackTraceElement frame : thread.getStackTrace()) {
            if (frame.getClassName().equals("java.lang.Runtime")
                    && frame.getMethodName().equals("exit")) {
                return true;
            }
        }
        return false;
    }

    /** A thread inside a callback that waits for the end; null when there is none. For messages. */
    @Nullable
    Thread waitingForTheEnd(Thread ender) {
        for (Thread thread : inside) {
            if (waitsForTheEnd(thread, ender)) {
                return thread;
            }
        }
        return null;
    }
}
