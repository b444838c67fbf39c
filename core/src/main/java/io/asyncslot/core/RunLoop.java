package io.asyncslot.core;

import java.util.LinkedList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The runs that one thread carries out one after another. Where an executor runs tasks in the calling thread, the end
 * of a run may hand the next one to that very thread: it is taken up when the present one is over, so that the stack
 * does not grow. Inside a callback it runs at once, nested: the callback may be waiting for it. Owned by one thread.
 *
 * <p>Knows the runs that the thread is inside, innermost first: the kernel's {@code hrtimer_running}, as a chain.
 */
final class RunLoop {

    private static final ThreadLocal<@Nullable RunLoop> CURRENT = new ThreadLocal<>();

    private final @Nullable RunLoop outer;

    /** The slot whose run the thread is inside: from its begin until the slot shows that it has ended. */
    private @Nullable ControlBlock<?> running;

    private boolean inCallback;

    /** Linked: an array that fails to grow loses what it holds. */
    private @Nullable LinkedList<ControlBlock<?>> postponed;

    /** When the thread went on with other runs than that it was called for, by the monotonic clock; 0 before. */
    private long began;

    private RunLoop(@Nullable RunLoop outer) {
        this.outer = outer;
    }

    /** Begins a loop; null when the thread is about to end a run and takes up {@code block} after that. */
    static @Nullable RunLoop enter(ControlBlock<?> block) {
        RunLoop present = CURRENT.get();
        if (present != null && !present.inCallback) {
            present.postpone(block);
            return null;
        }
        RunLoop loop = new RunLoop(present);
        boolean set = false;
        try {
            CURRENT.set(loop);
            set = true;
        } finally {
            if (!set) { // it may be there all the same, and would take up what nobody runs
                loop.leave();
            }
        }
        return loop;
    }

    /** A run is about to begin, and its callback to be called. */
    void begins(ControlBlock<?> block) {
        running = block;
        inCallback = true;
    }

    /** The callback has ended. */
    void called() {
        inCallback = false;
    }

    /** The slot shows that the run has ended. */
    void ended() {
        running = null;
    }

    @SuppressWarnings("JdkObsolete")
    private void postpone(ControlBlock<?> block) {
        if (postponed == null) {
            postponed = new LinkedList<>();
        }
        postponed.add(block);
    }

    /** What is to be run next; null when nothing is. */
    @Nullable
    ControlBlock<?> next() {
        return postponed == null ? null : postponed.poll();
    }

    /** Whether a callback waits for this loop to end. */
    boolean isNested() {
        return outer != null;
    }

    /** For how long, in nanoseconds, the thread has gone on with further runs. */
    long goesOnFor(long now) {
        if (began == 0) {
            began = now;
        }
        return now - began;
    }

    void leave() {
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }

    // ---- the runs that a thread is inside -----------------------------------------------------------------------

    /** The innermost run that the calling thread is inside; null when it is inside none. */
    static @Nullable RunLoop current() {
        RunLoop loop = CURRENT.get();
        while (loop != null && loop.running == null) {
            loop = loop.outer;
        }
        return loop;
    }

    /** Whether the calling thread is inside a run of a map whose time this timekeeper measures. */
    static boolean isInside(Timekeeper keeper) {
        for (RunLoop loop = CURRENT.get(); loop != null; loop = loop.outer) {
            if (loop.running != null && loop.running.map().keeper() == keeper) {
                return true;
            }
        }
        return false;
    }

    /** Whether the calling thread is inside a run of this very incarnation. */
    static boolean isInside(ControlBlock<?> block) {
        return isAny(CURRENT.get(), each -> each == block);
    }

    /** Whether the calling thread is inside a run of this map. */
    static boolean isInside(SlotHome<?> map) {
        return isAny(CURRENT.get(), block -> block.map() == map);
    }

    /** Whether the calling thread is inside a run of this key of this map, of whatever incarnation. */
    static boolean isInside(SlotHome<?> map, Object key) {
        return isAny(CURRENT.get(), block -> block.map() == map && block.key().equals(key));
    }

    /** Whether a callback waits for one of these runs, from this one outwards: for its slot, or for its map to close. */
    boolean isAwaited() {
        return isAny(this, block -> {
            SlotDetails<?> details = block.details();
            return details != null && details.isAwaitedByCallback()
                    || block.map().closersInCallbacks() != 0;
        });
    }

    /** Looks at the slots whose runs the thread is inside: of a run whose map was closed also at those that maps which followed have of it. */
    private static boolean isAny(@Nullable RunLoop innermost, Predicate<ControlBlock<?>> condition) {
        for (RunLoop loop = innermost; loop != null; loop = loop.outer) {
            ControlBlock<?> block = loop.running;
            while (block != null) {
                if (condition.test(block)) {
                    return true;
                }
                SlotDetails<?> details = block.details();
                FormerRun run = details == null ? null : details.passedOn;
                block = run == null ? null : (ControlBlock<?>) run.heir();
            }
        }
        return false;
    }
}
