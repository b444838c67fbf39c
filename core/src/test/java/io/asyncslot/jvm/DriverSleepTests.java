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
    void merging_fewWakeUps_areNotPutOff() {
        DriverSleep sleep = sleep(merging());
        for (int due = 100; due <= 100 + DriverSleep.FREE; due++) {
            assertThat(sleep.watch(due)).isEqualTo(due);
            sleep.until(due, () -> true);
            assertThat(micros()).isEqualTo(due);
        }
    }

    @Test
    void merging_thickAndFast_waitsForTheEndOfTheInterval() {
        DriverSleep sleep = sleep(merging());
        tire(sleep, 100);
        sleep.until(120, () -> true);
        assertThat(micros()).isEqualTo(130);
        sleep.until(131, () -> true);
        assertThat(micros()).isEqualTo(160);
        sleep.until(200, () -> true);
        assertThat(micros()).isEqualTo(200);
    }

    /** Others wake it before its time, as often as they like: the debt must not put a deadline off by more than an interval. */
    @Test
    void merging_wokenByOthers_isNoMoreThanAnIntervalLate() {
        DriverSleep sleep = new DriverSleep(ticker, merging(), parks::add); // time stands still: each park ends early
        for (int i = 0; i < 100; i++) {
            sleep.until(1_000_000, () -> true);
        }
        sleep.until(10, () -> true);
        assertThat(parks.get(100)).isLessThanOrEqualTo(INTERVAL.toNanos());
    }

    @Test
    void merging_withinTheInterval_asksForNoEarlierDeadline() {
        DriverSleep sleep = sleep(merging());
        tire(sleep, 100);
        assertThat(sleep.watch(130)).isLessThan(0);
        assertThat(sleep.watch(131)).isEqualTo(131);
        assertThat(sleep.watch(Micros.NEVER)).isEqualTo(Micros.NEVER);
    }

    @Test
    void merging_anyDeadlines_neverEarlyAtMostTheIntervalLateAndOneWakeUpInItInTheLongRun() {
        DriverSleep sleep = sleep(merging());
        Random random = new Random(42);
        List<Long> wokeAt = new ArrayList<>();
        long due = 0;
        int merged = 0;
        for (int i = 0; i < 100_000; i++) {
            due += 1 + random.nextInt(i % 1_000 < 500 ? 20 : 200);
            if (due > micros()) {
                sleep.until(due, () -> true);
                assertThat(micros()).isBetween(due, due + 30);
                wokeAt.add(micros());
                int former = Math.max(0, wokeAt.size() - 200);
                assertThat(wokeAt.size() - 1 - former)
                        .as("wake-ups from then on")
                        .isLessThanOrEqualTo((int) (DriverSleep.FREE + (micros() - wokeAt.get(former)) / 30));
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
        for (long due = 100; due <= 100 + DriverSleep.FREE; due++) {
            spin(sleep, due);
        }
        spin(sleep, 120);
        assertThat(micros()).as("the end of the interval").isEqualTo(130);
        spin(sleep, 200);
        assertThat(parks).containsExactly(20_000L); // to all others it was less than the stretch
        assertThat(micros()).isEqualTo(200);
    }

    private void spin(DriverSleep sleep, long due) {
        sleep.until(due, () -> {
            ticker.advance(Duration.ofNanos(1_000));
            return true;
        });
    }

    /** Wakes up as often as is not put off, each time a microsecond later. */
    private void tire(DriverSleep sleep, int from) {
        for (int due = from; due <= from + DriverSleep.FREE; due++) {
            sleep.until(due, () -> true);
        }
        parks.clear();
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
