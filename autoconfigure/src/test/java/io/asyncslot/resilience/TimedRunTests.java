package io.asyncslot.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.spi.SystemTicker;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The interrupt of a time limiter meets its own callback and nothing else. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TimedRunTests {

    private static final SlotFiring FIRING = org.mockito.Mockito.mock(SlotFiring.class);
    private static final int ROUNDS = 20_000;
    private static final long LONGEST_NANOS = 1_000_000_000L;

    @Test
    void alarm_duringTheRun_interruptsIt() {
        TimedRun run = new TimedRun();
        run.run();
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(run.end()).isTrue();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void alarm_afterTheRun_doesNothing() {
        TimedRun run = new TimedRun();
        assertThat(run.end()).isFalse();
        run.run();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void interruptOfSomebodyElse_stays() {
        TimedRun run = new TimedRun();
        Thread.currentThread().interrupt();
        assertThat(run.end()).isFalse();
        assertThat(Thread.interrupted()).isTrue();
    }

    /**
     * T1: the end of the callback. T2: the alarm.
     *
     * <p>Alarm first: the run timed out. End first: it did not. In no order is the thread interrupted afterwards.
     */
    @Test
    void alarmAgainstTheEnd_leavesNoInterruptBehind() throws Exception {
        AtomicReference<TimedRun> current = new AtomicReference<>();
        CyclicBarrier gate = new CyclicBarrier(2);
        Thread other = new Thread(() -> {
            try {
                for (gate.await(); current.get() != null; gate.await()) {
                    current.get().run();
                    gate.await();
                }
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        other.setDaemon(true);
        other.start();
        int alarmFirst = 0;
        int endFirst = 0;
        long began = System.nanoTime();
        for (int round = 1; goesOn(round, System.nanoTime() - began, alarmFirst, endFirst); round++) {
            TimedRun run = new TimedRun();
            current.set(run);
            gate.await();
            for (int i = 0; i < (round & 1023); i++) {
                Thread.onSpinWait();
            }
            if (run.end()) {
                alarmFirst++;
            } else {
                endFirst++;
            }
            boolean interrupted = Thread.interrupted();
            gate.await();
            assertThat(interrupted || Thread.interrupted())
                    .as("interrupted after round %d", round)
                    .isFalse();
        }
        current.set(null);
        gate.await();
        other.join();
        Assumptions.assumeTrue(
                alarmFirst > 0 && endFirst > 0, "SKIPPED: the machine did not show both orders of alarm and end");
    }

    /** For a time rather than a number of rounds, which a busy machine draws out; longer while an order is missing. */
    private static boolean goesOn(int round, long nanos, int alarmFirst, int endFirst) {
        return nanos < LONGEST_NANOS
                ? round <= ROUNDS
                : nanos < 7 * LONGEST_NANOS && (alarmFirst == 0 || endFirst == 0);
    }

    @Test
    void timeLimiter_alarmIsTakenBack_andEventsAreItsOwn() throws Exception {
        TimeLimiter limiter = TimeLimiter.of(
                "calls",
                TimeLimiterConfig.custom().timeoutDuration(Duration.ofHours(1)).build());
        List<String> seen = new ArrayList<>();
        limiter.getEventPublisher()
                .onSuccess(event -> seen.add("success"))
                .onError(event -> seen.add("error"))
                .onTimeout(event -> seen.add("timeout"));
        AtomicReference<Runnable> set = new AtomicReference<>();
        Alarm alarm = (after, action) -> {
            seen.add("set for " + after);
            set.set(action);
            return () -> seen.add("taken back");
        };
        TimeLimiterGuard guard = new TimeLimiterGuard(limiter, alarm, SystemTicker.instance());
        guard.call("k", FIRING, (key, firing) -> {});
        SlotCallback<Object> failing = (key, firing) -> {
            throw new IllegalStateException("own");
        };
        assertThatThrownBy(() -> guard.call("k", FIRING, failing)).hasMessage("own");
        SlotCallback<Object> slow = (key, firing) -> {
            set.get().run();
            Thread.sleep(60_000);
        };
        assertThatThrownBy(() -> guard.call("k", FIRING, slow))
                .isInstanceOf(TimeoutException.class)
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .hasOnlyElementsOfType(InterruptedException.class)
                        .hasSize(1));
        assertThat(seen)
                .containsExactly(
                        "set for PT1H",
                        "taken back",
                        "success",
                        "set for PT1H",
                        "taken back",
                        "error",
                        "set for PT1H",
                        "taken back",
                        "timeout");
        assertThat(Thread.interrupted()).isFalse();
    }
}
