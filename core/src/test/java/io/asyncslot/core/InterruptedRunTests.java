package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the executor runs callbacks on the thread that asks, the interrupt flags of both stay their own. */
class InterruptedRunTests {

    private final List<Boolean> seen = new ArrayList<>();

    private void run() {
        seen.add(Thread.currentThread().isInterrupted());
        Thread.currentThread().interrupt();
    }

    @Test
    void interruptOfARun_meetsNeitherTheNextNorTheThread() {
        try (Bench bench = new Bench(Runnable::run)) {
            TimerSlots<Integer> slots = bench.timers(Integer.class, (key, firing) -> run());
            for (int key = 0; key < 3; key++) {
                slots.start(key, Duration.ZERO);
            }
            bench.backend.pump();
            assertThat(Thread.interrupted()).isFalse();
            assertThat(seen).containsExactly(false, false, false);
        }
    }

    @Test
    void interruptOfTheThread_isNotTheRuns_andIsKept() {
        try (Bench bench = new Bench(Runnable::run)) {
            TimerSlots<Integer> slots = bench.timers(Integer.class, (key, firing) -> run());
            slots.start(1, Duration.ZERO);
            Thread.currentThread().interrupt();
            bench.backend.pump();
            assertThat(Thread.interrupted()).isTrue();
            assertThat(seen).containsExactly(false);
        } finally {
            boolean unused = Thread.interrupted(); // a failure leaves it to no other test
        }
    }
}
