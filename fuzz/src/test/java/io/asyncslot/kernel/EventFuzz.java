package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotFiring;
import io.asyncslot.fuzz.FuzzInput;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** Events that are anything, between operations: each armed slot fires once, at its deadline, and no other one does. */
public final class EventFuzz {

    private static final int KEYS = 5;
    private static final int MOST_STEPS = 60;

    private EventFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        ManualTicker ticker = new ManualTicker(Instant.parse("2026-01-01T00:00:00Z"));
        FuzzKernel kernel = new FuzzKernel(ticker);
        Map<Long, Long> deadlines = new HashMap<>();
        int seen = 0;
        try (FuzzApplication process = new FuzzApplication(kernel, ticker)) {
            for (int i = 0; i < MOST_STEPS; i++) {
                step(kernel, process, input, deadlines, ticker.monotonicNanos());
                seen = check(process, seen, deadlines, ticker.monotonicNanos());
            }
            process.pass(256);
            check(process, seen, deadlines, ticker.monotonicNanos());
            assertThat(deadlines).as("lost").isEmpty();
            process.look();
        }
    }

    private static void step(
            FuzzKernel kernel, FuzzApplication process, FuzzInput input, Map<Long, Long> deadlines, long now) {
        long key = input.number() % KEYS;
        switch (input.number() % 6) {
            case 0, 1 -> {
                int seconds = 1 + input.number() % 200;
                process.numbers.start(key, Duration.ofSeconds(seconds));
                deadlines.put(key, now + seconds * 1_000_000_000L);
            }
            case 2 -> {
                process.numbers.delete(key);
                deadlines.remove(key);
            }
            case 3 -> process.pass(input.number() % 16);
            case 4 -> kernel.events.add(new long[] {(int) input.longNumber(), input.longNumber(), input.longNumber()});
            default -> {
                kernel.events.add(new long[] {input.number() % FuzzKernel.CAPACITY, input.longNumber(), now});
                process.settle();
            }
        }
    }

    private static int check(FuzzApplication process, int seen, Map<Long, Long> deadlines, long now) {
        for (int i = seen; i < process.fired.size(); i++) {
            SlotFiring firing = process.fired.get(i);
            assertThat(deadlines.remove(firing.key()))
                    .as("%s", firing)
                    .isNotNull()
                    .isLessThanOrEqualTo(now);
            assertThat(firing.lateness()).isZero();
        }
        assertThat(deadlines.values()).as("late").allMatch(deadline -> deadline >= now);
        return process.fired.size();
    }
}
