package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.fixture.Blocks;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeadlineHeapTests {

    private static final int BLOCKS = 300;

    private final DeadlineHeap heap = new DeadlineHeap();
    private final Map<ControlBlock<?>, Long> model = new HashMap<>();

    /** Random operations against a plain map; structure and places looked at after each. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void fuzz_againstAPlainMap(long seed) {
        Random random = new Random(seed);
        List<ControlBlock<?>> out = new ArrayList<>(new Blocks().make(BLOCKS));
        int spread = seed % 2 == 0 ? 10 : Integer.MAX_VALUE;
        for (int step = 0; step < 6_000; step++) {
            int growth = step % 3_000 < 1_500 ? 5 : 2;
            int choice = random.nextInt(8);
            if (choice < growth && !out.isEmpty()) {
                ControlBlock<?> block = out.remove(random.nextInt(out.size()));
                long key = random.nextInt(spread);
                heap.insert(block, key);
                model.put(block, key);
            } else if (!model.isEmpty()) {
                ControlBlock<?> some = pick(random);
                if (choice % 3 == 0) {
                    heap.remove(some);
                    out.add(some);
                    model.remove(some);
                } else if (choice % 3 == 1) {
                    long key = random.nextInt(spread);
                    heap.rekey(some, key);
                    model.put(some, key);
                } else {
                    long least = model.values().stream()
                            .min(Comparator.naturalOrder())
                            .orElseThrow();
                    assertThat(heap.minKey()).isEqualTo(least);
                    ControlBlock<?> min = heap.removeMin();
                    assertThat(model.remove(min)).isEqualTo(least);
                    out.add(min);
                }
            }
            check(out);
        }
        long last = Long.MIN_VALUE;
        while (!heap.isEmpty()) {
            assertThat(heap.minKey()).isGreaterThanOrEqualTo(last);
            last = heap.minKey();
            assertThat(model.remove(heap.removeMin())).isEqualTo(last);
        }
        assertThat(model).isEmpty();
    }

    private ControlBlock<?> pick(Random random) {
        return model.keySet().stream()
                .sorted(Comparator.comparingInt(ControlBlock::position))
                .skip(random.nextInt(model.size()))
                .findFirst()
                .orElseThrow();
    }

    /** Each block is at a place of its own, knows it, and no key is less than its parent's. */
    private void check(List<ControlBlock<?>> out) {
        assertThat(heap.size()).isEqualTo(model.size());
        assertThat(heap.isEmpty()).isEqualTo(model.isEmpty());
        long[] byPlace = new long[heap.size()];
        boolean[] taken = new boolean[heap.size()];
        model.forEach((block, key) -> {
            byPlace[block.position()] = key;
            assertThat(taken[block.position()]).isFalse();
            taken[block.position()] = true;
        });
        for (int place = 1; place < byPlace.length; place++) {
            assertThat(byPlace[place]).isGreaterThanOrEqualTo(byPlace[(place - 1) / 4]);
        }
        for (ControlBlock<?> block : out) {
            assertThat(block.position()).isEqualTo(-1);
        }
    }

    @Test
    void reserve_makesRoomForOneMore_beyondTheFirstCapacity() {
        List<ControlBlock<?>> blocks = new Blocks().make(200);
        for (int i = 0; i < 200; i++) {
            heap.reserve();
            heap.insert(blocks.get(i), 200 - i);
        }
        for (int i = 0; i < 200; i++) {
            assertThat(heap.minKey()).isEqualTo(i + 1);
            assertThat(heap.removeMin()).isSameAs(blocks.get(199 - i));
        }
    }
}
