package io.asyncslot.core;

import java.util.LinkedList;
import org.jspecify.annotations.Nullable;

/**
 * The runs that one thread carries out one after another. Where an executor runs tasks in the calling thread, the end
 * of a run may hand the next one to that very thread: it is taken up when the present one is over, so that the stack
 * does not grow. Inside a callback it runs at once, nested: the callback may be waiting for it. Owned by one thread.
 */
final class RunLoop {

    private static final ThreadLocal<@Nullable RunLoop> CURRENT = new ThreadLocal<>();

    private final @Nullable RunLoop outer = CURRENT.get();

    /** Linked: an array that fails to grow loses what it holds. */
    private @Nullable LinkedList<ControlBlock<?>> postponed;

    private boolean inCallback;

    /** When the thread went on with other runs than that it was called for, by the monotonic clock; 0 before. */
    private long began;

    private RunLoop() {}

    /** Begins a loop; null when the thread is about to end a run and takes up {@code block} after that. */
    static @Nullable RunLoop enter(ControlBlock<?> block) {
        RunLoop present = CURRENT.get();
        if (present != null && !present.inCallback) {
            present.postpone(block);
            return null;
        }
        RunLoop loop = new RunLoop();
        CURRENT.set(loop);
        return loop;
    }

    /** Notes that the thread enters or leaves a callback. */
    static void inCallback(boolean value) {
        RunLoop present = CURRENT.get();
        if (present != null) {
            present.inCallback = value;
        }
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
}
