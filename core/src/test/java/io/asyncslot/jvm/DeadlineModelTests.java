package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.backend.Micros;
import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random operations over spans from a microsecond to years, against a map of deadlines: whatever bucket a slot went
 * through, it fires when time has come to its deadline, not before, once.
 */
@Timeout(
        value = 20,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a wheel that turns in circles heeds no interrupt
class DeadlineModelTests {

    private static final int STEPS = 60_000;
    private static final int KEYS = 300;
    private static final long HUNDRED_YEARS = Duration.ofDays(36_500).toMillis() * 1_000;

    private final Map<Integer, Long> armed = new HashMap<>();
    private final List<Integer> fired = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({"1, 46", "2, 46", "3, 46", "4, 46", "5, 46", "6, 46", "7, 46", "8, 46", "9, 11", "10, 11"})
    void randomOperations_fireWhatTheModelSays(long seed, int bits) {
        Random random = new Random(seed);
        int total = 0;
        try (Bench bench = new Bench(Runnable::run)) {
            TimerSlots<Integer> slots = bench.timers(Integer.class, (key, firing) -> {
                assertThat(firing.lateness()).isGreaterThanOrEqualTo(Duration.ZERO);
                fired.add(key);
            });
            for (int step = 0; step < STEPS; step++) {
                int key = random.nextInt(KEYS);
                long micros = span(random, bits);
                long deadline = now(bench) + micros;
                Long before = armed.get(key);
                switch (random.nextInt(8)) {
                    case 0, 1, 2 -> {
                        StartOutcome outcome = slots.start(key, Duration.ofNanos(micros * 1_000));
                        assertThat(outcome).isEqualTo(before == null ? StartOutcome.STARTED : StartOutcome.REARMED);
                        armed.put(key, deadline);
                    }
                    case 3 -> {
                        TouchOutcome outcome = slots.touch(key, Duration.ofNanos(micros * 1_000));
                        assertThat(outcome == TouchOutcome.MOVED).isEqualTo(before != null);
                        armed.computeIfPresent(key, (k, old) -> deadline);
                    }
                    case 4 -> {
                        assertThat(slots.cancel(key) == CancelOutcome.CANCELLED).isEqualTo(before != null);
                        armed.remove(key);
                    }
                    case 5 -> {
                        assertThat(slots.delete(key) == DeleteOutcome.ABSENT && before != null)
                                .isFalse();
                        armed.remove(key);
                    }
                    default -> total += advance(bench, random.nextInt(4) == 0 ? toADeadline(bench) : micros >> 6);
                }
            }
            total += advance(bench, HUNDRED_YEARS);
            assertThat(armed).isEmpty();
            assertThat(EngineProbe.filed(bench.backend)).as("slots filed").isZero();
            assertThat(now(bench))
                    .as("time stays within what a deadline can say")
                    .isLessThan(Micros.NEVER);
            armed.clear();
            assertThat(total).as("firings reached").isGreaterThan(STEPS / 20);
        }
    }

    /** Moves time and compares what fired; and what the engine says is next with what is. */
    private int advance(Bench bench, long micros) {
        fired.clear();
        bench.ticker.advance(Duration.ofNanos(micros * 1_000));
        long next = bench.backend.pump();
        long now = now(bench);
        List<Integer> due = new ArrayList<>();
        armed.forEach((key, deadline) -> {
            if (deadline <= now) {
                due.add(key);
            }
        });
        assertThat(fired).as("at %d us", now).containsExactlyInAnyOrderElementsOf(due);
        due.forEach(armed::remove);
        long least = armed.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE / 1_000);
        assertThat(next / 1_000).as("next look").isLessThanOrEqualTo(least);
        assertThat(next / 1_000).as("next look").isGreaterThan(now);
        return due.size();
    }

    /** To the next deadline exactly, or one microsecond before it. */
    private long toADeadline(Bench bench) {
        long now = now(bench);
        long least = armed.values().stream().mapToLong(Long::longValue).min().orElse(now);
        return Math.max(0, least - now - (least & 1));
    }

    /** Of every size alike up to so many bits, some at the edge of a bucket; with few bits all are near. */
    private static long span(Random random, int bits) {
        long span = (long) Math.pow(2, random.nextDouble() * bits);
        return random.nextInt(4) == 0 ? Math.max(0, (span >> 8 << 8) + random.nextInt(3) - 1) : span;
    }

    private static long now(Bench bench) {
        return bench.ticker.monotonicNanos() / 1_000;
    }
}
