package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.jdbc.Tables;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Counts;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Node;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.Running;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreException;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.cluster.store.Trouble;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every operation in every state of a row, and who owns the row after it. */
class SlotOperationTests extends StoreTests {

    private static final StoreSession.Retried SCHEDULED = new StoreSession.Retried(RetryOutcome.SCHEDULED, false);

    @Test
    void start_absent_createsAndClaimsWhatIsDueSoon() {
        Armed<StartOutcome> armed = start(here, SOON);
        assertThat(armed.outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(armed.claimed()).isTrue();
        assertThat(armed.incarnation()).isEqualTo(armed.generation());
        Row row = row();
        assertThat(row.owner()).isEqualTo(here.node());
        assertThat(row.due()).isEqualTo(armed.due());
        assertThat(row.timeLeft()).isPositive().isLessThanOrEqualTo(SECOND);
        assertThat(row.running()).isFalse();
    }

    @Test
    void start_farAway_isNobodys() {
        assertThat(start(here, LATER).claimed()).isFalse();
        assertThat(row().owner()).isEqualTo(SlotStore.NONE);
    }

    @Test
    void start_armed_replacesDeadlineTakesNextGenerationAndTheClaim() {
        Armed<StartOutcome> first = start(here, SOON);
        Armed<StartOutcome> second = start(there, NOW);
        assertThat(second.outcome()).isEqualTo(StartOutcome.REARMED);
        assertThat(second.claimed()).isTrue();
        assertThat(second.incarnation()).isEqualTo(first.incarnation());
        assertThat(second.generation()).isGreaterThan(first.generation());
        assertThat(tryBegin(here, first.generation()).refused())
                .extracting(NotBegun::reason)
                .containsExactly(NotBegun.Reason.GONE);
        start(there, LATER);
        assertThat(row().owner()).isEqualTo(SlotStore.NONE);
    }

    @Test
    void start_whileRunningElsewhere_isHandedOnByTheEndOfThatRun() {
        StartedRun run = run(here);
        Armed<StartOutcome> again = start(there, NOW);
        assertThat(again.outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(again.claimed()).isFalse();
        assertThat(start(there, NOW).outcome()).isEqualTo(StartOutcome.REARMED);
        assertThat(tryBegin(there, row().generation()).begun()).isEmpty();
        assertThat(sweep(there)).isEmpty();

        Ended ended = end(here, run);
        assertThat(ended.result()).isEqualTo(Ended.Result.ENDED);
        assertThat(ended.next()).isNotNull();
        assertThat(ended.next().generation()).isGreaterThan(again.generation());
        assertThat(begin(here, ended.next().generation()).attempt()).isEqualTo(1);
    }

    @Test
    void start_afterDelete_makesANewIncarnationWithAHigherGeneration() {
        Armed<StartOutcome> first = start(here, SOON);
        db.delete(id);
        Armed<StartOutcome> second = start(here, SOON);
        assertThat(second.outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(second.incarnation()).isGreaterThan(first.incarnation());
        assertThat(second.generation()).isGreaterThan(first.generation());
    }

    @Test
    void start_atCapacity_isRejectedAndChangesNothing() {
        SlotId other = new SlotId("m", "other");
        assertThat(db.start(here, id, SOON, null, 1).outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(db.start(here, other, SOON, null, 1).outcome()).isEqualTo(StartOutcome.REJECTED);
        assertThat(db.find(other)).isEmpty();
        assertThat(db.start(here, id, SOON, null, 1).outcome()).isEqualTo(StartOutcome.REARMED);
        assertThat(db.submit(here, other, null, 1).outcome()).isEqualTo(SubmitOutcome.REJECTED);
        db.delete(id);
        assertThat(db.submit(here, other, null, 1).outcome()).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(db.submit(here, other, null, 1).outcome()).isEqualTo(SubmitOutcome.COALESCED);
    }

    @Test
    void start_beyondTheEndOfTime_saturates() {
        assertThat(start(here, Deadline.in(Long.MAX_VALUE)).due()).isEqualTo(SlotStore.NEVER);
        assertThat(start(here, Deadline.at(Long.MAX_VALUE)).due()).isEqualTo(SlotStore.NEVER);
    }

    @Test
    void startAll_answersInOrderAndASecondTimeRearmed() {
        List<SlotId> ids = new ArrayList<>();
        for (int i = 9; i >= 0; i--) {
            ids.add(new SlotId("m", "k" + i));
        }
        ids.add(new SlotId("m", "k5"));
        List<Armed<StartOutcome>> answers = db.startAll(here, ids, SOON, null, 0);
        assertThat(answers).hasSize(11);
        assertThat(answers.subList(0, 10)).extracting(Armed::outcome).containsOnly(StartOutcome.STARTED);
        assertThat(answers.get(10).outcome()).isEqualTo(StartOutcome.REARMED);
        assertThat(db.count("m", 100)).isEqualTo(new Counts(10, 10, 0, 0, true));
        assertThat(db.find(ids.get(0)).orElseThrow().generation())
                .isEqualTo(answers.get(0).generation());
    }

    @Test
    void touch_movesOnlyWhatIsPendingAndKeepsTheGeneration() {
        assertThat(touch(SOON).outcome()).isEqualTo(TouchOutcome.ABSENT);
        Armed<StartOutcome> armed = start(here, LATER);
        Armed<TouchOutcome> touched = touch(SOON);
        assertThat(touched.outcome()).isEqualTo(TouchOutcome.MOVED);
        assertThat(touched.generation()).isEqualTo(armed.generation());
        assertThat(touched.claimed()).isTrue();
        assertThat(touch(LATER).claimed()).isFalse();
        assertThat(row().owner()).isEqualTo(SlotStore.NONE);
        db.cancel(id);
        assertThat(touch(SOON)).isEqualTo(new Armed<>(TouchOutcome.NOT_ARMED, armed.incarnation(), 0, 0, 0, false));
        assertThat(row().armed()).isFalse();
    }

    @Test
    void touch_whileRunning_movesTheRearm() {
        run(here);
        assertThat(touch(NOW).outcome()).isEqualTo(TouchOutcome.NOT_ARMED);
        start(there, LATER);
        assertThat(touch(NOW).outcome()).isEqualTo(TouchOutcome.MOVED);
        assertThat(row().owner()).isEqualTo(here.node());
    }

    @Test
    void cancel_answersForEachState() {
        assertThat(cancel().outcome()).isEqualTo(CancelOutcome.ABSENT);
        start(here, SOON);
        assertThat(cancel().outcome()).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(row().owner()).isEqualTo(SlotStore.NONE);
        assertThat(cancel().outcome()).isEqualTo(CancelOutcome.NOT_ARMED);
        StartedRun run = run(here);
        assertThat(cancel())
                .isEqualTo(new Removed<>(CancelOutcome.RUNNING, false, run.incarnation(), run.token(), false));
        start(there, NOW);
        assertThat(cancel())
                .isEqualTo(new Removed<>(CancelOutcome.CANCELLED, true, run.incarnation(), run.token(), false));
        assertThat(end(here, run).next()).isNull();
        assertThat(row().owner()).isEqualTo(SlotStore.NONE);
    }

    @Test
    void delete_answersForEachState() {
        assertThat(delete().outcome()).isEqualTo(DeleteOutcome.ABSENT);
        start(here, SOON);
        assertThat(delete()).matches(removed -> removed.outcome() == DeleteOutcome.DELETED_ARMED && removed.pending());
        assertThat(delete().outcome()).isEqualTo(DeleteOutcome.ABSENT);
        assertThat(db.find(id)).isEmpty();
        assertThat(cancel().outcome()).isEqualTo(CancelOutcome.ABSENT);
        StartedRun run = run(here);
        Removed<DeleteOutcome> removed = delete();
        assertThat(removed.outcome()).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(removed.runToken()).isEqualTo(run.token());
        assertThat(db.runToken(id)).isEqualTo(run.token());
        assertThat(db.running(here.node(), 10)).containsExactly(new Running(id, run.token(), run.began(), true));
        assertThat(end(here, run)).isEqualTo(new Ended(id, run.token(), Ended.Result.ENDED, null, false, true));
        assertThat(db.runToken(id)).isZero();
        assertThat(db.find(id)).isEmpty();
    }

    @Test
    void delete_whileRunning_lettingANewIncarnationWaitForTheOldRun() {
        StartedRun old = run(here);
        delete();
        Armed<StartOutcome> fresh = start(there, NOW);
        assertThat(fresh.outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(fresh.incarnation()).isGreaterThan(old.incarnation());
        assertThat(tryBegin(there, fresh.generation()).begun()).isEmpty();
        assertThat(db.restart(here, id, old.incarnation(), NOW).outcome()).isEqualTo(StartOutcome.FREED);
        assertThat(db.running(here.node(), 10)).extracting(Running::cancelled).containsExactly(true);
        Due next = end(here, old).next();
        assertThat(next).isNotNull();
        assertThat(begin(here, next.generation()).incarnation()).isEqualTo(fresh.incarnation());
    }

    @Test
    void submit_coalescesWithWhatIsPending() {
        Armed<SubmitOutcome> first = submit(here);
        assertThat(first.outcome()).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(first.claimed()).isTrue();
        Armed<SubmitOutcome> second = submit(there);
        assertThat(second.outcome()).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(second.generation()).isEqualTo(first.generation());
        assertThat(second.claimed()).isFalse();
        StartedRun run = begin(here, first.generation());
        assertThat(submit(there).outcome()).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(submit(there).outcome()).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(end(here, run).next()).isNotNull();
    }

    @Test
    void restart_armsTheIncarnationThatRuns() {
        StartedRun run = run(here);
        Armed<StartOutcome> restarted = db.restart(here, id, run.incarnation(), NOW);
        assertThat(restarted.outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(restarted.claimed()).isFalse();
        assertThat(db.restart(here, id, run.incarnation(), NOW).outcome()).isEqualTo(StartOutcome.REARMED);
        delete();
        assertThat(db.restart(here, id, run.incarnation(), NOW).outcome()).isEqualTo(StartOutcome.FREED);
    }

    @Test
    void restart_tellsWhichScheduleTheKeyGoesOnWith() {
        Armed<StartOutcome> first = start(here, SOON.of("every PT1M"));
        assertThat(db.restart(here, id, first.incarnation(), SOON).schedule()).isEqualTo("every PT1M");
        Armed<StartOutcome> plain = start(here, SOON);
        assertThat(db.restart(here, id, plain.incarnation(), SOON).schedule()).isNull();
    }

    @Test
    void retry_deliversTheSameGenerationAgain() {
        StartedRun run = run(here);
        assertThat(db.retry(id, run.token(), NOW)).isEqualTo(SCHEDULED);
        Due next = end(here, run).next();
        assertThat(next.generation()).isEqualTo(run.generation());
        assertThat(next.attempt()).isEqualTo(2);
        StartedRun second = begin(here, next.generation());
        assertThat(second.generation()).isEqualTo(run.generation());
        assertThat(second.attempt()).isEqualTo(2);
        start(there, LATER);
        assertThat(db.retry(id, second.token(), NOW).outcome()).isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(end(here, second).next()).isNull();
        assertThat(row().generation()).isGreaterThan(run.generation());
    }

    @Test
    void retry_isPutBeforeTheNextPeriodAndKeepsTheGrid() {
        StartedRun run = period(start(here, NOW).generation(), db.now() + MINUTE);
        long point = row().due();
        assertThat(db.retry(id, run.token(), Deadline.in(2 * MINUTE)).outcome())
                .as("after the period")
                .isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(db.retry(id, run.token(), NOW)).isEqualTo(new StoreSession.Retried(RetryOutcome.SCHEDULED, true));
        Due again = end(here, run).next();
        assertThat(again.generation()).isEqualTo(run.generation());
        assertThat(again.attempt()).isEqualTo(2);
        assertThat(again.due()).isGreaterThan(run.due()).isLessThan(point);
        assertThat(again.point()).isEqualTo(run.due());
        assertThat(again.period()).isFalse();
        StartedRun second = period(again.generation(), point);
        assertThat(db.retry(id, second.token(), NOW)).isEqualTo(new StoreSession.Retried(RetryOutcome.SCHEDULED, true));
        assertThat(end(here, second).next().point()).as("a retry of the retry").isEqualTo(run.due());
    }

    @Test
    void retry_whereNoPeriodIsLeftOut_comesBeforeOneThatIsDueBefore() {
        StartedRun run = period(start(here, NOW).generation(), db.now() + MINUTE);
        StoreSession.Retried retried = db.with(connection -> store.on(connection)
                .retry(
                        id,
                        run.token(),
                        Deadline.in(2 * MINUTE),
                        new StoreSession.Retry(false, true),
                        Offer.nothing(Carrying.NOTHING)));
        assertThat(retried).isEqualTo(new StoreSession.Retried(RetryOutcome.SCHEDULED, true));
        assertThat(row().generation()).isEqualTo(run.generation());
    }

    @Test
    void retry_afterACancelFromAnywhere_isWithdrawn() {
        StartedRun run = run(here);
        assertThat(db.cancel(id).outcome()).isEqualTo(CancelOutcome.RUNNING);
        assertThat(db.retry(id, run.token(), NOW).outcome()).isEqualTo(RetryOutcome.WITHDRAWN);
        assertThat(end(here, run).next()).isNull();
        StartedRun next = run(there);
        assertThat(db.retry(id, next.token(), NOW)).as("of the next run").isEqualTo(SCHEDULED);
    }

    @Test
    void touch_ofAPeriod_isAPeriodNoLonger() {
        period(start(here, NOW).generation(), db.now() + MINUTE);
        touch(NOW);
        assertThat(sweep(there)).isEmpty();
        assertThat(db.retry(id, db.runToken(id), NOW).outcome()).isEqualTo(RetryOutcome.SUPERSEDED);
    }

    /** Begins a run of a periodic slot, and arms its next period. */
    private StartedRun period(long generation, long nextDue) {
        return db.begin(here.node(), List.of(new Begin(id, generation, nextDue)))
                .begun()
                .get(0);
    }

    @Test
    void pause_keepsTheDeadlineAndNothingBegins() {
        long generation = start(here, NOW).generation();
        assertThat(db.pause(id)).isTrue();
        assertThat(db.pause(id)).isFalse();
        assertThat(row()).matches(row -> row.paused() && row.armed());
        assertThat(tryBegin(here, generation).refused())
                .extracting(NotBegun::reason)
                .containsExactly(NotBegun.Reason.GONE);
        assertThat(sweep(there)).isEmpty();
        Due due = db.resume(there, id).orElseThrow();
        assertThat(due.generation()).isEqualTo(generation);
        assertThat(db.resume(there, id)).isEmpty();
        begin(there, generation);
    }

    @Test
    void pause_whileRunning_keepsTheRearmBackWhenTheRunEnds() {
        StartedRun run = run(here);
        start(here, NOW);
        db.pause(id);
        assertThat(end(here, run)).matches(ended -> ended.result() == Ended.Result.ENDED && ended.next() == null);
        assertThat(sweep(there)).isEmpty();
        assertThat(db.resume(there, id)).isPresent();
    }

    @Test
    void pauseMap_letsNothingBegin() {
        long generation = start(here, NOW).generation();
        assertThat(db.pauseMap("m", true)).isTrue();
        assertThat(db.pauseMap("m", true)).isFalse();
        assertThat(db.pausedMaps()).containsExactly("m");
        assertThat(tryBegin(here, generation).begun()).isEmpty();
        assertThat(db.overlooked(here.node(), 0, 10)).isEmpty();
        assertThat(db.pauseMap("m", false)).isTrue();
        assertThat(db.overlooked(here.node(), 0, 10))
                .extracting(Due::generation)
                .containsExactly(generation);
        begin(here, generation);
    }

    @Test
    void deleteAll_freesBatchByBatch() {
        for (int i = 0; i < 5; i++) {
            SlotId one = new SlotId("m", "k" + i);
            db.start(here, one, SOON, null, 0);
        }
        db.cancel(new SlotId("m", "k0"));
        db.start(here, new SlotId("n", "other"), SOON, null, 0);
        StoreSession.DeletedBatch first = db.deleteAll("m", null, 3);
        assertThat(first).isEqualTo(new StoreSession.DeletedBatch(3, 2, "k2"));
        assertThat(db.deleteAll("m", "k2", 3)).isEqualTo(new StoreSession.DeletedBatch(2, 2, "k4"));
        assertThat(db.deleteAll("m", "k4", 3)).isEqualTo(new StoreSession.DeletedBatch(0, 0, null));
        assertThat(db.count("m", 10).slots()).isZero();
        assertThat(db.count("n", 10).slots()).isEqualTo(1);
        StartedRun run = run(here);
        db.deleteAll("m", null, 3);
        assertThat(db.runs("m")).isTrue();
        end(here, run);
        assertThat(db.runs("m")).isFalse();
    }

    @Test
    void list_isOrderedBoundedAndByPrefix() {
        for (String key : List.of("a", "b1", "b2", "b\uFFFF", "b\uD83D\uDE00", "c", "")) {
            db.start(here, new SlotId("m", key), SOON, null, 0);
        }
        assertThat(keys("", null, 10)).containsExactly("", "a", "b1", "b2", "b\uFFFF", "b\uD83D\uDE00", "c");
        assertThat(keys("b", null, 10)).containsExactly("b1", "b2", "b\uFFFF", "b\uD83D\uDE00");
        assertThat(keys("b", "b1", 2)).containsExactly("b2", "b\uFFFF");
        assertThat(keys("", "b2", 10)).containsExactly("b\uFFFF", "b\uD83D\uDE00", "c");
        assertThat(keys("x", null, 10)).isEmpty();
    }

    @Test
    void transaction_rolledBack_leavesNothing() throws Exception {
        start(here, LATER);
        try (var connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            store.on(connection).cancel(id, WhenIdle.KEEP, Carrying.NOTHING);
            store.on(connection).start(here, new SlotId("m", "other"), SOON, null, 3);
            connection.rollback();
            connection.setAutoCommit(true);
        }
        assertThat(row().armed()).isTrue();
        assertThat(db.count("m", 10).slots()).isEqualTo(1);
    }

    @Test
    void namespaces_doNotSeeEachOther() {
        start(here, SOON);
        TestStore other = new TestStore(pool, new Sessions(namespace + "x"));
        assertThat(other.find(id)).isEmpty();
        assertThat(other.cancel(id).outcome()).isEqualTo(CancelOutcome.ABSENT);
        assertThat(other.nodes(10)).isEmpty();
        assertThat(db.nodes(10)).extracting(Node::holds).containsExactly(1L, 0L);
    }

    @Test
    void refusal_namesWhatItWasDoingAndWhy() {
        TestStore elsewhere = new TestStore(pool, new Sessions(new Tables("nowhere_"), namespace));
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> elsewhere.cancel(id))
                .withMessageContaining("cancel a slot")
                .withMessageContaining("nowhere_slot")
                .matches(e -> e.trouble() == Trouble.BUG);
    }

    private Armed<TouchOutcome> touch(Deadline when) {
        return db.touch(here, id, when);
    }

    private Removed<CancelOutcome> cancel() {
        return db.cancel(id);
    }

    private Removed<DeleteOutcome> delete() {
        return db.delete(id);
    }

    private Armed<SubmitOutcome> submit(Claim claim) {
        return db.submit(claim, id, null, 0);
    }

    private List<String> keys(String prefix, String after, int limit) {
        return db.list("m", prefix, after, limit).stream()
                .map(row -> row.id().key())
                .toList();
    }
}
