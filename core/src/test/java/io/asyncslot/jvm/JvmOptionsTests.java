package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Options that cannot be are refused with the rule. */
class JvmOptionsTests {

    private final JvmOptions defaults = JvmOptions.defaults();

    @Test
    void defaults_neverBurnACpu() {
        assertThat(defaults)
                .isEqualTo(new JvmOptions(Duration.ZERO, Duration.ofNanos(80_000), null, Duration.ofNanos(1)));
    }

    @Test
    void limits_areAllowed() {
        assertThat(defaults.withSpin(JvmOptions.MAX_SPIN)
                        .withWakeInterval(JvmOptions.MAX_WAKE_INTERVAL)
                        .withSlice(JvmOptions.MIN_SLICE)
                        .withTimerSlack(Duration.ZERO))
                .isEqualTo(new JvmOptions(
                        Duration.ofMillis(1), Duration.ofSeconds(1), Duration.ofNanos(100_000), Duration.ZERO));
        assertThat(defaults.withSlice(Duration.ZERO)
                        .withSlice(JvmOptions.MAX_SLICE)
                        .slice())
                .isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void beyondLimits_isRefusedWithTheRule() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withSpin(Duration.ofMillis(2)))
                .withMessage("spin is PT0.002S: it must be PT0S to PT0.001S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withWakeInterval(Duration.ofMillis(-1)))
                .withMessageContaining("wakeInterval is PT-0.001S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withSlice(Duration.ofNanos(99_999)))
                .withMessageContaining("slice is");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withTimerSlack(Duration.ofDays(1)))
                .withMessageContaining("timerSlack is PT24H");
    }

    @Test
    void words_nameTheUnitThatFits() {
        assertThat(Lever.words(Duration.ofNanos(1))).isEqualTo("1 ns");
        assertThat(Lever.words(Duration.ofNanos(30_000))).isEqualTo("30 us");
        assertThat(Lever.words(Duration.ofSeconds(1))).isEqualTo("1000 ms");
    }
}
