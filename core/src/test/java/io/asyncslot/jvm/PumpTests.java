package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Manual time that jumps, from microseconds to years: one pump does all that is to be done by then. */
class PumpTests {

    private static final int EPISODES = 60;
    private static final int JUMPS = 40;
    private static final int MOST_BITS = 55;

    @Test
    void timeThatACallbackMoves_isFollowedByTheSamePump() {
        List<String> ran = new ArrayList<>();
        try (Bench bench = new Bench(Runnable::run)) {
            TimerSlots<String> slots = bench.timers(String.class, (key, firing) -> {
                ran.add(key);
                bench.ticker.advance(Duration.ofDays(1));
            });
            slots.start("first", Duration.ofNanos(1_000));
            slots.start("soon after", Duration.ofNanos(2_000));
            slots.start("a day later", Duration.ofDays(1));
            bench.backend.pump();
            bench.advance(Duration.ofNanos(1_000));
            assertThat(ran).containsExactly("first", "soon after", "a day later");
        }
    }

    @ParameterizedTest
    @EnumSource(SlotClock.class)
    void pump_leavesNothingThatIsDue(SlotClock clock) {
        for (int seed = 0; seed < EPISODES; seed++) {
            Random random = new Random(seed);
            AtomicInteger due = new AtomicInteger();
            AtomicInteger ran = new AtomicInteger();
            try (Bench bench = new Bench(Runnable::run)) {
                TimerSlots<Integer> once =
                        bench.timers(Integer.class, (key, firing) -> ran.incrementAndGet(), spec -> spec.clock(clock));
                TimerSlots<Integer> often = bench.timers(
                        Integer.class,
                        (key, firing) -> {},
                        spec -> spec.clock(clock).every(span(random, 40)).late(LatePolicy.ONCE));
                for (int jump = 0; jump < JUMPS; jump++) {
                    Duration most = span(random, MOST_BITS);
                    for (int key = 0; key < 3; key++) {
                        Duration delay = Duration.ofNanos(random.nextLong(most.toNanos()) / 1_000 * 1_000);
                        once.start(1_000 * jump + key, delay);
                        due.incrementAndGet();
                    }
                    often.start(jump);
                    if (random.nextBoolean()) {
                        bench.backend.pump();
                    }
                    bench.ticker.advance(most);
                    long wake = bench.backend.pump();
                    assertThat(ran).as("runs, seed %s, jump %s", seed, jump).hasValue(due.get());
                    assertThat(wake / 1_000)
                            .as("next look, seed %s, jump %s", seed, jump)
                            .isGreaterThan(bench.ticker.monotonicNanos() / 1_000);
                }
            }
        }
    }

    /** Whole microseconds, at least one. */
    private static Duration span(Random random, int bits) {
        return Duration.ofNanos(1_000 * (1 + (random.nextLong() >>> 64 - random.nextInt(1, bits - 10))));
    }
}
