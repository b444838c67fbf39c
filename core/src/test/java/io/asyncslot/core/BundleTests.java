package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotMapStats;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.SharingExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slots that fall due together and share a task of the executor. */
@Timeout(60)
class BundleTests {

    private static final Duration PATIENCE = Duration.ofNanos(1_000 * Gathered.PATIENCE_MICROS);

    private final SharingExecutor executor = new SharingExecutor();
    private final Bench bench = new Bench(executor);
    private final List<String> ran = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch began = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    private final TimerSlots<String> timers = bench.timers(String.class, (key, firing) -> {
        if (key.equals("long")) {
            began.countDown();
            goOn.await();
        }
        if (key.startsWith("slow")) {
            handOverRest();
        }
        ran.add(key);
    });

    @AfterEach
    void close() {
        goOn.countDown();
        bench.close();
    }

    /** Makes slots due, each a little later than the one before. */
    private void fallDue(String... keys) {
        for (int i = 0; i < keys.length; i++) {
            timers.start(keys[i], Duration.ofNanos(1_000L * (1 + i)));
        }
        bench.advance(Duration.ofNanos(1_000L * keys.length));
    }

    /** Time enough for the thread that looks at bundles to take the present one for a long one. */
    private void handOverRest() {
        bench.advance(Duration.ofMillis(32));
        bench.advance(PATIENCE);
    }

    /** As many periods of the scrubber. */
    private void passPeriods(int count) {
        for (int i = 0; i < count; i++) {
            bench.advance(Duration.ofNanos(1_000 * Scrubber.PERIOD_MICROS));
        }
    }

    /** "b", behind "long" in a bundle that the worker runs, is not counted as lost, and runs once. */
    private void assertNothingLost(Thread worker) throws InterruptedException {
        assertThat(bench.backend.report().details()).containsEntry("lostByExecutor", 0L);
        executor.hand.runAll();
        assertThat(ran).containsExactly("b");
        goOn.countDown();
        worker.join();
        assertAtRest();
    }

    private void runAll() {
        do {
            bench.backend.pump();
        } while (executor.hand.runAll() != 0);
    }

    private void assertAtRest() {
        SlotMapStats stats = timers.stats();
        assertThat(stats.queued()).isZero();
        assertThat(stats.references()).isEqualTo(stats.slots());
        assertThat(bench.backend.report().details()).containsEntry("inFlight", 0L);
    }

    @Test
    void dueTogether_shareATask_andRunInTheOrderOfTheirDeadlines() {
        fallDue("a", "b", "c");
        assertThat(executor.hand.offered()).isOne();
        executor.hand.runNext();
        assertThat(ran).containsExactly("a", "b", "c");
        assertAtRest();
    }

    @Test
    void executorWithoutTheMark_getsATaskForEach() {
        try (Bench plain = new Bench()) {
            TimerSlots<String> slots = plain.timers(String.class, (key, firing) -> ran.add(key));
            for (String key : List.of("a", "b", "c")) {
                slots.start(key, Duration.ofMillis(1));
            }
            plain.advance(Duration.ofMillis(1));
            assertThat(plain.hand.size()).isEqualTo(3);
        }
    }

    @Test
    void longCallback_doesNotHoldUpThoseBehindIt() throws Exception {
        fallDue("long", "b", "c");
        Thread worker = new Thread(executor.hand::runNext);
        worker.start();
        began.await();
        bench.advance(PATIENCE);
        assertThat(executor.hand.size()).as("tasks before it counts as long").isZero();
        bench.advance(PATIENCE);
        assertThat(executor.hand.size()).as("tasks of those behind it").isEqualTo(2);
        executor.hand.runAll();
        assertThat(ran).containsExactly("b", "c");
        goOn.countDown();
        worker.join();
        assertThat(ran).containsExactly("b", "c", "long");
        assertAtRest();
    }

    @Test
    void longCallback_whileItsTaskWaitedForAThread_doesNotHoldUpThoseBehindIt() throws Exception {
        fallDue("long", "b");
        fallDue("c", "d");
        for (int i = 0; i < 100; i++) {
            bench.advance(PATIENCE);
        }
        assertThat(executor.hand.offered())
                .as("tasks while no thread takes one")
                .isEqualTo(2);
        Thread worker = new Thread(executor.hand::runNext);
        worker.start();
        began.await();
        handOverRest();
        assertThat(executor.hand.size()).as("b, and the second bundle").isEqualTo(2);
        executor.hand.runAll();
        assertThat(ran).containsExactlyInAnyOrder("b", "c", "d");
        goOn.countDown();
        worker.join();
        assertAtRest();
    }

    @Test
    void slotsHandedOverAnew_behindTheProbe_areNotTakenForLost() throws Exception {
        fallDue("long", "b");
        passPeriods(4);
        assertThat(executor.hand.size()).as("the bundle, and a probe behind it").isEqualTo(2);
        Thread worker = new Thread(executor.hand::runNext);
        worker.start();
        began.await();
        handOverRest();
        assertThat(executor.hand.size()).as("the probe, and b behind it").isEqualTo(2);
        executor.hand.runNext();
        passPeriods(1);
        assertNothingLost(worker);
    }

    /** Bundles that begin and take long all the while hide no slot that was lost. */
    @Test
    void lostSlot_isFound_whileOthersAreHandedOverAnew() {
        fallDue("lost");
        executor.hand.take(); // and forgotten
        for (int i = 0; i < 6; i++) {
            passPeriods(1);
            fallDue("slow" + i, "b" + i);
            runAll();
        }
        assertThat(ran).contains("lost", "b5");
        assertThat(bench.backend.report().details()).containsEntry("lostByExecutor", 1L);
        assertAtRest();
    }

    /** The probe runs on another thread just when the bundle before it has begun: the rest of that is not lost. */
    @Test
    void restOfABundleThatHasJustBegun_isNotTakenForLost() throws Exception {
        fallDue("long", "b");
        passPeriods(4);
        Runnable bundle = executor.hand.take();
        executor.hand.runNext();
        Thread worker = new Thread(bundle);
        worker.start();
        began.await();
        passPeriods(3);
        assertNothingLost(worker);
    }

    @Test
    void bundleThatTheExecutorLost_holdsUpNoneOfThoseAfterIt() throws Exception {
        fallDue("a", "b");
        executor.hand.take(); // and nobody runs it
        fallDue("long", "c");
        Thread worker = new Thread(executor.hand::runNext);
        worker.start();
        began.await();
        for (int i = 0; i < 3; i++) {
            bench.advance(Duration.ofMillis(32));
        }
        executor.hand.runAll();
        assertThat(ran).containsExactly("a", "b", "c");
        goOn.countDown();
        worker.join();
        assertAtRest();
        bench.advance(PATIENCE);
        assertThat(bench.backend.pump()).as("looks at bundles that are over").isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void bundleWhoseSlotsAStopGaveBack_isLookedAtNoMore() throws Exception {
        fallDue("a", "b");
        executor.hand.take();
        bench.backend.stop(Duration.ZERO);
        timers.delete("a");
        timers.delete("b");
        bench.backend.start();
        bench.advance(PATIENCE);
        assertThat(bench.backend.pump()).as("further looks").isEqualTo(Long.MAX_VALUE);
        assertAtRest();
    }

    @Test
    void refusedTogether_waitInTheOrderOfTheirDeadlines() {
        executor.hand.refuseNext(Integer.MAX_VALUE);
        fallDue("a", "b", "c");
        assertThat(bench.backend.report().details()).containsEntry("waitForThread", 3);
        executor.hand.refuseNext(0);
        bench.advance(Duration.ofSeconds(1));
        runAll();
        assertThat(ran).containsExactly("a", "b", "c");
        assertAtRest();
    }

    @Test
    void deletedInABundle_doesNotRun_andIsGone() {
        fallDue("a", "b", "c");
        timers.delete("b");
        assertThat(timers.stats().references()).as("references of a and c").isEqualTo(4);
        executor.hand.runNext();
        assertThat(ran).containsExactly("a", "c");
        assertAtRest();
    }

    @Test
    void stop_givesBackWhatHasNotBegun_andNothingBeginsAfterIt() throws Exception {
        fallDue("a", "b", "c");
        assertThat(bench.backend.stop(Duration.ZERO)).isTrue();
        executor.hand.runNext();
        assertThat(ran).isEmpty();
        bench.backend.start();
        runAll();
        assertThat(ran).containsExactly("a", "b", "c");
        assertAtRest();
    }

    @Test
    void stopWhileACallbackRuns_theRestOfItsBundleDoesNotBegin() throws Exception {
        fallDue("long", "b");
        Thread worker = new Thread(executor.hand::runNext);
        worker.start();
        began.await();
        assertThat(bench.backend.stop(Duration.ZERO)).isFalse();
        goOn.countDown();
        worker.join();
        assertThat(ran).containsExactly("long");
        bench.backend.start();
        runAll();
        assertThat(ran).containsExactly("long", "b");
        assertAtRest();
    }
}
