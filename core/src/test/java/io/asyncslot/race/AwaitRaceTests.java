package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.AwaitOutcome;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotMap;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Waiting for runs: whom it waits for, when it is told, and that callbacks which wait for each other never hang. */
@Timeout(60)
class AwaitRaceTests {

    private static final Duration LONG = Duration.ofSeconds(30);

    /**
     * T1: callback 1 awaits 2. T2: callback 2 awaits 3. ... Tn: callback n awaits 1.
     *
     * <p>Announce on the target, then look at oneself: the last one to announce sees that it is awaited. At least one
     * of the ring is answered WOULD_DEADLOCK in every round, and none hangs. {@code works} of the ring are work slots.
     */
    @ParameterizedTest
    @CsvSource({"2, 0", "2, 1", "2, 2", "3, 0", "3, 1", "4, 2", "5, 5", "5, 0"})
    void ring_ofCallbacksThatAwaitEachOther_neverHangs(int size, int works) throws Exception {
        int rounds = 150;
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger waited = new AtomicInteger();
        AtomicInteger other = new AtomicInteger();
        ExecutorService executor = Executors.newFixedThreadPool(size);
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor).build()) {
            CyclicBarrier together = new CyclicBarrier(size);
            AtomicReference<CountDownLatch> ended = new AtomicReference<>();
            List<SlotMap<Integer>> ring = new ArrayList<>();
            SlotCallback<Integer> callback = (key, firing) -> {
                try {
                    together.await(20, TimeUnit.SECONDS);
                    int next = (key + 1) % size;
                    CancelOutcome outcome = ring.get(next).cancelAndAwait(next, LONG);
                    switch (outcome) {
                        case WOULD_DEADLOCK -> refused.incrementAndGet();
                        case NOT_ARMED, ABSENT -> waited.incrementAndGet();
                        default -> other.incrementAndGet();
                    }
                } finally {
                    ended.get().countDown();
                }
            };
            TimerSlots<Integer> timers = registry.register(TimerMapSpec.named("timers", Integer.class)
                    .callback(callback)
                    .build());
            WorkSlots<Integer> work = registry.register(
                    WorkMapSpec.named("work", Integer.class).callback(callback).build());
            for (int key = 0; key < size; key++) {
                ring.add(key < works ? work : timers);
            }
            registry.start();
            for (int round = 0; round < rounds; round++) {
                int before = refused.get();
                CountDownLatch latch = new CountDownLatch(size);
                ended.set(latch);
                for (int key = 0; key < size; key++) {
                    if (key < works) {
                        work.submit(key);
                    } else {
                        timers.start(key, Duration.ZERO);
                    }
                }
                assertThat(latch.await(20, TimeUnit.SECONDS))
                        .as("round %d hangs", round)
                        .isTrue();
                assertThat(refused.get())
                        .as("round %d: nobody was refused", round)
                        .isGreaterThan(before);
                for (int key = 0; key < size; key++) {
                    assertThat(ring.get(key).cancelAndAwait(key, LONG))
                            .isIn(CancelOutcome.NOT_ARMED, CancelOutcome.ABSENT);
                }
            }
            assertThat(other).hasValue(0);
            assertThat(registry.stop(LONG)).isTrue();
        } finally {
            executor.shutdownNow();
        }
        Race.reached("a callback that waited for another one", waited.get());
    }

    /** The same with maps: the callbacks of two maps close each other's map. One is refused, and both maps go on. */
    @Test
    void ring_ofCallbacksThatCloseEachOthersMaps_neverHangs() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(2);
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor).build()) {
            registry.start();
            for (int round = 0; round < 100; round++) {
                CyclicBarrier together = new CyclicBarrier(2);
                CountDownLatch ended = new CountDownLatch(2);
                List<SlotMap<String>> maps = new ArrayList<>();
                int before = refused.get();
                for (int i = 0; i < 2; i++) {
                    int otherMap = 1 - i;
                    maps.add(registry.register(TimerMapSpec.named("m" + i, String.class)
                            .callback((key, firing) -> {
                                try {
                                    together.await(20, TimeUnit.SECONDS);
                                    CloseOutcome outcome = maps.get(otherMap).close(LONG);
                                    (outcome == CloseOutcome.WOULD_DEADLOCK ? refused : closed).incrementAndGet();
                                    if (outcome == CloseOutcome.WOULD_DEADLOCK) {
                                        assertThat(ended.getCount()).isPositive();
                                    }
                                } finally {
                                    ended.countDown();
                                }
                            })
                            .build()));
                }
                for (SlotMap<String> map : maps) {
                    ((TimerSlots<String>) map).start("k", Duration.ZERO);
                }
                assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
                assertThat(refused.get()).isGreaterThan(before);
                for (SlotMap<String> map : maps) {
                    assertThat(map.close(LONG)).isEqualTo(CloseOutcome.CLOSED);
                }
            }
        } finally {
            executor.shutdownNow();
        }
        Race.reached("a close that waited for the other callback", closed.get());
    }

    /**
     * T1: worker: ends the run. T2: cancelAndAwait(k): announces itself, looks, sleeps.
     *
     * <p>T2 always wakes up, and what it finds then agrees with its answer: nothing runs.
     */
    @Test
    void awaitAgainstTheEndOfTheRun_isAlwaysToldAndAnswersTheTruth() throws Exception {
        AtomicInteger awaited = new AtomicInteger();
        AtomicInteger idle = new AtomicInteger();
        AtomicInteger running = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> running.incrementAndGet());
            for (int round = 0; race.goesOn(round, 50_000, awaited, idle); round++) {
                map.start("k", Duration.ZERO);
                bench.backend.pump();
                int before = running.get();
                race.run(bench.hand::runNext, () -> {
                    boolean begun = false;
                    for (int i = 0; i < 1_000 && !begun; i++) {
                        begun = running.get() != before;
                    }
                    boolean runs = map.cancel("k") == CancelOutcome.RUNNING;
                    CancelOutcome outcome = map.cancelAndAwait("k", LONG);
                    assertThat(outcome).isIn(CancelOutcome.NOT_ARMED, CancelOutcome.ABSENT);
                    assertThat(map.cancel("k")).as("after the wait").isEqualTo(CancelOutcome.ABSENT);
                    (runs ? awaited : idle).incrementAndGet();
                });
            }
        }
        Race.reached("waited for a run", awaited.get());
        Race.reached("came when nothing ran", idle.get());
    }

    /**
     * T1: runs k, and hangs. T2: start(k), due now, and delete(k), over and over.
     *
     * <p>What was deleted is gone, though its run waited for T1's; the next one waits all the same.
     */
    @Test
    void deletedIncarnations_behindARunThatHangs_doNotGather() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {
                runs.incrementAndGet();
                inside.countDown();
                goOn.await();
            });
            map.start("k", Duration.ZERO);
            bench.backend.pump();
            Thread first = Race.thread(bench.hand::runNext);
            inside.await();
            for (int i = 0; i < 1_000; i++) {
                map.delete("k");
                map.start("k", Duration.ZERO);
                bench.settle();
            }
            assertThat(Bench.references(map)).as("references").isLessThan(10);
            assertThat(runs).hasValue(1);
            goOn.countDown();
            first.join();
            bench.settle();
            assertThat(runs).hasValue(2);
            map.delete("k");
            bench.settle();
            assertThat(Bench.references(map)).isZero();
        }
    }

    /**
     * T1: runs k. T2: delete(k), start(k): a new incarnation, due now. T3: worker: takes up the new one while T1 goes
     * on.
     *
     * <p>Runs of one key never overlap, also across incarnations; a wait by key waits for the old run too.
     */
    @Test
    void newIncarnation_waitsForTheRunOfTheFormerOne() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        List<Long> generations = new ArrayList<>();
        AtomicInteger concurrent = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (Bench bench = new Bench()) {
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> {
                most.accumulateAndGet(concurrent.incrementAndGet(), Math::max);
                synchronized (generations) {
                    generations.add(firing.generation());
                }
                inside.countDown();
                goOn.await(5, TimeUnit.SECONDS); // that long on this very thread if it begins too early
                concurrent.decrementAndGet();
            });
            map.start("k", Duration.ZERO);
            bench.backend.pump();
            Thread first = Race.thread(bench.hand::runNext);
            inside.await();
            for (int i = 0; i < 3; i++) {
                map.delete("k");
                map.start("k", Duration.ZERO);
                bench.settle();
            }
            assertThat(generations).hasSize(1);
            assertThat(map.cancelAndAwait("k", Duration.ofMillis(5))).isEqualTo(CancelOutcome.TIMED_OUT);
            map.start("k", Duration.ZERO);
            bench.settle();
            goOn.countDown();
            first.join();
            bench.settle();
            assertThat(generations).hasSize(2).isSorted();
            assertThat(most).hasValue(1);
            map.delete("k");
            bench.settle();
            assertThat(map.stats().references()).isZero();
            assertThat(map.close(LONG)).isEqualTo(CloseOutcome.CLOSED);
        }
    }

    /**
     * T1: ends the run of the old incarnation, hands over who waits for it. T2: worker of the new incarnation: parks
     * with the old one, looks again.
     *
     * <p>The new run begins exactly once, whichever is first.
     */
    @Test
    void parkingAgainstTheEndOfTheFormerRun_runsOnce() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        AtomicInteger overlap = new AtomicInteger();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger parked = new AtomicInteger();
        AtomicInteger free = new AtomicInteger();
        AtomicReference<Runnable> duringFirst = new AtomicReference<>(() -> {});
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> {
                if (inside.incrementAndGet() != 1) {
                    overlap.incrementAndGet();
                }
                runs.incrementAndGet();
                duringFirst.getAndSet(() -> {}).run();
                inside.decrementAndGet();
            });
            for (int round = 0; race.goesOn(round, 30_000, parked, free); round++) {
                int key = round;
                map.start(key, Duration.ZERO);
                bench.backend.pump();
                Runnable first = bench.hand.take();
                runs.set(0);
                CountDownLatch ready = new CountDownLatch(1);
                duringFirst.set(() -> {
                    map.delete(key);
                    map.start(key, Duration.ZERO);
                    bench.backend.pump();
                    ready.countDown();
                    for (int i = key & 255; i > 0; i--) {
                        Thread.onSpinWait();
                    }
                });
                race.run(first::run, () -> {
                    ready.await();
                    int before = runs.get();
                    bench.hand.take().run();
                    (runs.get() == before ? parked : free).incrementAndGet();
                });
                bench.hand.runAll();
                assertThat(runs).as("round %d", round).hasValue(2);
                map.delete(key);
            }
            bench.settle();
            assertThat(overlap).hasValue(0);
            assertThat(map.stats().references()).isZero();
        }
        Race.reached("parked with the former run", parked.get());
        Race.reached("the former run had ended", free.get());
    }

    /**
     * T1: runs k, and k again at once. T2: awaits the first run.
     *
     * <p>T2 is told of the end of that run, though the next one has begun before T2 wakes up.
     */
    @Test
    void awaitOfARun_whileTheNextOneHasBegun_doesNotWaitForThat() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch firstGoesOn = new CountDownLatch(1);
        CountDownLatch second = new CountDownLatch(1);
        CountDownLatch secondGoesOn = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        AtomicReference<AwaitOutcome> answer = new AtomicReference<>();
        try (Bench bench = new Bench()) {
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> {
                boolean isFirst = runs.incrementAndGet() == 1;
                (isFirst ? first : second).countDown();
                (isFirst ? firstGoesOn : secondGoesOn).await();
            });
            map.submit("k");
            Thread worker = Race.thread(() -> {
                bench.hand.runNext();
                bench.settle();
            });
            first.await();
            Thread waiter = Race.thread(() -> answer.set(map.awaitRun("k", LONG)));
            await().until(() -> waiter.getState() == Thread.State.TIMED_WAITING);
            map.submit("k");
            firstGoesOn.countDown();
            second.await();
            waiter.join(10_000);
            assertThat(answer).as("while the second run goes on").hasValue(AwaitOutcome.ENDED);
            secondGoesOn.countDown();
            worker.join();
        }
        assertThat(runs).hasValue(2);
    }

    /** T1: runs k. T2: closes the map, and sleeps until T1 has ended. */
    @Test
    void close_duringARun_isToldOfItsEnd() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<CloseOutcome> answer = new AtomicReference<>();
        try (Bench bench = new Bench()) {
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> {
                inside.countDown();
                goOn.await();
            });
            map.submit("k");
            Thread worker = Race.thread(bench.hand::runNext);
            inside.await();
            Thread closer = Race.thread(() -> answer.set(map.close(LONG)));
            await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
            goOn.countDown();
            closer.join(10_000);
            assertThat(answer).hasValue(CloseOutcome.CLOSED);
            worker.join();
        }
    }

    /** T1: runs a, which awaits b and gives up. T2: runs b, which awaits c afterwards. T3: runs c. */
    @Test
    void awaitThatGaveUp_isForgotten() throws Exception {
        CountDownLatch gaveUp = new CountDownLatch(1);
        CountDownLatch running = new CountDownLatch(2);
        CountDownLatch answered = new CountDownLatch(1);
        AtomicReference<CancelOutcome> ofA = new AtomicReference<>();
        AtomicReference<CancelOutcome> ofB = new AtomicReference<>();
        AtomicReference<WorkSlots<String>> self = new AtomicReference<>();
        try (Bench bench = new Bench()) {
            WorkSlots<String> map = bench.works(String.class, (key, firing) -> {
                switch (key) {
                    case "a" -> {
                        running.await();
                        ofA.set(self.get().cancelAndAwait("b", Duration.ofMillis(1)));
                    }
                    case "b" -> {
                        running.countDown();
                        gaveUp.await();
                        ofB.set(self.get().cancelAndAwait("c", Duration.ofMillis(1)));
                        answered.countDown();
                    }
                    default -> {
                        running.countDown();
                        answered.await();
                    }
                }
            });
            self.set(map);
            List<Thread> workers = new ArrayList<>();
            for (String key : List.of("a", "b", "c")) {
                map.submit(key);
                workers.add(Race.thread(bench.hand.take()::run));
            }
            workers.get(0).join();
            gaveUp.countDown();
            for (Thread worker : workers) {
                worker.join();
            }
        }
        assertThat(ofA).hasValue(CancelOutcome.TIMED_OUT);
        assertThat(ofB).as("b awaits c, and nobody awaits b").hasValue(CancelOutcome.TIMED_OUT);
    }
}
