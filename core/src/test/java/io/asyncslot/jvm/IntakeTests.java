package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.Custody;
import io.asyncslot.fixture.Blocks;
import io.asyncslot.fixture.Race;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class IntakeTests {

    private static final int THREADS = 3;

    @Test
    void takeAll_ofOneThreadsPushes_isInArrivalOrder_once() {
        Intake intake = new Intake(1);
        List<ControlBlock<?>> blocks = new Blocks().make(100);
        int depth = 0;
        for (ControlBlock<?> block : blocks) {
            assertThat(intake.push(block)).isEqualTo(++depth);
            assertThat(block.depth()).isEqualTo(depth);
        }
        assertThat(intake.isEmpty()).isFalse();
        List<Custody> taken = new ArrayList<>();
        for (int stripe = 0; stripe < intake.stripes(); stripe++) {
            for (Custody next = intake.takeAll(stripe); next != null; next = next.chain()) {
                taken.add(next);
            }
        }
        assertThat(taken).isEqualTo(blocks);
        assertThat(intake.isEmpty()).isTrue();
        for (int stripe = 0; stripe < intake.stripes(); stripe++) {
            assertThat(intake.takeAll(stripe)).isNull();
        }
    }

    @Test
    void stripes_areAPowerOfTwo_forAnyNumberOfProcessors() {
        for (int processors = 0; processors < 100; processors++) {
            int stripes = new Intake(processors).stripes();
            assertThat(Integer.bitCount(stripes)).isEqualTo(1);
            assertThat(stripes).isBetween(1, 16);
        }
    }

    /**
     * T1..T3: push their own slots whenever those are out again. T4: takes whole stacks, lets go of each slot.
     *
     * <p>Nothing is lost and nothing comes twice: each push is taken once.
     */
    @Test
    void push_whileTaken_losesNothingAndDoublesNothing() throws Exception {
        int perThread = 64;
        int laps = 400;
        Intake intake = new Intake(2);
        List<ControlBlock<?>> blocks = new Blocks().make(THREADS * perThread);
        blocks.forEach(ControlBlock::leaveInbox);
        AtomicInteger pushing = new AtomicInteger(THREADS);
        AtomicInteger pushed = new AtomicInteger();
        for (int t = 0; t < THREADS; t++) {
            List<ControlBlock<?>> own = blocks.subList(t * perThread, (t + 1) * perThread);
            Race.thread(() -> {
                for (int lap = 0; lap < laps; lap++) {
                    for (ControlBlock<?> block : own) {
                        while (!block.enterInbox()) {
                            Thread.yield();
                        }
                        intake.push(block);
                        pushed.incrementAndGet();
                    }
                }
                pushing.decrementAndGet();
            });
        }
        Map<Custody, Integer> taken = new HashMap<>();
        int longest = 0;
        boolean last;
        do {
            last = pushing.get() == 0;
            for (int stripe = 0; stripe < intake.stripes(); stripe++) {
                int length = 0;
                Custody next = intake.takeAll(stripe);
                while (next != null) {
                    ControlBlock<?> block = (ControlBlock<?>) next;
                    next = block.chain();
                    block.chain(null);
                    taken.merge(block, 1, Integer::sum);
                    assertThat(block.depth()).isPositive();
                    block.leaveInbox();
                    length++;
                }
                longest = Math.max(longest, length);
            }
        } while (!last);
        assertThat(pushed).hasValue(THREADS * perThread * laps);
        assertThat(taken).hasSize(blocks.size());
        assertThat(taken.values()).containsOnly(laps);
        assertThat(intake.isEmpty()).isTrue();
        Race.reached("several pushes between two looks", longest - 1);
    }
}
