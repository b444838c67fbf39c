package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotClock;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What fell due while the timer thread stood still fires in the order of its deadlines, wherever it was by then. */
class StallTests {

    private static final int SLOTS = 1_000;
    private static final Duration STALL = Duration.ofMillis(450);

    private final Bench bench = new Bench(Runnable::run);
    private final List<Integer> fired = new ArrayList<>();

    @AfterEach
    void close() {
        bench.close();
    }

    private TimerSlots<Integer> map(SlotClock clock) {
        return bench.timers(Integer.class, (key, firing) -> fired.add(key), spec -> spec.clock(clock));
    }

    private static List<Integer> shuffled(int from, int to) {
        List<Integer> numbers =
                new ArrayList<>(IntStream.range(from, to).boxed().toList());
        Collections.shuffle(numbers, new Random(4));
        return numbers;
    }

    private void stall(Duration span) {
        bench.ticker.advance(span);
        bench.backend.pump();
    }

    private static Duration micros(int micros) {
        return Duration.ofNanos(micros * 1_000L);
    }

    @ParameterizedTest
    @EnumSource(SlotClock.class)
    void armedDuringTheStall(SlotClock clock) {
        TimerSlots<Integer> slots = map(clock);
        slots.start(-1, Duration.ZERO);
        stall(Duration.ofHours(1)); // the wheel has turned
        for (int key : shuffled(0, SLOTS)) {
            slots.start(key, micros(400 * key));
        }
        stall(STALL);
        assertThat(fired).hasSize(SLOTS + 1).isSorted();
    }

    /** What was sorted in before callbacks were stopped is not all that is there when they are handed over again. */
    @Test
    void armedWhileStopped_inTheMiddleOfAStall() {
        TimerSlots<Integer> slots = bench.timers(Integer.class, (key, firing) -> {
            fired.add(key);
            if (key == -2) {
                bench.backend.stop(Duration.ZERO);
            }
        });
        slots.start(-2, Duration.ZERO);
        slots.start(-1, micros(1));
        stall(STALL);
        assertThat(fired).containsExactly(-2);
        for (int key : shuffled(0, SLOTS)) {
            slots.start(key, micros(400 * key));
        }
        bench.ticker.advance(STALL);
        bench.backend.start();
        bench.backend.pump();
        assertThat(fired).hasSize(SLOTS + 2).isSorted();
    }

    @Test
    void armedBeforeAndDuringTheStall() {
        TimerSlots<Integer> slots = map(SlotClock.MONOTONIC);
        List<Integer> keys = shuffled(0, SLOTS);
        for (int key : keys.subList(0, SLOTS / 2)) {
            slots.start(key, micros(1_000 + 400 * key));
        }
        bench.backend.pump(); // taken in: in the heap, and in buckets of a millisecond and of a quarter of a second
        for (int key : keys.subList(SLOTS / 2, SLOTS)) {
            slots.start(key, micros(1_000 + 400 * key));
        }
        stall(STALL);
        assertThat(fired).hasSize(SLOTS).isSorted();
    }

    @Test
    void farApart_throughManyBuckets() {
        TimerSlots<Integer> slots = map(SlotClock.MONOTONIC);
        for (int key : shuffled(0, SLOTS)) {
            slots.start(key, Duration.ofMillis(100L * key));
        }
        bench.backend.pump();
        stall(Duration.ofMinutes(5));
        assertThat(fired).hasSize(SLOTS).isSorted();
    }

    /** A crowd behind what is due: it is sorted in once, and what comes afterwards takes its turn. */
    @Test
    void callbacksThatArmMoreAreNotWaitedFor() {
        List<TimerSlots<Integer>> self = new ArrayList<>();
        self.add(bench.timers(
                Integer.class,
                (key, firing) -> {
                    fired.add(key);
                    if (key < 100) {
                        self.get(0).start(key + SLOTS, Duration.ZERO);
                    }
                },
                spec -> spec));
        for (int key : shuffled(0, 100)) {
            self.get(0).start(key, micros(400 * key));
        }
        stall(STALL);
        assertThat(fired).hasSize(200).startsWith(IntStream.range(0, 64).boxed().toArray(Integer[]::new));
    }
}
