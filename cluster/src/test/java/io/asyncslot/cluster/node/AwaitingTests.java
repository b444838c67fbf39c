package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.spi.SystemTicker;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a wait for what happens on another node looks into the database. */
@Timeout(60)
class AwaitingTests {

    private final AtomicInteger looks = new AtomicInteger();
    private final AtomicInteger pauses = new AtomicInteger();

    private boolean until(int look, Duration limit) throws InterruptedException {
        return Awaiting.until(
                SystemTicker.instance(), () -> looks.incrementAndGet() == look, limit.toNanos(), (waited, left) -> {
                    pauses.incrementAndGet();
                    TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(10)));
                });
    }

    @Test
    void whatHoldsAlready_takesOneLook_evenWithoutTime() throws Exception {
        assertThat(until(1, Duration.ZERO)).isTrue();
        assertThat(looks).hasValue(1);
        assertThat(pauses).hasValue(0);
    }

    @Test
    void eachPauseIsFollowedByALook_alsoTheLast() throws Exception {
        assertThat(until(5, Duration.ofSeconds(50))).isTrue();
        assertThat(pauses).hasValue(4);
    }

    @Test
    void whatDoesNotHold_endsInTime_andNotBefore() throws Exception {
        long began = System.nanoTime();
        assertThat(until(-1, Duration.ofMillis(300))).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        assertThat(looks.get()).isEqualTo(pauses.get() + 1);
    }
}
