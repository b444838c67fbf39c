package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotClock;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random operations on a simulated kernel, against a model that knows a deadline for each key and nothing else: each armed
 * slot fires at its last deadline, in the very microsecond, whatever promises elapsed in between. {@code -Dfuzz.seed}
 * replays a seed, {@code -Dfuzz.seeds} says how many.
 */
class KernelFuzzTests {

    private static final int KEYS = 4;
    private static final int STEPS = 200;
    private static final long UNIT = 1_000; // microseconds

    @Test
    void everySlotFiresAtItsLastDeadline() {
        Long replayed = Long.getLong("fuzz.seed");
        long first = replayed == null ? 1 : replayed;
        long last = replayed == null ? Long.getLong("fuzz.seeds", 300) : replayed;
        int fired = 0;
        int lapsed = 0;
        for (long seed = first; seed <= last; seed++) {
            Episode episode = new Episode(seed);
            episode.run();
            fired += episode.firings;
            lapsed += episode.lapsed;
        }
        System.out.println("kernel fuzz: " + (last - first + 1) + " seeds, " + fired + " firings, " + lapsed
                + " moves of slots whose promise had lapsed");
        assertThat(lapsed).as("what this test is about").isPositive();
        assertThat(fired).isPositive();
    }

    private static final class Episode {
        private final long seed;
        private final Random random;
        private final ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
        private final SimulatedKernel kernel = new SimulatedKernel(ticker, 8, 32);
        private final SlotClock clock;
        private final List<String> trace = new ArrayList<>();

        /** Deadline of each armed key, and the least one it has had since it was last reported due or made. */
        private final Map<String, Long> deadlines = new HashMap<>();

        private final Map<String, Long> least = new HashMap<>();
        private int seen;
        private int firings;
        private int lapsed;

        Episode(long seed) {
            this.seed = seed;
            this.random = new Random(seed * 0x9E3779B97F4A7C15L);
            this.clock = SlotClock.values()[random.nextInt(3)];
        }

        void run() {
            try (SimulatedApplication process =
                    new SimulatedApplication(kernel, ticker, KernelOptions.defaults(), false).start()) {
                TimerSlots<String> map =
                        process.registry.register(process.spec("t").clock(clock).build());
                for (int step = 0; step < STEPS; step++) {
                    operate(map);
                    if (random.nextBoolean()) {
                        pass(process, random.nextLong(30 * UNIT));
                    }
                }
                pass(process, 200 * UNIT);
                assertThat(deadlines).as(this::story).isEmpty();
            }
        }

        private long now() {
            return ticker.nanos(clock) / 1_000;
        }

        private void operate(TimerSlots<String> map) {
            String key = "k" + random.nextInt(KEYS);
            long micros = 1 + random.nextInt(100) * UNIT;
            Duration delay = Duration.ofNanos(micros * 1_000);
            boolean armed = deadlines.containsKey(key);
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    trace.add(now() + " start " + key + " " + micros);
                    assertThat(map.start(key, delay))
                            .as(this::story)
                            .isEqualTo(armed ? StartOutcome.REARMED : StartOutcome.STARTED);
                    moved(key, micros);
                }
                case 3, 4, 5 -> {
                    trace.add(now() + " touch " + key + " " + micros);
                    if (map.touch(key, delay) == TouchOutcome.MOVED) {
                        assertThat(armed).as(this::story).isTrue();
                        moved(key, micros);
                    }
                }
                case 6 -> {
                    trace.add(now() + " cancel " + key);
                    map.cancel(key);
                    deadlines.remove(key);
                }
                default -> {
                    trace.add(now() + " delete " + key);
                    map.delete(key);
                    deadlines.remove(key);
                    least.remove(key);
                }
            }
        }

        private void moved(String key, long micros) {
            long deadline = now() + micros;
            Long before = deadlines.put(key, deadline);
            Long promised = least.merge(key, deadline, Math::min);
            if (before != null && promised <= now() && deadline < before) {
                lapsed++;
                least.put(key, deadline);
            }
        }

        private void pass(SimulatedApplication process, long micros) {
            trace.add(now() + " pass " + micros);
            process.pass(Duration.ofNanos(micros * 1_000));
            for (; seen < process.fired.size(); seen++) {
                SimulatedApplication.Fired fired = process.fired.get(seen);
                trace.add(now() + "   fired " + fired);
                assertThat(fired.lateMicros()).as(this::story).isZero();
                assertThat(deadlines.remove(fired.key()))
                        .as(this::story)
                        .isNotNull()
                        .isLessThanOrEqualTo(now());
                least.remove(fired.key());
                firings++;
            }
            long now = now();
            deadlines.forEach((key, deadline) -> assertThat(deadline)
                    .as(() -> key + " is overdue: " + story())
                    .isGreaterThan(now));
        }

        private String story() {
            return "-Dfuzz.seed=" + seed + " on " + clock + "\n" + String.join("\n", trace);
        }
    }
}
