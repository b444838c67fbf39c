package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Many threads on few keys, as several nodes of which some are released while they run. */
class StoreStormTests extends StoreTests {

    private static final int THREADS = 8;
    private static final int KEYS = 3;

    private final AtomicLong started = new AtomicLong();
    private final AtomicLong cancelled = new AtomicLong();
    private final AtomicLong deletedArmed = new AtomicLong();
    private final AtomicLong begunFirst = new AtomicLong();
    private final AtomicLong again = new AtomicLong();
    private final AtomicLong fenced = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();
    private final ConcurrentLinkedQueue<StartedRun> begun = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<StartedRun> done = new ConcurrentLinkedQueue<>();

    @Test
    void racingCancels_oneAnswersCancelled() throws Exception {
        for (int round = 0; round < 50; round++) {
            start(here, LATER);
            assertThat(together(() -> db.cancel(id).outcome()))
                    .containsOnlyOnce(CancelOutcome.CANCELLED)
                    .containsOnly(CancelOutcome.CANCELLED, CancelOutcome.NOT_ARMED);
        }
    }

    @Test
    void racingDeletes_oneAnswersDeleted() throws Exception {
        for (int round = 0; round < 50; round++) {
            start(here, LATER);
            assertThat(together(() -> db.delete(id).outcome()))
                    .containsOnlyOnce(DeleteOutcome.DELETED_ARMED)
                    .containsOnly(DeleteOutcome.DELETED_ARMED, DeleteOutcome.ABSENT);
        }
    }

    @Test
    void racingStarts_ofAnAbsentKey_oneAnswersStartedAndTheLatestGenerationStays() throws Exception {
        for (int round = 0; round < 50; round++) {
            SlotId fresh = new SlotId("m", "fresh" + round);
            List<Armed<StartOutcome>> answers = together(() -> db.start(here, fresh, LATER, null, 0));
            assertThat(answers).extracting(Armed::outcome).containsOnlyOnce(StartOutcome.STARTED);
            assertThat(answers).extracting(Armed::generation).doesNotHaveDuplicates();
            assertThat(answers)
                    .extracting(Armed::incarnation)
                    .containsOnly(answers.get(0).incarnation());
            assertThat(db.find(fresh).orElseThrow().generation())
                    .isEqualTo(
                            answers.stream().mapToLong(Armed::generation).max().orElseThrow());
        }
    }

    @Test
    void racingStarts_ofACappedMap_neverExceedIt() throws Exception {
        AtomicLong next = new AtomicLong();
        List<StartOutcome> outcomes = together(() -> {
            StartOutcome outcome = StartOutcome.STARTED;
            for (int i = 0; i < 20 && outcome == StartOutcome.STARTED; i++) {
                SlotId one = new SlotId("capped", "k" + next.incrementAndGet());
                outcome = db.start(here, one, LATER, null, 20).outcome();
            }
            return outcome;
        });
        assertThat(outcomes).containsOnly(StartOutcome.REJECTED);
        assertThat(db.count("capped", 100).slots()).isEqualTo(20);
    }

    @Test
    void racingBegins_oneBegins() throws Exception {
        for (int round = 0; round < 30; round++) {
            long generation = start(here, NOW).generation();
            List<List<StartedRun>> all =
                    together(() -> tryBegin(here, generation).begun());
            List<StartedRun> begun = all.stream().flatMap(List::stream).toList();
            assertThat(begun).hasSize(1);
            end(here, begun.get(0));
        }
    }

    @Test
    void racingSweeps_claimEachSlotOnce() throws Exception {
        Claim nobody = new Claim(here.node(), -MINUTE);
        for (int i = 0; i < 400; i++) {
            db.start(nobody, new SlotId("m", "sweep" + i), NOW, null, 0);
        }
        List<List<Due>> all = together(() -> {
            List<Due> mine = new ArrayList<>();
            List<Due> batch;
            do {
                batch = db.sweep(here, List.of("m"), 5);
                mine.addAll(batch);
            } while (!batch.isEmpty());
            return mine;
        });
        assertThat(all.stream().flatMap(List::stream).map(Due::id).toList())
                .doesNotHaveDuplicates()
                .hasSizeGreaterThan(390);
        assertThat(all.stream().filter(mine -> !mine.isEmpty()).count())
                .as("sweeps that took part")
                .isGreaterThan(1);
    }

    /** Every armed period ends once, generations rise, attempts follow each other, and no zombie ends a run. */
    @Test
    void storm_withNodesReleasedWhileTheyRun_losesNothing() throws Exception {
        AtomicReference<Claim> dying = new AtomicReference<>(here);
        Runnable nothing = () -> {};
        long begin = System.nanoTime();
        AtomicLong threads = new AtomicLong();
        together(() -> {
            long number = threads.incrementAndGet();
            for (int turn = 0; goesOn(begin); turn++) {
                if (number == 1) {
                    replace(dying);
                } else if (number <= 4) {
                    operate(number == 2 ? there : dying.get());
                    LockSupport.parkNanos(500_000); // or else rows are always locked, and nothing begins
                } else if (number == 5) {
                    fire(there, nothing);
                } else {
                    Claim mortal = dying.get();
                    fire(mortal, number == 6 && turn % 4 == 0 ? () -> awaitOther(dying, mortal, begin) : nothing);
                }
            }
            return 0;
        });
        replace(dying);
        for (int idle = 0; idle < 3; ) {
            idle = fire(there, nothing) == 0 ? idle + 1 : 0;
        }
        long armed = 0;
        for (int k = 0; k < KEYS; k++) {
            armed += db.find(key(k)).map(row -> row.armed() ? 1 : 0).orElse(0);
        }
        assertThat(started.get()).isEqualTo(begunFirst.get() + cancelled.get() + deletedArmed.get() + armed);
        assertThat(armed).isZero();
        assertLedger();
        assertThat(begunFirst.get()).isGreaterThan(20);
        assertThat(again.get()).as("delivered again").isPositive();
        assertThat(fenced.get()).as("ends of zombies").isPositive();
        assertThat(ended.get() + fenced.get()).isEqualTo(begun.size());
    }

    /** In the order of their tokens, the runs of a key are its generations in order, each with its attempts in order. */
    private void assertLedger() {
        Map<SlotId, StartedRun> last = new HashMap<>();
        begun.stream().sorted((a, b) -> Long.compare(a.token(), b.token())).forEach(run -> {
            StartedRun former = last.put(run.id(), run);
            if (run.attempt() == 1) {
                assertThat(run.generation()).isGreaterThan(former == null ? 0 : former.generation());
            } else {
                assertThat(former).isNotNull();
                assertThat(run.generation()).isEqualTo(former.generation());
                assertThat(run.attempt()).isEqualTo(former.attempt() + 1);
            }
        });
        assertThat(done.stream().map(StartedRun::generation).toList()).doesNotHaveDuplicates();
    }

    /** Deletes are rare: what was cut off is gone with its slot. */
    private void operate(Claim claim) {
        SlotId slot = key(ThreadLocalRandom.current().nextInt(KEYS));
        switch (ThreadLocalRandom.current().nextInt(40)) {
            case 0, 1, 2, 3, 4, 5, 6, 7 -> {
                Removed<CancelOutcome> removed = db.cancel(slot);
                cancelled.addAndGet(removed.outcome() == CancelOutcome.CANCELLED ? 1 : 0);
            }
            case 8 -> deletedArmed.addAndGet(db.delete(slot).pending() ? 1 : 0);
            case 9, 10, 11, 12, 13, 14, 15 -> db.touch(claim, slot, NOW);
            default -> {
                Armed<StartOutcome> armed = db.start(claim, slot, NOW, null, 0);
                started.addAndGet(armed.outcome() == StartOutcome.STARTED ? 1 : 0);
            }
        }
    }

    /** Begins and ends what the node holds and what a sweep gives it. The callbacks are as long as they make it. */
    private int fire(Claim claim, Runnable callbacks) {
        db.releaseOrphans();
        List<Due> held = new ArrayList<>(db.overlooked(claim.node(), 0, 100));
        held.addAll(db.sweep(claim, List.of("m"), 100));
        List<Begin> begins = held.stream()
                .map(due -> new Begin(due.id(), due.generation(), SlotStore.NONE))
                .toList();
        List<StartedRun> runs =
                begins.isEmpty() ? List.of() : db.begin(claim.node(), begins).begun();
        for (StartedRun run : runs) {
            begun.add(run);
            (run.attempt() == 1 ? begunFirst : again).incrementAndGet();
        }
        callbacks.run();
        for (StartedRun run : runs) {
            Ended one;
            do {
                one = end(claim, run);
            } while (one.result() == Ended.Result.LOCKED);
            boolean over = one.result() == Ended.Result.ENDED;
            (over ? ended : fenced).incrementAndGet();
            if (over) {
                done.add(run);
            }
        }
        return held.size();
    }

    private void replace(AtomicReference<Claim> dying) throws InterruptedException {
        Thread.sleep(20);
        Claim old = dying.get();
        dying.set(new Claim(db.join("next"), 2 * SECOND));
        db.release(old.node());
    }

    /** For four seconds, and until a run has been cut off and delivered again; not for ever. */
    private boolean goesOn(long begin) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
        return seconds < 4 || seconds < 40 && (again.get() == 0 || fenced.get() == 0);
    }

    /** Until the node has been replaced, or all is over: what it runs meanwhile it ends as a zombie. */
    private void awaitOther(AtomicReference<Claim> dying, Claim mortal, long begin) {
        while (dying.get() == mortal && goesOn(begin)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private static SlotId key(int number) {
        return new SlotId("m", "storm" + number);
    }

    private static <T> List<T> together(Callable<T> work) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<T> answers = new ArrayList<>();
            for (Future<T> future : executor.invokeAll(java.util.Collections.nCopies(THREADS, work))) {
                answers.add(future.get());
            }
            return answers;
        } finally {
            executor.shutdown();
        }
    }
}
