package io.asyncslot.core;

import io.asyncslot.backend.RunBarrier;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thread's wait for the runs of one key that go on right now: that of the slot, and that of a former incarnation.
 * Owned by the waiting thread; announces itself when made and takes that back when closed.
 *
 * <p>The kernel's rule against mutual cancel ({@code bpf_timer_cancel}): announce on the target, full fence, look at
 * oneself. Of any ring of callbacks that await each other, the last one to announce sees that it is awaited.
 */
final class RunAwait<K> implements AutoCloseable {

    /** The run that the thread is inside; null for none. */
    private final @Nullable RunLoop inside = RunLoop.current();

    private final RunBarrier barrier;
    private final List<ControlBlock<K>> targets = new ArrayList<>(2);

    RunAwait(ControlBlock<K> block) {
        this.barrier = block.map().barrier();
        target(block);
        ControlBlock<K> former = block.map().runningPredecessor(block);
        if (former != null) {
            target(former);
        }
    }

    private void target(ControlBlock<K> block) {
        targets.add(block);
        block.needDetails().announce(inside != null);
    }

    /** Whether waiting might be waiting for oneself. */
    boolean wouldDeadlock() {
        return inside != null && inside.isAwaited();
    }

    /** Whether one of the awaited runs goes on. */
    boolean isRunning() {
        for (ControlBlock<K> target : targets) {
            if (goesOn(target)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a run goes on, or is to come again. One that was cut off does not come again once its slot is freed. */
    private static boolean goesOn(ControlBlock<?> block) {
        long word = block.word(); // first: who begins such a run reads the word last
        return StateWord.isRunning(word) && !(StateWord.isFreed(word) && block.isCutOff());
    }

    /**
     * Waits until the runs that go on now have ended.
     *
     * @return false when the limit was over first
     */
    boolean await(long nanos) throws InterruptedException {
        int[] ended = new int[targets.size()];
        for (int i = 0; i < ended.length; i++) {
            ended[i] = targets.get(i).needDetails().endedRuns();
        }
        return barrier.await(
                () -> {
                    for (int i = 0; i < ended.length; i++) {
                        ControlBlock<K> target = targets.get(i);
                        if (goesOn(target) && target.needDetails().endedRuns() == ended[i]) {
                            return false;
                        }
                    }
                    return true;
                },
                nanos);
    }

    @Override
    public void close() {
        for (ControlBlock<K> target : targets) {
            target.needDetails().takeBack(inside != null);
        }
    }
}
