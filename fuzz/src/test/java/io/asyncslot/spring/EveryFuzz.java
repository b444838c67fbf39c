package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.backend.Micros;
import io.asyncslot.fuzz.FuzzInput;
import io.asyncslot.test.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Periods and delays: refused, or a series that is on time however time goes on. */
public final class EveryFuzz {

    private static final int STEPS = 8;
    private static final long MOST_PERIODS = 20;

    private EveryFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        LatePolicy late = input.one(LatePolicy.values());
        SlotClock clock = input.one(SlotClock.values());
        long[] steps = new long[STEPS];
        for (int i = 0; i < STEPS; i++) {
            steps[i] = input.wideNumber();
        }
        List<SlotFiring> fired = new ArrayList<>();
        Duration period;
        TimerMapSpec<String> spec;
        try {
            period = SlotDurations.parse(input.rest());
            spec = TimerMapSpec.named("fuzz", String.class)
                    .every(period)
                    .late(late)
                    .clock(clock)
                    .callback((key, firing) -> fired.add(firing))
                    .build();
        } catch (IllegalArgumentException e) {
            return;
        }
        series(spec, period, steps, fired);
    }

    private static void series(TimerMapSpec<String> spec, Duration period, long[] steps, List<SlotFiring> fired) {
        long micros = Micros.span(period);
        try (ManualTime time = ManualTime.create()) {
            TimerSlots<String> slots = time.registry().register(spec);
            assertThat(slots.start("key")).isEqualTo(StartOutcome.STARTED);
            long passed = 0;
            for (long step : steps) { // as 1/65,536 of twenty periods
                long span = Math.min(micros, Long.MAX_VALUE >> 25) * MOST_PERIODS * step >> 16;
                time.advance(Micros.toDuration(Math.min(span, Micros.NEVER >> 6)));
                passed += Math.min(span, Micros.NEVER >> 6);
                assertThat((long) fired.size()).isEqualTo(micros == Micros.NEVER ? 0 : passed / micros);
            }
            long generation = 0;
            for (SlotFiring firing : fired) {
                assertThat(firing.lateness()).isZero();
                assertThat(firing.generation()).isGreaterThan(generation);
                generation = firing.generation();
            }
        }
    }
}
