package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.Released;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Claims, runs, their ends, and what becomes of them when a node is gone. */
class FiringTests extends StoreTests {

    @Test
    void begin_beforeItIsDue_isEarly() {
        Armed<StartOutcome> armed = start(here, SOON);
        assertThat(tryBegin(here, armed.generation()).refused())
                .containsExactly(new NotBegun(id, armed.generation(), NotBegun.Reason.EARLY, armed.due()));
    }

    /** The next point was made of the deadline that the node holds: of a moved one it would be on another grid. */
    @Test
    void begin_ofADeadlineThatHasMoved_isRefusedWithThePresentOne() {
        Armed<StartOutcome> armed = start(here, SOON);
        Armed<TouchOutcome> moved = db.touch(there, id, NOW);
        assertThat(beginWithNext(there, armed.generation(), armed.due()).refused())
                .containsExactly(new NotBegun(id, armed.generation(), NotBegun.Reason.EARLY, moved.due()));
        assertThat(beginWithNext(there, armed.generation(), moved.due()).begun())
                .singleElement()
                .matches(run -> run.due() == moved.due());
    }

    private StoreSession.BeginResult beginWithNext(Claim claim, long generation, long due) {
        Begin begin = new Begin(id, generation, due + SECOND, false, false, SlotStore.NONE, due);
        return db.begin(claim.node(), List.of(begin));
    }

    @Test
    void begin_takesTokenDueAndGeneration() {
        Armed<StartOutcome> armed = start(here, NOW);
        StartedRun run = begin(here, armed.generation());
        assertThat(run.generation()).isEqualTo(armed.generation());
        assertThat(run.incarnation()).isEqualTo(armed.incarnation());
        assertThat(run.due()).isEqualTo(armed.due());
        assertThat(run.began()).isGreaterThanOrEqualTo(run.due());
        assertThat(run.attempt()).isEqualTo(1);
        assertThat(row()).matches(row -> row.running() && !row.armed() && row.runToken() == run.token());
        assertThat(tryBegin(here, armed.generation()).refused())
                .extracting(NotBegun::reason)
                .containsExactly(NotBegun.Reason.GONE);
    }

    /** It changes no column that is in an index: a "heap-only tuple" update. */
    @Test
    void begin_touchesNoIndex() throws Exception {
        long generation = start(here, NOW).generation();
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            Long before = hotUpdates(connection);
            Begin begin = new Begin(id, generation, SlotStore.NONE);
            assertThat(store.on(connection).begin(here.node(), List.of(begin)).begun())
                    .hasSize(1);
            assertThat(hotUpdates(connection)).isEqualTo(before + 1);
            connection.commit();
            connection.setAutoCommit(true);
        }
    }

    @Test
    void begin_ofAPeriodicSlot_armsTheNextPeriodWithANewGeneration() {
        long generation = start(here, NOW).generation();
        long next = db.now() + SECOND;
        StartedRun run = db.begin(here.node(), List.of(new Begin(id, generation, next)))
                .begun()
                .get(0);
        assertThat(row()).matches(row -> row.due() == next && row.generation() > generation);
        Due held = end(here, run).next();
        assertThat(held.due()).isEqualTo(next);
        assertThat(held.generation()).isGreaterThan(generation);
    }

    @Test
    void begin_byANodeThatIsNoOwner_isGone() {
        long generation = start(here, NOW).generation();
        assertThat(tryBegin(there, generation).refused())
                .extracting(NotBegun::reason)
                .containsExactly(NotBegun.Reason.GONE);
        assertThat(begin(here, generation).generation()).isEqualTo(generation);
    }

    @Test
    void begin_ofALockedRow_isLockedAndDoesNotWait() throws Exception {
        long generation = start(here, NOW).generation();
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).touch(here, id, NOW, Carrying.NOTHING);
            assertThat(tryBegin(here, generation).refused())
                    .extracting(NotBegun::reason)
                    .containsExactly(NotBegun.Reason.LOCKED);
            user.rollback();
            user.setAutoCommit(true);
        }
        begin(here, generation);
    }

    @Test
    void end_ofALockedRow_isLockedAndDoesNotWait() throws Exception {
        StartedRun run = run(here);
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).cancel(id, WhenIdle.KEEP, Carrying.NOTHING);
            assertThat(end(here, run).result()).isEqualTo(Ended.Result.LOCKED);
            user.commit();
            user.setAutoCommit(true);
        }
        assertThat(end(here, run).result()).isEqualTo(Ended.Result.ENDED);
        assertThat(end(here, run).result()).isEqualTo(Ended.Result.FENCED);
    }

    /** Whatever isolation the connections have: who is before it in the queue has committed by then. */
    @Test
    void beginInTurn_underRepeatableRead_comesAfterTheOneThatHadTheRow() throws Exception {
        long generation = start(here, NOW).generation();
        Begin begin = new Begin(id, generation, SlotStore.NONE);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (Connection user = pool.getConnection();
                Connection node = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).touch(here, id, NOW, Carrying.NOTHING);
            node.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            StoreSession session = store.on(node);
            Future<Optional<StoreSession.BeginResult>> inTurn = thread.submit(
                    () -> session.inTurn(id, Duration.ofSeconds(30), () -> session.begin(here.node(), List.of(begin))));
            await().until(() -> waiting() == 1);
            user.commit();
            user.setAutoCommit(true);
            assertThat(inTurn.get(30, TimeUnit.SECONDS).orElseThrow().begun()).hasSize(1);
            assertThat(node.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
        } finally {
            thread.shutdownNow();
        }
    }

    private Long waiting() {
        String count =
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        return db.with(c -> Jdbc.first(c, "count", count, row -> row.getLong(1)));
    }

    @Test
    void beginAndEnd_ofABatch_answerForEach() {
        List<Begin> begins = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            SlotId one = new SlotId("m", "k" + i);
            Armed<StartOutcome> armed = db.start(here, one, NOW, null, 0);
            begins.add(new Begin(one, i == 7 ? 1 : armed.generation(), SlotStore.NONE));
        }
        StoreSession.BeginResult result = db.begin(here.node(), begins);
        assertThat(result.begun()).hasSize(49);
        assertThat(result.refused()).containsExactly(new NotBegun(new SlotId("m", "k7"), 1, NotBegun.Reason.GONE, 0));
        assertThat(result.begun()).extracting(StartedRun::token).doesNotHaveDuplicates();
        assertThat(db.end(here, result.begun())).hasSize(49).allMatch(ended -> ended.result() == Ended.Result.ENDED);
    }

    @Test
    void sweep_claimsWhatIsNobodysAndDueSoonTheEarliestFirst() {
        long now = db.now();
        List<SlotId> ids = List.of(new SlotId("m", "k0"), new SlotId("m", "k1"), new SlotId("m", "k2"));
        Claim never = new Claim(here.node(), -MINUTE);
        db.start(never, ids.get(0), Deadline.at(now + SECOND), null, 0);
        db.start(never, ids.get(1), Deadline.at(now - 5 * SECOND), null, 0);
        db.start(never, ids.get(2), Deadline.at(now + MINUTE), null, 0);
        assertThat(db.overdue()).isGreaterThan(Duration.ofSeconds(4));
        assertThat(db.sweep(there, List.of("other"), 10)).isEmpty();
        assertThat(db.sweep(there, List.of("m"), 1)).extracting(Due::id).containsExactly(ids.get(1));
        assertThat(sweep(there)).extracting(Due::id).containsExactly(ids.get(0));
        assertThat(sweep(there)).isEmpty();
        assertThat(db.overdue()).isZero();
    }

    @Test
    void sweep_skipsWhatATransactionHas() throws Exception {
        start(new Claim(here.node(), -MINUTE), NOW);
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).touch(new Claim(here.node(), -MINUTE), id, SOON, Carrying.NOTHING);
            assertThat(sweep(there)).isEmpty();
            user.commit();
            user.setAutoCommit(true);
        }
        assertThat(sweep(there)).hasSize(1);
    }

    @Test
    void release_whatWasHeld_isAnybodys() {
        long generation = start(here, NOW).generation();
        assertThat(db.release(here.node())).isEqualTo(new Released(1, 0, 0));
        assertThat(db.release(here.node())).isEqualTo(Released.NOTHING);
        assertThat(tryBegin(here, generation).begun()).isEmpty();
        assertThat(sweep(there))
                .singleElement()
                .matches(due -> due.generation() == generation && due.attempt() == 1 && !due.cutOff());
        begin(there, generation);
    }

    @Test
    void release_whatRan_isDeliveredAgainBeforeAnythingNewer() {
        StartedRun run = run(here);
        Armed<StartOutcome> newer = start(there, NOW);
        assertThat(db.release(here.node())).isEqualTo(new Released(0, 1, 0));
        Due again = sweep(there).get(0);
        assertThat(again)
                .isEqualTo(new Due(id, run.incarnation(), run.generation(), run.due(), run.due(), false, 2, true));
        StartedRun second = begin(there, run.generation());
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.token()).isGreaterThan(run.token());
        assertThat(second.due()).isEqualTo(run.due());
        assertThat(end(here, run).result()).isEqualTo(Ended.Result.FENCED);
        assertThat(row().runToken()).isEqualTo(second.token());
        assertThat(end(there, second).next().generation()).isEqualTo(newer.generation());
    }

    @Test
    void release_twiceInARow_countsAttempts() {
        StartedRun run = run(here);
        db.release(here.node());
        sweep(there);
        StartedRun second = begin(there, run.generation());
        db.release(there.node());
        Claim third = new Claim(db.join("third"), SECOND);
        assertThat(sweep(third)).extracting(Due::attempt).containsExactly(3);
        StartedRun last = begin(third, run.generation());
        assertThat(last.attempt()).isEqualTo(3);
        assertThat(end(there, second).result()).isEqualTo(Ended.Result.FENCED);
        assertThat(end(third, last).result()).isEqualTo(Ended.Result.ENDED);
    }

    @Test
    void release_ofWhatWasClaimedAgainButNotBegun_keepsTheAttempt() {
        StartedRun run = run(here);
        db.release(here.node());
        sweep(there);
        assertThat(db.release(there.node())).isEqualTo(new Released(0, 1, 0));
        Claim third = new Claim(db.join("third"), SECOND);
        assertThat(sweep(third)).extracting(Due::attempt).containsExactly(2);
        assertThat(begin(third, run.generation()).attempt()).isEqualTo(2);
    }

    @Test
    void release_ofARunWhoseSlotWasDeleted_endsIt() {
        StartedRun run = run(here);
        db.delete(id);
        assertThat(db.release(here.node())).isEqualTo(new Released(0, 0, 1));
        assertThat(sweep(there)).isEmpty();
        assertThat(db.runToken(id)).isZero();
        assertThat(end(here, run).result()).isEqualTo(Ended.Result.FENCED);
    }

    @Test
    void release_ofARunWhoseSlotWasDeletedAndStarted_deliversOnlyTheNewOne() {
        run(here);
        db.delete(id);
        Armed<StartOutcome> fresh = start(there, NOW);
        assertThat(db.release(here.node())).isEqualTo(new Released(0, 0, 1));
        assertThat(sweep(there))
                .containsExactly(new Due(
                        id, fresh.incarnation(), fresh.generation(), fresh.due(), fresh.due(), false, 1, false));
    }

    @Test
    void cutOff_deletedBeforeItIsDeliveredAgain_isGone() {
        run(here);
        db.release(here.node());
        assertThat(db.cancel(id).outcome()).isEqualTo(CancelOutcome.RUNNING);
        assertThat(db.delete(id).outcome()).isEqualTo(DeleteOutcome.DELETED_WHILE_RUNNING);
        assertThat(sweep(there)).isEmpty();
    }

    @Test
    void cutOff_byItsOwnNode_whoseBeginWasNotSeen() {
        StartedRun run = run(here);
        assertThat(db.cutOff(there.node(), id, run.token())).isFalse();
        assertThat(db.cutOff(here.node(), id, run.token())).isTrue();
        assertThat(sweep(here)).extracting(Due::attempt).containsExactly(2);
        assertThat(db.overlooked(here.node(), -SECOND, 10))
                .extracting(Due::cutOff)
                .containsExactly(true);
        begin(here, run.generation());
        assertThat(db.overlooked(here.node(), -SECOND, 10)).isEmpty();
    }

    @Test
    void releaseOrphans_findsClaimsOfNodesThatAreGone() throws Exception {
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).start(here, id, NOW, null, 0);
            assertThat(db.release(here.node())).isEqualTo(Released.NOTHING);
            user.commit();
            user.setAutoCommit(true);
        }
        assertThat(tryBegin(here, row().generation()).begun()).isEmpty();
        assertThat(sweep(there)).isEmpty();
        assertThat(db.releaseOrphans()).isEqualTo(new Released(1, 0, 0));
        assertThat(db.releaseOrphans()).isEqualTo(Released.NOTHING);
        assertThat(sweep(there)).hasSize(1);
    }

    @Test
    void release_leavesWhatATransactionHasToTheOrphans() throws Exception {
        StartedRun run = run(here);
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).cancel(id, WhenIdle.KEEP, Carrying.NOTHING);
            assertThat(db.release(here.node())).isEqualTo(Released.NOTHING);
            user.rollback();
            user.setAutoCommit(true);
        }
        assertThat(db.releaseOrphans()).isEqualTo(new Released(0, 1, 0));
        assertThat(end(here, run).result()).isEqualTo(Ended.Result.FENCED);
        assertThat(sweep(there)).hasSize(1);
    }

    @Test
    void purge_removesWhatDiedAMinuteAgoAndDoesNotRun() throws Exception {
        SlotId running = new SlotId("m", "running");
        start(here, SOON);
        db.delete(id);
        Armed<StartOutcome> armed = db.start(here, running, NOW, null, 0);
        db.begin(here.node(), List.of(new Begin(running, armed.generation(), SlotStore.NONE)));
        db.delete(running);
        db.purge(10);
        assertThat(rows()).isEqualTo(2);
        db.with(c -> Jdbc.update(
                c, "age", "update asyncslot_slot set dead_at = dead_at - 61000000 where ns = ?", namespace));
        db.purge(10);
        assertThat(rows()).isEqualTo(1);
        assertThat(db.runToken(running)).isPositive();
    }

    @Test
    void purge_ofManyRows_answersFewerThanTheLimitOnlyWhenNoneIsLeft() {
        List<SlotId> ids = new ArrayList<>();
        for (int i = 0; i < 2_500; i++) {
            ids.add(new SlotId("m", "dead" + i));
        }
        db.startAll(here, ids, LATER, null, 0);
        db.deleteAll("m", null, 5_000);
        db.with(c -> Jdbc.update(
                c, "age", "update asyncslot_slot set dead_at = dead_at - 61000000 where ns = ?", namespace));
        int rounds = 0;
        while (db.purge(1_000) == 1_000) {
            rounds++;
        }
        assertThat(rounds).isGreaterThanOrEqualTo(2);
        assertThat(rows()).isZero();
    }

    /** What is overdue in maps that are paused, or that the node does not have, is not read. */
    @Test
    void sweep_besideManyOverdueSlotsOfOtherMaps_readsOnlyItsOwn() throws Exception {
        Claim never = new Claim(here.node(), -MINUTE);
        for (String map : List.of("paused", "unhosted")) {
            List<SlotId> ids = new ArrayList<>();
            for (int i = 0; i < 3_000; i++) {
                ids.add(new SlotId(map, "k" + i));
            }
            db.startAll(never, ids, NOW, null, 0);
        }
        db.pauseMap("paused", true);
        start(never, NOW);
        db.with(c -> Jdbc.update(c, "analyze", "analyze asyncslot_slot"));
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            Long before = read(connection);
            assertThat(store.on(connection)
                            .sweep(there, List.of("m", "paused"), List.of(), 500)
                            .due())
                    .extracting(Due::id)
                    .containsExactly(id);
            assertThat(read(connection) - before).as("rows read").isLessThan(50);
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static Long read(Connection connection) {
        String count =
                "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'asyncslot_slot'";
        return Jdbc.first(connection, "count", count, row -> row.getLong(1));
    }

    @Test
    void attempts_goBeyondSixteenBits() {
        StartedRun run = run(here);
        db.with(c -> Jdbc.update(c, "age", "update asyncslot_slot set run_attempt = 32767 where ns = ?", namespace));
        assertThat(db.retry(id, run.token(), NOW).outcome()).isEqualTo(RetryOutcome.SCHEDULED);
        assertThat(end(here, run).result()).isEqualTo(Ended.Result.ENDED);
        assertThat(begin(here, run.generation()).attempt()).isEqualTo(32_768);
    }

    @Test
    void awaits_inARing_areRefusedWhateverItsLength() {
        List<StartedRun> runs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            SlotId one = new SlotId("m", "k" + i);
            Claim claim = i % 2 == 0 ? here : there;
            Armed<StartOutcome> armed = db.start(claim, one, NOW, null, 0);
            Begin begin = new Begin(one, armed.generation(), SlotStore.NONE);
            runs.addAll(db.begin(claim.node(), List.of(begin)).begun());
        }
        for (int i = 0; i < 4; i++) {
            assertThat(announce(runs.get(i), runs.get(i + 1))).isTrue();
        }
        assertThat(announce(runs.get(4), runs.get(0))).isFalse();
        assertThat(announce(runs.get(4), runs.get(4))).isFalse();
        db.withdrawAwait(runs.get(2).id(), runs.get(2).token());
        assertThat(announce(runs.get(4), runs.get(0))).isTrue();
        assertThat(announce(runs.get(2), runs.get(3))).isFalse();
        end(there, runs.get(3));
        assertThat(announce(runs.get(2), runs.get(3))).isTrue();
    }

    private boolean announce(StartedRun self, StartedRun target) {
        return db.announceAwait(self.id(), self.token(), target.id());
    }

    private static Long hotUpdates(Connection connection) {
        String count = "select pg_stat_get_xact_tuples_hot_updated('asyncslot_slot'::regclass)";
        return Jdbc.first(connection, "count", count, row -> row.getLong(1));
    }

    private long rows() {
        return db.with(c -> Jdbc.first(
                c, "count", "select count(*) from asyncslot_slot where ns = ?", r -> r.getLong(1), namespace));
    }
}
