package io.asyncslot.benchmarks.values;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is measured gathers values: those of a key come together, each once, and not before the time is over. */
class BatchPeerTests {

    private static final Duration WINDOW = Duration.ofMillis(200);

    @ParameterizedTest
    @EnumSource(BatchPeer.class)
    void handsTheValuesOfAKeyOver_onceAndNotEarly(BatchPeer peer) throws Exception {
        BlockingQueue<List<Integer>> batches = new LinkedBlockingQueue<>();
        try (Batches gathering = peer.open(WINDOW, batch -> batches.add(new ArrayList<>(batch)))) {
            long began = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                gathering.add((long) (i % 4), i);
            }
            List<Integer> all = new ArrayList<>();
            while (all.size() < 100) {
                List<Integer> batch = batches.poll(20, TimeUnit.SECONDS);
                assertThat(batch).isNotNull().isSorted();
                assertThat(batch.stream().map(value -> value % 4).distinct()).hasSize(1);
                all.addAll(batch);
            }
            assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(WINDOW.toNanos());
            assertThat(all).doesNotHaveDuplicates();
        }
    }
}
