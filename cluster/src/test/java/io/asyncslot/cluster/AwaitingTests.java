package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a wait for what happens on another node looks into the database. */
@Timeout(60)
class AwaitingTests {

    private final AtomicInteger looks = new AtomicInteger();

    @Test
    void longWait_looksLessAndLessOften_andEndsInTime() throws Exception {
        long began = System.nanoTime();
        boolean ended = Awaiting.until(() -> looks.incrementAndGet() < 0, TimeUnit.SECONDS.toNanos(3));
        assertThat(ended).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
        assertThat(looks).as("looks in 3 s, which were 150").hasValueBetween(2, 60);
    }

    @Test
    void whatHoldsAlready_takesOneLook_evenWithoutTime() throws Exception {
        assertThat(Awaiting.until(() -> looks.incrementAndGet() == 1, 0)).isTrue();
        assertThat(looks).hasValue(1);
    }

    @Test
    void whatHoldsSoon_isSeenSoon() throws Exception {
        long began = System.nanoTime();
        long holds = began + TimeUnit.MILLISECONDS.toNanos(100);
        assertThat(Awaiting.until(() -> System.nanoTime() - holds >= 0, TimeUnit.SECONDS.toNanos(30)))
                .isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    }
}
