package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.backend.Micros;
import io.asyncslot.fixture.ManualTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When the driver wakes: merged wake-ups are never early, never later than the interval, and at most one in it. */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a spin that hears nobody heeds no interrupt
class DriverSleepTests {

    private static final Duration INTERVAL = Duration.ofNanos(30_000);

    private final ManualTicker ticker = new ManualTicker();
    private final List<Long> parks = new ArrayList<>();

    @Test
    void plain_wakesAtTheDeadline() {
        DriverSleep sleep = sleep(JvmOptions.defaults());
        assertThat(sleep.watch(100)).isEqualTo(100);
        sleep.until(100, () -> true);
        sleep.until(103, () -> true);
        assertThat(parks).containsExactly(100_000L, 3_000L);
        assertThat(micros()).isEqualTo(103);
    }

    @Test
    void whatIsDue_isNotSleptOver() {
        DriverSleep sleep = sleep(merging());
        sleep.until(100, () -> true);
        sleep.until(100, () -> true);
        sleep.until(Long.MIN_VALUE, () -> true);
        assertThat(parks).containsExactly(100_000L);
    }

    @Test
    void nothingPending_parksWithoutLimit() {
        DriverSleep sleep = new DriverSleep(ticker, merging(), parks::add);
        sleep.until(Micros.NEVER, () -> true);
        assertThat(parks).containsExactly(Long.MAX_VALUE);
    }

    @Test
    void merging_secondDeadlineWithinTheInterval_waitsForItsEnd() {
        DriverSleep sleep = sleep(merging());
        sleep.until(100, () -> true);
        sleep.until(105, () -> true);
        assertThat(micros()).isEqualTo(130);
        sleep.until(200, () -> true);
        assertThat(micros()).isEqualTo(200);
    }

    @Test
    void merging_withinTheInterval_asksForNoEarlierDeadline() {
        DriverSleep sleep = sleep(merging());
        sleep.until(100, () -> true);
        assertThat(sleep.watch(130)).isLessThan(0);
        assertThat(sleep.watch(131)).isEqualTo(131);
        assertThat(sleep.watch(Micros.NEVER)).isEqualTo(Micros.NEVER);
    }

    @Test
    void merging_anyDeadlines_neverEarlyAtMostTheIntervalLateAndOneWakeUpInIt() {
        DriverSleep sleep = sleep(merging());
        Random random = new Random(42);
        long due = 0;
        long wokeAt = -1_000;
        int merged = 0;
        for (int i = 0; i < 100_000; i++) {
            due += 1 + random.nextInt(i % 2 == 0 ? 20 : 200);
            if (due > micros()) {
                sleep.until(due, () -> true);
                assertThat(micros()).isBetween(due, due + 30);
                assertThat(micros() - wokeAt).isGreaterThanOrEqualTo(30);
                wokeAt = micros();
            } else {
                merged++;
            }
        }
        assertThat(merged).isGreaterThan(1_000);
    }

    @Test
    void spin_parksUntilThatMuchBeforeAndSpinsTheRest() {
        DriverSleep sleep = sleep(spinning());
        AtomicInteger turns = new AtomicInteger();
        sleep.until(100, () -> {
            turns.incrementAndGet();
            ticker.advance(Duration.ofNanos(1_000));
            return true;
        });
        assertThat(parks).containsExactly(20_000L);
        assertThat(turns).hasValue(80);
        assertThat(micros()).isEqualTo(100);
    }

    @Test
    void spin_deadlineWithinTheStretch_doesNotPark() {
        DriverSleep sleep = sleep(spinning());
        sleep.until(50, () -> {
            ticker.advance(Duration.ofNanos(500));
            return true;
        });
        assertThat(parks).isEmpty();
        assertThat(micros()).isEqualTo(50);
    }

    @Test
    void spin_wokenMeanwhile_endsAtOnce() {
        DriverSleep sleep = sleep(spinning());
        AtomicInteger turns = new AtomicInteger();
        sleep.until(100, () -> turns.incrementAndGet() < 4);
        assertThat(turns).hasValue(4);
        assertThat(micros()).isEqualTo(20);
    }

    @Test
    void spin_parkEndedTooEarly_doesNotSpinAheadOfTheStretch() {
        AtomicInteger turns = new AtomicInteger();
        DriverSleep sleep = new DriverSleep(ticker, spinning(), nanos -> {});
        sleep.until(1_000, () -> {
            turns.incrementAndGet();
            return true;
        });
        assertThat(turns).hasValue(1);
        assertThat(micros()).isZero();
    }

    @Test
    void spinAndMerging_together() {
        DriverSleep sleep = sleep(spinning().withWakeInterval(INTERVAL));
        for (long due : new long[] {100, 105, 200}) {
            sleep.until(due, () -> {
                ticker.advance(Duration.ofNanos(1_000));
                return true;
            });
        }
        assertThat(parks).containsExactly(20_000L); // 105 waits until 130, and 200 is 70 from there: both spun
        assertThat(micros()).isEqualTo(200);
    }

    private DriverSleep sleep(JvmOptions options) {
        return new DriverSleep(ticker, options, nanos -> {
            parks.add(nanos);
            ticker.advance(Duration.ofNanos(nanos));
        });
    }

    private static JvmOptions merging() {
        return JvmOptions.defaults().withWakeInterval(INTERVAL);
    }

    private static JvmOptions spinning() {
        return JvmOptions.defaults().withSpin(Duration.ofNanos(80_000));
    }

    private long micros() {
        return ticker.monotonicNanos() / 1_000;
    }
}
