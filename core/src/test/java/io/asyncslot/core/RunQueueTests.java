package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotState;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.FailingLog;
import io.asyncslot.fixture.Race;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who waits for a thread, in which order, and what a stop does with those who wait. */
@Timeout(120)
class RunQueueTests {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration BACK_OFF = Duration.ofMillis(1);

    /** An executor without a queue of its own: it refuses while all its threads are busy. */
    private static ThreadPoolExecutor refusing(int threads) {
        return new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new SynchronousQueue<>());
    }

    // ---- fairness -----------------------------------------------------------------------------------------------

    @Test
    void waiting_timersAndWorkOfSeveralMaps_runInTheOrderInWhichTheyFellDue() {
        try (Bench bench = new Bench()) {
            List<String> ran = new ArrayList<>();
            WorkSlots<String> works = bench.works(String.class, (key, firing) -> ran.add(key));
            TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> ran.add(key));
            List<String> expected = new ArrayList<>();
            bench.hand.refuseNext(Integer.MAX_VALUE);
            timers.start("timer", Duration.ofSeconds(1));
            for (int i = 0; i < 100; i++) {
                if (i == 50) {
                    bench.advance(Duration.ofSeconds(1));
                    expected.add("timer");
                }
                works.submit("work" + i);
                expected.add("work" + i);
            }
            bench.hand.refuseNext(0);
            bench.advanceAndRun(Duration.ofSeconds(1));
            assertThat(ran).containsExactlyElementsOf(expected);
            assertAtRest(works, timers);
        }
    }

    @Test
    void stop_whileSlotsWaitInLine_returnsEachOfThem() throws Exception {
        try (Bench bench = new Bench()) {
            List<String> ran = new ArrayList<>();
            TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> ran.add(key));
            for (int i = 0; i < 3; i++) {
                timers.start("timer" + i, Duration.ofSeconds(1));
            }
            bench.hand.refuseNext(Integer.MAX_VALUE);
            bench.advance(Duration.ofSeconds(1));
            assertThat(bench.backend.report().details()).containsEntry("waitForThread", 3);
            assertThat(bench.backend.stop(Duration.ZERO)).isTrue();
            assertThat(bench.backend.report().details()).containsEntry("waitForThread", 0);
            bench.hand.refuseNext(0);
            bench.backend.start();
            bench.settle();
            assertThat(ran).hasSize(3);
            assertAtRest(timers);
        }
    }

    @Test
    void refusals_whileOthersWait_areMetByTheHeadOnly() {
        try (Bench bench = new Bench()) {
            WorkSlots<Integer> works = bench.works(Integer.class, (key, firing) -> {});
            bench.hand.refuseNext(Integer.MAX_VALUE);
            for (int i = 0; i < 1_000; i++) {
                works.submit(i);
            }
            int offered = bench.hand.offered();
            assertThat(offered)
                    .as("offers for 1,000 submits: of the first one twice, of the head for each other")
                    .isEqualTo(1_001);
            bench.advance(BACK_OFF);
            assertThat(bench.hand.offered() - offered)
                    .as("offers by a back-off")
                    .isOne();
            bench.advance(BACK_OFF);
            assertThat(bench.hand.offered() - offered)
                    .as("offers before the next one")
                    .isOne();
            bench.advance(BACK_OFF);
            assertThat(bench.hand.offered() - offered)
                    .as("offers after twice as long")
                    .isEqualTo(2);
            assertThat(works.stats().deferred()).as("each waits once").isEqualTo(1_000);
            bench.hand.refuseNext(0);
            bench.advanceAndRun(Duration.ofSeconds(1));
            assertAtRest(works);
        }
    }

    /** The clock stands still: what waits is run by threads that become free, not by a timer. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void refusingExecutor_getsWorkAsItBecomesFree(int threads) throws Exception {
        ThreadPoolExecutor executor = refusing(threads);
        CountDownLatch submitted = new CountDownLatch(1);
        try (Bench bench = new Bench(executor)) {
            WorkSlots<Integer> works = bench.works(Integer.class, (key, firing) -> submitted.await());
            for (int i = 0; i < 1_000; i++) {
                works.submit(i);
            }
            submitted.countDown();
            await().untilAsserted(() -> assertThat(works.stats().fired()).isEqualTo(1_000));
            await().untilAsserted(() -> assertAtRest(works));
        } finally {
            executor.shutdown();
        }
    }

    /** Both threads run until the other runs too: so neither is left idle while a slot waits. */
    @Test
    void refusingExecutor_isUsedByAllItsThreads() {
        ThreadPoolExecutor executor = refusing(2);
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor).build()) {
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger met = new AtomicInteger();
            WorkSlots<Integer> works = registry.register(WorkMapSpec.named("works", Integer.class)
                    .callback((key, firing) -> {
                        inside.incrementAndGet();
                        long until = System.nanoTime() + LONG.toNanos();
                        while (inside.get() < 2 * (key / 2 + 1) && System.nanoTime() - until < 0) {
                            Thread.yield();
                        }
                        met.incrementAndGet();
                    })
                    .build());
            registry.start();
            for (int i = 0; i < 500; i++) {
                works.submit(i);
            }
            await().atMost(LONG).untilAsserted(() -> assertThat(met).hasValue(500));
        } finally {
            executor.shutdown();
        }
    }

    /** Refused submits, some 8,000 a second, go on until the timer has fired, which must not wait for their end. */
    @Test
    void refusedSubmits_doNotHoldUpAnUnrelatedTimer() throws Exception {
        ThreadPoolExecutor executor = refusing(1);
        AtomicBoolean fired = new AtomicBoolean();
        AtomicInteger key = new AtomicInteger();
        AtomicInteger submittedBefore = new AtomicInteger();
        AtomicInteger ranBefore = new AtomicInteger();
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor).build()) {
            AtomicInteger ran = new AtomicInteger();
            WorkSlots<Integer> works = registry.register(WorkMapSpec.named("works", Integer.class)
                    .callback((item, firing) -> ran.incrementAndGet())
                    .build());
            TimerSlots<String> timers = registry.register(TimerMapSpec.named("timers", String.class)
                    .callback((name, firing) -> {
                        ranBefore.set(ran.get());
                        fired.set(true);
                    })
                    .build());
            registry.start();
            timers.start("timer", Duration.ofMillis(50));
            long began = System.nanoTime();
            long until = began + LONG.toNanos();
            for (int i = 1; !fired.get() && System.nanoTime() - until < 0; i++) {
                works.submit(key.getAndIncrement());
                while (!fired.get() && System.nanoTime() - began < i * 125_000L) {
                    LockSupport.parkNanos(50_000);
                }
            }
            submittedBefore.set(key.get());
            assertThat(fired).as("fired while submits went on").isTrue();
            assertThat(ranBefore.get()).as("the queue ahead of it").isLessThanOrEqualTo(submittedBefore.get());
            assertThat(works.stats().deferred()).as("refusals").isPositive();
            await().untilAsserted(() -> assertThat(works.stats().fired()).isEqualTo(key.get()));
        } finally {
            executor.shutdown();
        }
    }

    @Test
    void executorThatRunsInTheCaller_andRefusesAtTimes_neverRunsOthersOnThatThread() {
        AtomicInteger offers = new AtomicInteger();
        Executor moody = task -> {
            if (offers.getAndIncrement() % 2 == 0) {
                throw new java.util.concurrent.RejectedExecutionException("moody");
            }
            task.run();
        };
        try (Bench bench = new Bench(moody)) {
            List<Integer> ran = Collections.synchronizedList(new ArrayList<>());
            WorkSlots<Integer> works = bench.works(Integer.class, (key, firing) -> ran.add(key));
            for (int i = 0; i < 100; i++) {
                works.submit(i);
            }
            for (int i = 0; i < 100; i++) {
                bench.advance(Duration.ofSeconds(1));
            }
            assertThat(ran).hasSize(100);
            assertAtRest(works);
        }
    }

    // ---- executors that do not do what they say ------------------------------------------------------------------

    @Test
    void executorThatRunsATask_andThenRefusesIt_runsItOnce() {
        Executor liar = task -> {
            task.run();
            throw new java.util.concurrent.RejectedExecutionException("after the fact");
        };
        try (Bench bench = new Bench(liar)) {
            TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> {});
            timers.start("key", Duration.ZERO);
            bench.advance(Duration.ofSeconds(1));
            assertThat(timers.stats().fired()).isOne();
            timers.start("key", Duration.ZERO);
            bench.advance(Duration.ofSeconds(1));
            assertThat(timers.stats().fired()).isEqualTo(2);
            assertAtRest(timers);
        }
    }

    @Test
    void taskThatAnExecutorRunsTwice_runsOnce() {
        try (Bench bench = new Bench(task -> {
            task.run();
            task.run();
        })) {
            TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> {}, spec -> spec.concurrency(1));
            for (int i = 1; i <= 3; i++) {
                timers.start("key", Duration.ZERO);
                bench.advance(Duration.ofSeconds(1));
                assertThat(timers.stats().fired()).isEqualTo(i);
            }
            assertThat(bench.backend.report().details()).containsEntry("inFlight", 0L);
            assertAtRest(timers);
        }
    }

    @Test
    void executorThatThrowsAnError_isAskedAgain() {
        AtomicInteger offers = new AtomicInteger();
        Executor broken = task -> {
            if (offers.getAndIncrement() == 0) {
                throw new ExceptionInInitializerError("a pool that cannot start its thread");
            }
            task.run();
        };
        try (Bench bench = new Bench(broken);
                FailingLog log = new FailingLog()) {
            TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> {});
            timers.start("key", Duration.ZERO);
            bench.advance(BACK_OFF);
            assertThat(timers.stats().fired()).isOne();
            assertThat(log.asked()).as("told of, in vain").isOne();
            assertAtRest(timers);
        }
    }

    @Test
    void delete_ofASlotInTheExecutor_freesItsPermit() {
        try (Bench bench = new Bench()) {
            WorkSlots<Integer> works = bench.works(Integer.class, (key, firing) -> {}, spec -> spec.concurrency(1));
            works.submit(0); // in the executor's hands
            works.submit(1); // waits for a permit
            works.delete(0);
            bench.hand.runAll();
            assertThat(works.stats().fired()).isOne();
            assertAtRest(works);
        }
    }

    @Test
    void freedWhileItWaits_isNotOffered_soAStopNeedNotWaitForAnExecutorThatDropsIt() throws Exception {
        try (Bench bench = new Bench()) {
            WorkSlots<Integer> permits = bench.works(Integer.class, (key, firing) -> {}, spec -> spec.concurrency(1));
            permits.submit(0); // in the executor's hands
            permits.submit(1); // waits for a permit
            permits.delete(1);
            permits.delete(0);

            bench.hand.refuseNext(2);
            WorkSlots<Integer> threads = bench.works(Integer.class, (key, firing) -> {});
            threads.submit(0); // waits for a thread
            threads.delete(0);
            bench.advance(BACK_OFF);

            WorkSlots<Integer> heirs = heirs(bench);
            heirs.submit(0);
            bench.hand.take(); // of the permits' key 0, which is gone
            bench.hand.runNext();

            assertThat(bench.hand.size()).isZero();
            assertThat(bench.registry.stop(Duration.ZERO)).isTrue();
            bench.backend.pump(); // lets go of what was given back
            assertAtRest(permits, threads, heirs);
        }
    }

    /** The first run has its slot deleted and submitted anew; the new incarnation waits for it, and is deleted as well. */
    private static WorkSlots<Integer> heirs(Bench bench) {
        List<WorkSlots<Integer>> works = new ArrayList<>();
        works.add(bench.works(Integer.class, (key, firing) -> {
            works.get(0).delete(key);
            works.get(0).submit(key);
            bench.hand.runNext();
            works.get(0).delete(key);
        }));
        return works.get(0);
    }

    // ---- stop ---------------------------------------------------------------------------------------------------

    @Test
    void stop_beginsNoFurtherCallback_andReturnsWhatWaits() throws Exception {
        for (int concurrency : new int[] {0, 1}) {
            try (Bench bench = new Bench()) {
                CountDownLatch inside = new CountDownLatch(1);
                CountDownLatch goOn = new CountDownLatch(1);
                TimerSlots<Integer> timers = bench.timers(
                        Integer.class,
                        (key, firing) -> {
                            inside.countDown();
                            goOn.await();
                        },
                        spec -> concurrency == 0 ? spec : spec.concurrency(concurrency));
                for (int key = 0; key < 50; key++) {
                    timers.start(key, Duration.ZERO);
                }
                bench.backend.pump();
                Thread worker = Race.thread(bench.hand::runNext);
                inside.await();
                assertThat(bench.registry.stop(Duration.ZERO))
                        .as("a run goes on")
                        .isFalse();
                bench.hand.runAll(); // what the executor still holds, it holds in vain
                assertThat(timers.stats().fired()).isOne();
                assertThat(timers.stats().armed()).isEqualTo(49);
                assertThat(timers.stats().queued()).isZero();
                Thread stopper =
                        Race.thread(() -> assertThat(bench.registry.stop(LONG)).isTrue());
                goOn.countDown();
                stopper.join();
                worker.join();
                bench.settle();
                assertThat(timers.stats().fired()).as("begun after the stop").isOne();
                bench.registry.start();
                bench.settle();
                assertThat(timers.stats().fired()).isEqualTo(50);
                assertAtRest(timers);
            }
        }
    }

    @Test
    void stop_afterTheExecutorDroppedItsQueue_bringsCustodyBack() throws Exception {
        try (Bench bench = new Bench()) {
            TimerSlots<Integer> timers = bench.timers(Integer.class, (key, firing) -> {}, spec -> spec.concurrency(2));
            WorkSlots<Integer> works = bench.works(Integer.class, (key, firing) -> {});
            for (int key = 0; key < 5; key++) {
                timers.start(key, Duration.ZERO);
                works.submit(key);
            }
            bench.backend.pump();
            while (bench.hand.size() != 0) {
                bench.hand.take(); // and drops it
            }
            works.delete(0);
            assertThat(bench.registry.stop(Duration.ZERO)).isTrue();
            bench.backend.pump();
            assertThat(timers.stats().armed()).isEqualTo(5);
            assertThat(works.stats().armed()).isEqualTo(4);
            bench.registry.start();
            bench.settle();
            assertThat(timers.stats().fired()).isEqualTo(5);
            assertThat(works.stats().fired()).isEqualTo(4);
            assertAtRest(timers, works);
        }
    }

    /** One slot has the permit and waits for a thread, all others wait for the permit: each comes back, none through the other. */
    @Test
    void stop_withABacklogBehindOnePermit_needsNoStackForEachOfThem() throws Exception {
        int slots = 50_000;
        try (Bench bench = new Bench()) {
            WorkSlots<Integer> works = bench.works(Integer.class, (key, firing) -> {}, spec -> spec.concurrency(1));
            bench.hand.refuseNext(Integer.MAX_VALUE);
            for (int i = 0; i < slots; i++) {
                works.submit(i);
            }
            assertThat(bench.backend.report().details()).containsEntry("waitForThread", 1);
            assertThat(bench.registry.stop(Duration.ZERO)).isTrue();
            bench.backend.pump();
            assertThat(works.stats().armed()).isEqualTo(slots);
            bench.hand.refuseNext(0);
            bench.registry.start();
            bench.settle();
            assertThat(works.stats().fired()).isEqualTo(slots);
            assertAtRest(works);
        }
    }

    @Test
    void closeOfAMap_whoseSlotsWait_leavesNoReference() throws Exception {
        try (Bench bench = new Bench()) {
            WorkSlots<Integer> closed = bench.works(Integer.class, (key, firing) -> {}, spec -> spec.concurrency(1));
            WorkSlots<Integer> open = bench.works(Integer.class, (key, firing) -> {});
            closed.submit(0); // in the executor's hands
            closed.submit(1); // waits for a permit
            bench.hand.refuseNext(Integer.MAX_VALUE);
            open.submit(2); // waits for a thread
            closed.close(Duration.ZERO);
            bench.backend.pump();
            assertThat(Bench.references(closed)).isZero();
            open.close(Duration.ZERO);
            bench.backend.pump();
            assertThat(Bench.references(open)).isZero();
        }
    }

    private static void assertAtRest(SlotMap<?>... maps) {
        for (SlotMap<?> map : maps) {
            SlotMapStats stats = map.stats();
            assertThat(stats.queued()).as("queued").isZero();
            assertThat(stats.running()).as("running").isZero();
            assertThat(stats.armed()).as("armed").isZero();
            assertThat(stats.references()).as("references").isEqualTo(stats.slots());
            map.scan(10, null, slot -> assertThat(slot.state()).as("%s", slot).isEqualTo(SlotState.READY));
        }
    }
}
