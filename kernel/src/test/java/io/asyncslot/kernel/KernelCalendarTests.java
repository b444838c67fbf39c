package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotClock;
import io.asyncslot.SlotSchedule;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.test.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The wall clock is set while slots of the kernel wait for points of it: each point has one run, also over a restart. */
class KernelCalendarTests {

    private static final Instant WALL = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOURS = Duration.ofHours(2);
    private static final SlotSchedule MINUTELY =
            after -> after.truncatedTo(ChronoUnit.MINUTES).plus(MINUTE);
    private static final String KEY = "key";

    private final ManualTicker ticker = new ManualTicker(WALL);
    private final SimulatedKernel kernel = new SimulatedKernel(ticker, 8, 32);
    private final List<Instant> points = new ArrayList<>();

    private SimulatedApplication process(SimulatedKernel machine, boolean pinned) {
        SimulatedApplication process = new SimulatedApplication(machine, ticker, KernelOptions.defaults(), pinned);
        process.callback = firing -> points.add(firing.deadline());
        return process.start();
    }

    private static TimerSlots<String> map(
            SimulatedApplication process, UnaryOperator<TimerMapSpec.Builder<String>> series) {
        return process.registry.register(series.apply(process.spec("t")).build());
    }

    private static TimerMapSpec.Builder<String> cron(TimerMapSpec.Builder<String> spec) {
        return spec.schedule(MINUTELY);
    }

    private void set(Duration by) {
        ticker.setWallClock(Instant.ofEpochSecond(0, ticker.realtimeNanos()).plus(by));
    }

    private static Instant minute(int number) {
        return WALL.plus(MINUTE.multipliedBy(number));
    }

    private static List<Instant> minutes(int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(KernelCalendarTests::minute)
                .toList();
    }

    private static TimerMapSpec.Builder<String> series(String name, TimerMapSpec.Builder<String> spec) {
        return name.equals("cron") ? cron(spec) : spec.every(MINUTE).clock(SlotClock.REALTIME);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cron", "every"})
    void aheadForFiveSeconds_eachPointOfTheNextTenMinutesHasOneRun(String series) {
        try (SimulatedApplication process = process(kernel, false)) {
            map(process, spec -> series(series, spec)).start(KEY);
            process.pass(Duration.ofSeconds(10));
            set(HOURS);
            process.pass(Duration.ofSeconds(5));
            set(HOURS.negated());
            process.pass(Duration.ofMinutes(10));
            assertThat(points.stream().filter(point -> point.isBefore(minute(11))))
                    .containsExactlyElementsOf(minutes(1, 10));
            assertThat(points).doesNotHaveDuplicates();
        }
    }

    @Test
    void setBack_pointsThatRanDoNotRunAgain() {
        try (SimulatedApplication process = process(kernel, false)) {
            map(process, KernelCalendarTests::cron).start(KEY);
            process.pass(MINUTE.multipliedBy(5).plus(SECOND));
            set(MINUTE.multipliedBy(-3));
            process.pass(MINUTE.multipliedBy(5));
            assertThat(points).containsExactlyElementsOf(minutes(1, 7));
        }
    }

    @Test
    void setForward_aPointThatIsPassedRunsAtOnce_andTheNextOnTime() {
        try (SimulatedApplication process = process(kernel, false)) {
            map(process, KernelCalendarTests::cron).start(KEY);
            process.pass(Duration.ofSeconds(10));
            set(HOURS);
            process.pass(MINUTE.multipliedBy(2));
            assertThat(points).containsExactly(minute(1), minute(121), minute(122));
        }
    }

    @Test
    void setBackBeforeTheFirstRun_theDeadlineIsTheNextPoint() {
        try (SimulatedApplication process = process(kernel, false)) {
            TimerSlots<String> map = map(process, KernelCalendarTests::cron);
            set(HOURS);
            map.start(KEY);
            process.pass(Duration.ofSeconds(2));
            set(HOURS.negated());
            process.pass(Duration.ofSeconds(2));
            assertThat(map.find(KEY).orElseThrow().deadline()).isEqualTo(minute(1));
        }
    }

    /** A record keeps the last point that ran, and no gaps before it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void setBackAroundARestart_pointsThatRanDoNotRunAgain(boolean away) {
        SimulatedApplication former = process(kernel, true);
        map(former, KernelCalendarTests::cron).start(KEY);
        former.pass(MINUTE.multipliedBy(5).plus(SECOND));
        SimulatedKernel left = kernel.image(); // the process is killed
        if (away) {
            set(MINUTE.multipliedBy(-3));
        }
        try (SimulatedApplication process = process(left, true)) {
            map(process, KernelCalendarTests::cron);
            process.pass(SECOND);
            if (!away) {
                set(MINUTE.multipliedBy(-3));
            }
            process.pass(MINUTE.multipliedBy(5));
            assertThat(points).containsExactlyElementsOf(minutes(1, 7));
        }
    }
}
