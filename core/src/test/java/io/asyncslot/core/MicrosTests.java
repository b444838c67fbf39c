package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MicrosTests {

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 1, 1", "0, 999, 1", "0, 1000, 1", "0, 1001, 2", "1, 0, 1", "999, 1, 1", "999, 2, 2"})
    void after_roundsUp_soThatNothingIsEarly(long now, long delay, long deadline) {
        assertThat(Micros.after(now, Duration.ofNanos(delay))).isEqualTo(deadline);
        assertThat(Micros.toNanos(deadline)).isGreaterThanOrEqualTo(now + delay);
    }

    @Test
    void after_delaysOfCenturies_saturate() {
        long latest = 1L << 62;
        assertThat(Micros.after(0, Duration.ofSeconds(Long.MAX_VALUE, 999_999_999)))
                .isEqualTo(Micros.NEVER);
        assertThat(Micros.after(latest, Duration.ofDays(365_000))).isEqualTo(Micros.NEVER);
        assertThat(Micros.after(latest, Duration.ofSeconds(Micros.NEVER / 1_000_000)))
                .isEqualTo(Micros.NEVER);
        assertThat(Micros.after(latest, Duration.ofSeconds(Micros.NEVER / 1_000_000 + 1)))
                .isEqualTo(Micros.NEVER);
        assertThat(Micros.after(0, Duration.ofDays(50_000))).isEqualTo(50_000L * 86_400_000_000L);
    }

    @Test
    void of_instants_roundUpAndSaturate() {
        assertThat(Micros.of(Instant.EPOCH)).isZero();
        assertThat(Micros.of(Instant.ofEpochSecond(1, 1))).isEqualTo(1_000_001);
        assertThat(Micros.of(Instant.ofEpochSecond(1, 999_999_999))).isEqualTo(2_000_000);
        assertThat(Micros.of(Instant.ofEpochSecond(-1, 999_999_999))).isZero();
        assertThat(Micros.of(Instant.MIN)).isZero();
        assertThat(Micros.of(Instant.MAX)).isEqualTo(Micros.NEVER);
        assertThat(Micros.of(Micros.toInstant(Micros.NEVER))).isEqualTo(Micros.NEVER);
        assertThat(Micros.of(Micros.toInstant(Micros.NEVER).plusNanos(1))).isEqualTo(Micros.NEVER);
    }

    @Test
    void floor_roundsDown() {
        assertThat(Micros.floor(999)).isZero();
        assertThat(Micros.floor(1_000)).isEqualTo(1);
        assertThat(Micros.floor(1_999)).isEqualTo(1);
    }

    @Test
    void conversions_areEachOthersInverse() {
        for (long micros : new long[] {0, 1, 999_999, 1_000_000, 1_700_000_000_123_456L, Micros.NEVER}) {
            assertThat(Micros.of(Micros.toInstant(micros))).isEqualTo(micros);
            assertThat(Micros.span(Micros.toDuration(micros))).isEqualTo(micros);
        }
    }
}
