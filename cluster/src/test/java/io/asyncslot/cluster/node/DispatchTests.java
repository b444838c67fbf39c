package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.cluster.store.SlotId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** What becomes of a due slot that an executor takes, refuses, or fails on. */
class DispatchTests {

    private final List<SlotId> ran = new ArrayList<>();
    private final List<SlotId> refused = new ArrayList<>();

    private static SlotId slot(int number) {
        return new SlotId("m", "k" + number);
    }

    private Dispatch dispatch(Executor executor, int limit) {
        return new Dispatch(executor, limit, ran::add, refused::add);
    }

    @Test
    void executorThatFails_slotIsRefused_andTheNextOneHandedOn() {
        for (Throwable failure : List.of(
                new RejectedExecutionException("full"),
                new IllegalStateException("bug"),
                new OutOfMemoryError("threads"))) {
            ran.clear();
            refused.clear();
            boolean[] fails = {true};
            Dispatch dispatch = dispatch(
                    task -> {
                        if (fails[0]) {
                            DispatchTests.<RuntimeException>raise(failure);
                        }
                        task.run();
                    },
                    1);
            dispatch.offer(slot(1));
            assertThat(refused).as(failure.toString()).containsExactly(slot(1));
            fails[0] = false;
            dispatch.offer(slot(2));
            assertThat(ran).as("its permit came back").containsExactly(slot(2));
        }
    }

    @Test
    void executorThatRunsTheTaskAndThenFails_itHasRunOnce() {
        Dispatch dispatch = dispatch(
                task -> {
                    task.run();
                    throw new IllegalStateException("afterwards");
                },
                1);
        dispatch.offer(slot(1));
        dispatch.offer(slot(2));
        assertThat(ran).containsExactly(slot(1), slot(2));
        assertThat(refused).isEmpty();
    }

    @Test
    void executorThatFailsAndKeepsTheTask_itDoesNotRunBesideTheNextOffer() {
        List<Runnable> kept = new ArrayList<>();
        Dispatch dispatch = dispatch(
                task -> {
                    kept.add(task);
                    throw new RejectedExecutionException("but kept");
                },
                0);
        dispatch.offer(slot(1));
        kept.get(0).run();
        assertThat(refused).containsExactly(slot(1));
        assertThat(ran).isEmpty();
    }

    @Test
    void manyThatWait_allRefused_needNoDeepStack() {
        List<Runnable> first = new ArrayList<>();
        Dispatch dispatch = dispatch(
                task -> {
                    if (!first.isEmpty()) {
                        throw new RejectedExecutionException("full");
                    }
                    first.add(task);
                },
                1);
        for (int i = 0; i < 50_000; i++) {
            dispatch.offer(slot(i));
        }
        first.get(0).run();
        assertThat(ran).containsExactly(slot(0));
        assertThat(refused).hasSize(49_999);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable failure) throws E {
        throw (E) failure;
    }
}
