package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.backend.Micros;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slots whose interval goes on: who frees them afterwards, whatever happens meanwhile. */
@Timeout(60)
class IntervalsTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TEN = Duration.ofSeconds(10);

    private final Bench bench = new Bench();
    private final List<Object> ran = new ArrayList<>();

    @AfterEach
    void close() {
        bench.close();
    }

    private LocalValueWorkSlots<String, String> carrying(
            SlotCallback<String> callback, UnaryOperator<WorkMapSpec.Builder<String>> more) {
        bench.registry.register(more.apply(WorkMapSpec.named("w", String.class)
                        .values(SlotValues.last(String.class))
                        .callback(callback)
                        .minInterval(TEN))
                .build());
        return (LocalValueWorkSlots<String, String>) bench.registry.works("w", String.class, String.class);
    }

    @Test
    void deleteWithinTheInterval_leavesNothingToSweep() throws InterruptedException {
        WorkSlots<String> slots = bench.works(String.class, (key, firing) -> {}, spec -> spec.minInterval(TEN));
        slots.submit("a");
        slots.submit("b");
        bench.settle();
        assertThat(slots.delete("a")).isEqualTo(DeleteOutcome.DELETED);
        assertTimeoutPreemptively(
                SECOND.multipliedBy(5),
                () -> assertThat(slots.stats().slots()).as("after a delete").isOne());
        assertThat(slots.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
        assertTimeoutPreemptively(
                SECOND.multipliedBy(5),
                () -> assertThat(slots.stats().slots()).as("after a close").isZero());
        bench.settle();
        assertThat(slots.stats().references()).isZero();
    }

    /** Else the queue would keep keys that are gone until their intervals are over. */
    @Test
    void deletedSlot_leavesTheQueueBeforeItsIntervalIsOver() {
        LocalValueWorkSlots<String, String> map = carrying((key, firing) -> ran.add(firing.value()), spec -> spec);
        map.submit("a", "1");
        bench.settle();
        ValueBlock<String> block = (ValueBlock<String>) map.lookUp("a");
        assertThat(block).isNotNull();
        assertThat(block.queuedUntil).isPositive();
        map.delete("a");
        map.sweep(Integer.MAX_VALUE);
        assertThat(block.queuedUntil).isZero();
    }

    /** The slot is out of the queue, and whoever makes it idle cannot see that its interval is over. */
    @Test
    void cancelWhileTheClockFails_leavesTheSlotToALaterSweep() {
        LocalValueWorkSlots<String, String> map = carrying((key, firing) -> ran.add(firing.value()), spec -> spec);
        map.submit("a", "1");
        bench.settle();
        map.submit("a", "2");
        bench.ticker.advance(TEN);
        map.sweep(Integer.MAX_VALUE);
        bench.ticker.onRead(() -> {
            throw new IllegalStateException("the clock fails");
        });
        assertThat(map.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
        bench.ticker.onRead(() -> {});
        assertThat(map.stats().slots()).isZero();
        assertThat(ran).containsExactly("1");
    }

    @Test
    void takeDuringARun_takesNothingFromItsNextAttempt() {
        List<LocalValueWorkSlots<String, String>> map = new ArrayList<>();
        map.add(carrying(
                (key, firing) -> {
                    ran.add(firing.value());
                    if (ran.size() == 1) {
                        assertThat(map.get(0).submit(key, "later")).isEqualTo(SubmitOutcome.SUBMITTED);
                        assertThat(map.get(0).take(key)).contains("later");
                        firing.retry(SECOND);
                        throw new IllegalStateException("the first attempt fails");
                    }
                },
                spec -> spec));
        map.get(0).submit("a", "first");
        bench.settle();
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("first", "first");
    }

    @Test
    void takeAfterTheInterval_freesAKeptSlotToo() {
        LocalValueWorkSlots<String, String> map =
                carrying((key, firing) -> ran.add(firing.value()), spec -> spec.whenIdle(WhenIdle.KEEP));
        map.submit("a", "1");
        bench.settle();
        map.submit("a", "2");
        assertThat(map.take("a")).contains("2");
        assertThat(map.find("a")).as("its interval goes on").isPresent();
        bench.advance(TEN);
        map.submit("a", "3");
        assertThat(map.take("a")).contains("3");
        assertThat(map.find("a")).isEmpty();
        assertThat(ran).containsExactly("1");
    }

    /** The take has read the clock and waits for the monitor; the interval ends, and a sweep finds the slot armed. */
    @Test
    void takeThatEndsAfterTheInterval_freesTheSlot() throws InterruptedException {
        LocalValueWorkSlots<String, String> map = carrying((key, firing) -> ran.add(firing.value()), spec -> spec);
        map.submit("a", "1");
        bench.settle();
        map.submit("a", "2");
        ControlBlock<String> block = map.lookUp("a");
        assertThat(block).isNotNull();
        Thread taker;
        synchronized (block) {
            taker = Race.thread(() -> assertThat(map.take("a")).contains("2"));
            assertThat(Race.endedOrBlocked(taker)).isFalse();
            bench.ticker.advance(TEN);
            map.sweep(Integer.MAX_VALUE);
        }
        taker.join();
        assertThat(map.find("a")).isEmpty();
        assertThat(map.stats().slots()).isZero();
    }

    /** A run has found the slot in the queue and has not begun; a sweep takes it out, and reads the end of its interval. */
    @Test
    void sweepInTheMiddleOfABegin_putsTheSlotBack() throws Exception {
        LocalValueWorkSlots<String, String> map = carrying((key, firing) -> ran.add(firing.value()), spec -> spec);
        map.submit("a", "1");
        bench.settle();
        map.submit("a", "2");
        bench.ticker.advance(TEN);
        ValueBlock<String> block = (ValueBlock<String>) map.lookUp("a");
        assertThat(block).isNotNull();
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch further = new CountDownLatch(1);
        FiredRun.Carrying run = new FiredRun.Carrying(new FiredRun.Copy() {
            @Override
            public long touchedUntil() {
                inside.countDown();
                try {
                    further.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return 0;
            }

            @Override
            public void beginning(FiredRun fired) {}
        });
        run.nanos = bench.ticker.monotonicNanos();
        Thread worker = Race.thread(
                () -> assertThat(block.begin(Micros.floor(run.nanos), run)).isEqualTo(StateWord.Beginning.BEGUN));
        inside.await();
        Thread sweeper = Race.thread(() -> map.sweep(1));
        assertThat(Race.endedOrBlocked(sweeper)).isFalse();
        further.countDown();
        worker.join();
        sweeper.join();
        assertThat(block.queuedUntil).as("the end of the new interval").isEqualTo(block.notBefore());
        block.endFire();
    }

    /** A sweep meets the moment in which a run begins: the slot waits for the end of the new interval. */
    @Test
    void sweepWhileARunBegins_leavesTheSlotInTheQueue() throws Exception {
        Duration interval = Duration.ofMillis(1); // so short that hardly any hand-over comes with a sweep of its own
        WorkSlots<String> slots = bench.works(String.class, (key, firing) -> {}, spec -> spec.minInterval(interval));
        LocalSlots<String> map = (LocalSlots<String>) slots;
        try (Race race = new Race()) {
            for (int round = 0; race.goesOn(round, 50_000); round++) {
                slots.submit("a");
                bench.settle();
                slots.submit("a");
                bench.advance(interval);
                race.run(bench.hand::runNext, () -> map.sweep(64));
                bench.ticker.advance(interval);
                assertThat(slots.stats().slots()).as("round " + round).isZero();
            }
        }
    }
}
