package io.asyncslot.core;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The runs that one thread carries out one after another. Where an executor runs tasks in the calling thread, the end
 * of a run may hand the next one to that very thread: it is taken up when the present one is over, so that the stack
 * does not grow. Inside a callback it runs at once, nested: the callback may be waiting for it. Owned by one thread.
 */
final class RunLoop {

    private static final ThreadLocal<@Nullable RunLoop> CURRENT = new ThreadLocal<>();

    private final @Nullable RunLoop outer = CURRENT.get();
    private @Nullable ArrayDeque<ControlBlock<?>> postponed;
    private boolean inCallback;

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

    private void postpone(ControlBlock<?> block) {
        if (postponed == null) {
            postponed = new ArrayDeque<>();
        }
        postponed.add(block);
    }

    /** What is to be run next; null when nothing is. */
    @Nullable
    ControlBlock<?> next() {
        return postponed == null ? null : postponed.poll();
    }

    void leave() {
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }
}
