package io.asyncslot.test.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one run, of which one at a time goes on, from one point to the next. Thread-safe; {@link #run} belongs to
 * the thread that explores.
 */
final class Strands implements Executor {

    /*
     * Whose turn
     *
     * Each strand has a thread of its own. At a point it says READY and waits until it is RUNNING again; the explorer waits
     * until nobody is RUNNING, chooses one that is READY, and sets it RUNNING. A strand that is let on and then waits for
     * another one, in an awaiting cancel or at a lock of the application, comes to no point: when its thread has been
     * seen waiting often enough it is called STUCK and somebody else is let on. As soon as it can go on it does, until its
     * next point; the explorer lets nobody on before that.
     */

    private static final int MAX_STEPS = 100_000;
    private static final int LOOKS_UNTIL_STUCK = 8;
    private static final long LOOK_MICROS = 500;
    private static final long DEADLOCK_SECONDS = 5;

    /** The strand that a thread is; of any exploration. */
    private static final ThreadLocal<@Nullable Turn> TURN = new ThreadLocal<>();

    private record Turn(Strands strands, Strand strand) {}

    private final Executor threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // guarded by the lock
    private final List<Strand> strands = new ArrayList<>();
    private final List<String> steps = new ArrayList<>();
    private @Nullable Throwable failure;
    private boolean letGo;
    private int dueRuns;

    Strands(Executor threads) {
        this.threads = threads;
    }

    /** A point of the strand that the calling thread is; nothing on other threads. */
    static void point(String label) {
        Turn turn = TURN.get();
        if (turn != null) {
            turn.strands.pause(turn.strand, label);
        }
    }

    /** Adds the run of a callback. */
    @Override
    public void execute(Runnable task) {
        lock.lock();
        try {
            dueRuns++;
            add("run " + dueRuns, "is taken up", task::run);
        } finally {
            lock.unlock();
        }
    }

    void add(String name, String at, ExploredAction action) {
        Strand strand = new Strand(name, at);
        lock.lock();
        try {
            strands.add(strand);
        } finally {
            lock.unlock();
        }
        threads.execute(() -> live(strand, action));
    }

    private void live(Strand strand, ExploredAction action) {
        Throwable thrown = null;
        TURN.set(new Turn(this, strand));
        try {
            awaitTurn(strand);
            action.run();
        } catch (Throwable e) {
            thrown = e;
        } finally {
            TURN.remove();
            lock.lock();
            try {
                strand.state = Strand.State.DONE;
                strand.thread = null;
                if (thrown != null && failure == null) {
                    failure = thrown;
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void pause(Strand strand, String label) {
        lock.lock();
        try {
            strand.at = label;
            strand.state = Strand.State.READY;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        awaitTurn(strand);
    }

    private void awaitTurn(Strand strand) {
        lock.lock();
        try {
            strand.thread = Thread.currentThread();
            while (strand.state == Strand.State.READY && !letGo) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets strands on, one at a time, until all are done.
     *
     * @param schedule chooses
     * @param settle called between two steps, while nobody goes on: it may add strands
     * @throws Throwable what a strand or {@code settle} threw
     */
    void run(Schedule schedule, ExploredAction settle) throws Throwable {
        Strand last = null;
        while (true) {
            settle.run();
            Strand next;
            lock.lock();
            try {
                awaitNobodyRunning();
                if (failure != null) {
                    throw failure;
                }
                List<Strand> ready = ready(last);
                if (ready.isEmpty()) {
                    if (strands.stream().allMatch(strand -> strand.state == Strand.State.DONE)) {
                        return;
                    }
                    awaitStuck();
                    continue;
                }
                if (steps.size() == MAX_STEPS) {
                    throw new IllegalStateException("no end after " + MAX_STEPS + " steps");
                }
                next = ready.get(schedule.choose(ready.size()));
                steps.add(next.toString());
                next.state = Strand.State.RUNNING;
                changed.signalAll();
                awaitNobodyRunning();
            } finally {
                lock.unlock();
            }
            last = next;
        }
    }

    /** Who could go on: the one that did last, then the others by age. */
    private List<Strand> ready(@Nullable Strand last) {
        List<Strand> ready = new ArrayList<>();
        if (last != null && last.state == Strand.State.READY) {
            ready.add(last);
        }
        for (Strand strand : strands) {
            if (strand != last && strand.state == Strand.State.READY) {
                ready.add(strand);
            }
        }
        return ready;
    }

    /** Waits until each strand is at a point, done, or stuck and really waiting. */
    private void awaitNobodyRunning() throws InterruptedException {
        int looks = 0;
        while (true) {
            boolean moving = false;
            for (Strand strand : strands) {
                moving |= strand.state == Strand.State.RUNNING
                        || strand.state == Strand.State.STUCK && !strand.isWaiting();
            }
            boolean stuck = strands.stream().anyMatch(strand -> strand.state == Strand.State.STUCK);
            if (!moving && (!stuck || looks >= LOOKS_UNTIL_STUCK)) {
                return; // a thread that was just woken still looks as if it waited
            }
            if (!changed.await(LOOK_MICROS, TimeUnit.MICROSECONDS)) {
                looks = strands.stream().allMatch(Strands::isAtRest) ? looks + 1 : 0;
                if (looks >= LOOKS_UNTIL_STUCK) {
                    strands.stream()
                            .filter(strand -> strand.state == Strand.State.RUNNING)
                            .forEach(strand -> strand.state = Strand.State.STUCK);
                }
            }
        }
    }

    private static boolean isAtRest(Strand strand) {
        return strand.state == Strand.State.READY || strand.state == Strand.State.DONE || strand.isWaiting();
    }

    /** Nobody but stuck strands is left: a limit of theirs may end their wait; if none does, they wait for ever. */
    private void awaitStuck() throws InterruptedException {
        long nanos = TimeUnit.SECONDS.toNanos(DEADLOCK_SECONDS);
        while (strands.stream().noneMatch(strand -> strand.state == Strand.State.READY) && failure == null) {
            if (strands.stream().allMatch(strand -> strand.state == Strand.State.DONE)) {
                return;
            }
            if (nanos <= 0) {
                throw new IllegalStateException("deadlock: these wait forever: "
                        + strands.stream()
                                .filter(strand -> strand.state == Strand.State.STUCK)
                                .map(strand -> strand.name + " after " + strand.at)
                                .toList());
            }
            nanos = changed.awaitNanos(nanos);
        }
    }

    /** Lets all go on freely, and waits a little for their end. */
    void letGo() {
        lock.lock();
        try {
            letGo = true;
            changed.signalAll();
            long nanos = TimeUnit.SECONDS.toNanos(2);
            while (nanos > 0 && strands.stream().anyMatch(strand -> strand.state != Strand.State.DONE)) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    List<String> steps() {
        lock.lock();
        try {
            return List.copyOf(steps);
        } finally {
            lock.unlock();
        }
    }
}
