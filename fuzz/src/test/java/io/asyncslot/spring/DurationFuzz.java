package io.asyncslot.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.backend.Limits;
import io.asyncslot.backend.Micros;
import io.asyncslot.fuzz.FuzzInput;
import java.time.Duration;

/** Durations as annotations and requests write them: read, or refused by name; as a deadline never early. */
public final class DurationFuzz {

    private DurationFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        String text = new FuzzInput(bytes).rest();
        Duration duration;
        try {
            duration = SlotDurations.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining(SlotDurations.RULE);
            return;
        }
        assertThat(duration).isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(SlotDurations.parse(duration.toString())).isEqualTo(duration);
        long micros = Micros.span(duration);
        assertThat(micros).isBetween(0L, Micros.NEVER);
        if (micros < Micros.NEVER) {
            assertThat(Micros.toDuration(micros)).isBetween(duration, duration.plusNanos(999));
        }
        assertThat(Micros.after(Long.MAX_VALUE / 4, duration)).isBetween(micros, Micros.NEVER);
        assertThat(Limits.nanos(duration)).isNotNegative();
    }
}
