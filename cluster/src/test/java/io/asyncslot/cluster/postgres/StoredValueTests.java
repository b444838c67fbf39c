package io.asyncslot.cluster.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.asyncslot.CancelOutcome;
import io.asyncslot.Merge;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Released;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values in the database: whose they are, and what becomes of them when nodes die and transactions wait. */
class StoredValueTests extends StoreTests {

    private static final Carrying COLLECT = carrying(Merge.COLLECT);

    private static Carrying carrying(Merge merge) {
        return new Carrying(merge, 0, 0, SlotStore.NONE);
    }

    @BeforeEach
    void empty() {
        db.with(connection -> Jdbc.update(connection, "empty the table", "delete from asyncslot_value"));
    }

    /** Nothing of a value stays behind when nothing is pending or running. */
    @AfterEach
    void assertNothingLeft() {
        Integer open = db.with(connection -> Jdbc.first(
                connection,
                "look for what is pending",
                "select count(*) from asyncslot_slot where ns = ?"
                        + " and (due is not null or run_token is not null or failed_at is not null)",
                row -> row.getInt(1),
                namespace));
        if (open != null && open == 0) {
            assertThat(stored()).as("values that nobody gets").isZero();
        }
    }

    private long stored() {
        Long rows = db.with(connection ->
                Jdbc.first(connection, "count values", "select count(*) from asyncslot_value", row -> row.getLong(1)));
        return rows == null ? 0 : rows;
    }

    private Armed<StartOutcome> start(Claim claim, Carrying carrying, Deadline when, @Nullable String value) {
        return db.start(claim, id, when, new Offer(carrying, value == null ? null : value.getBytes(UTF_8), null), 0);
    }

    private StartedRun beginWithValues(Claim claim, long generation) {
        StoreSession.BeginResult result =
                db.begin(claim.node(), List.of(new Begin(id, generation, SlotStore.NONE, true, true)));
        assertThat(result.refused()).isEmpty();
        return result.begun().get(0);
    }

    private StoreSession.Retried retry(StartedRun run, Carrying carrying) {
        return db.with(connection -> store.on(connection)
                .retry(id, run.token(), NOW, new StoreSession.Retry(false, false), Offer.nothing(carrying)));
    }

    private static List<String> texts(@Nullable List<byte[]> values) {
        return values == null
                ? List.of("none at all")
                : values.stream().map(bytes -> new String(bytes, UTF_8)).toList();
    }

    private List<String> pending() {
        return texts(db.with(
                connection -> store.on(connection).find(id, true).orElseThrow().values()));
    }

    @ParameterizedTest
    @EnumSource(names = {"LAST", "FIRST", "COLLECT"})
    void runThatWasCutOff_isHandedTheSameAgain_andWhatCameMeanwhileIsOfTheNext(Merge merge) {
        Carrying carrying = carrying(merge);
        StartedRun run = beginWithValues(here, start(here, carrying, NOW, "one").generation());
        assertThat(texts(run.values())).containsExactly("one");
        start(there, carrying, NOW, "two");
        assertThat(pending()).containsExactly("two");
        assertThat(db.release(here.node())).isEqualTo(new Released(0, 1, 0));
        Due again = sweep(there).get(0);
        StartedRun second = beginWithValues(there, again.generation());
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(texts(second.values())).containsExactly("one");
        StartedRun third = beginWithValues(there, end(there, second).next().generation());
        assertThat(texts(third.values())).containsExactly("two");
        assertThat(end(there, third).next()).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"LAST", "FIRST", "COLLECT"})
    void runThatAskedForARetryAndWasCutOff_isDeliveredByThatRetryOnly(Merge merge) {
        Carrying carrying = carrying(merge);
        StartedRun run = beginWithValues(here, start(here, carrying, NOW, "one").generation());
        assertThat(retry(run, carrying).outcome()).isEqualTo(RetryOutcome.SCHEDULED);
        assertThat(pending()).containsExactly("one");
        db.release(here.node());
        Due again = sweep(there).get(0);
        assertThat(again.cutOff()).isFalse();
        assertThat(again.generation()).isEqualTo(run.generation());
        StartedRun second = beginWithValues(there, again.generation());
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(texts(second.values())).containsExactly("one");
        assertThat(end(there, second).next()).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"LAST", "FIRST", "COLLECT"})
    void runThatPassedItsValuesOnAndWasCutOff_isNotDeliveredAgain(Merge merge) {
        Carrying carrying = carrying(merge);
        StartedRun run = beginWithValues(here, start(here, carrying, NOW, "one").generation());
        Armed<StartOutcome> newer = start(there, carrying, NOW, "two");
        assertThat(retry(run, carrying).outcome()).isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(retry(run, carrying).outcome()).isEqualTo(RetryOutcome.SUPERSEDED);
        db.release(here.node());
        Due next = sweep(there).get(0);
        assertThat(next.generation()).isEqualTo(newer.generation());
        List<String> handed = texts(beginWithValues(there, next.generation()).values());
        assertThat(handed)
                .isEqualTo(
                        switch (merge) {
                            case COLLECT -> List.of("one", "two");
                            case FIRST -> List.of("one");
                            case LAST, FUNCTION -> List.of("two");
                        });
    }

    @Test
    void cutOffByItsOwnNode_whoseRunPassedItsValuesOn_isOver() {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        retry(run, COLLECT);
        assertThat(db.cutOff(here.node(), id, run.token())).isTrue();
        Due again = sweep(there).get(0);
        assertThat(again.cutOff()).isFalse();
        assertThat(texts(beginWithValues(there, again.generation()).values())).containsExactly("one");
    }

    /** A statement that waits for the row has a snapshot from before: it must see what was accepted meanwhile all the same. */
    @Test
    void cancelThatWaitsForAnAccept_takesThatValueAwayToo() throws Exception {
        start(here, COLLECT, LATER, "one");
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).start(here, id, LATER, new Offer(COLLECT, "two".getBytes(UTF_8), null), 0);
            CompletableFuture<CancelOutcome> cancel = CompletableFuture.supplyAsync(() -> db.with(connection ->
                    store.on(connection).cancel(id, WhenIdle.FREE, COLLECT).outcome()));
            await().atMost(Duration.ofSeconds(30)).until(() -> TestDatabase.waitingForLocks(pool) == 1);
            assertThat(cancel).isNotDone();
            user.commit();
            user.setAutoCommit(true);
            assertThat(cancel.get(20, TimeUnit.SECONDS)).isEqualTo(CancelOutcome.CANCELLED);
        }
        assertThat(stored()).isZero();
    }

    /** As above: a begin acts on no row that has changed since its snapshot, so that it sees all values of the run. */
    @Test
    void beginWhileAValueIsAccepted_waitsForItsNextTurn_andHandsItOver() throws Exception {
        Armed<StartOutcome> armed = start(here, COLLECT, NOW, "one");
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            Armed<SubmitOutcome> more =
                    store.on(user).submit(here, id, new Offer(COLLECT, "two".getBytes(UTF_8), null), 0);
            assertThat(more.generation()).isEqualTo(armed.generation());
            Begin begin = new Begin(id, armed.generation(), SlotStore.NONE, true, true);
            assertThat(db.begin(here.node(), List.of(begin)).refused())
                    .extracting(NotBegun::reason)
                    .containsExactly(NotBegun.Reason.LOCKED);
            user.commit();
            user.setAutoCommit(true);
        }
        StartedRun run = beginWithValues(here, armed.generation());
        assertThat(texts(run.values())).containsExactly("one", "two");
        end(here, run);
    }

    @Test
    void deleteDuringTheRun_leavesTheRunItsOwn_untilItEnds() {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        start(here, COLLECT, LATER, "two");
        db.with(connection -> store.on(connection).delete(id, COLLECT));
        assertThat(stored()).isOne();
        start(here, COLLECT, LATER, "three");
        assertThat(pending()).containsExactly("three");
        end(here, run);
        assertThat(stored()).isOne();
        db.with(connection -> store.on(connection).delete(id, COLLECT));
        assertThat(stored()).isZero();
    }

    @Test
    void slotsOfAMapThatIsDropped_goWithTheirValues() {
        start(here, COLLECT, LATER, "one");
        start(here, COLLECT, LATER, "two");
        assertThat(db.deleteAll("m", null, 10).deletedArmed()).isOne();
        assertThat(stored()).isZero();
    }

    @Test
    void purge_takesWhatWasKeptOfAFailedRun() {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        Finish failed = new Finish(run, Finish.Result.FAILED, 1, "error");
        db.with(connection -> store.on(connection).end(here, List.of(failed), Set.of("m"), Set.of(), SECOND));
        assertThat(stored()).isOne();
        assertThat(db.<Boolean>with(connection -> store.on(connection).retryFailed(id)))
                .isTrue();
        StartedRun again = beginWithValues(here, sweep(here).get(0).generation());
        assertThat(texts(again.values())).containsExactly("one");
        Finish failedAgain = new Finish(again, Finish.Result.FAILED, 1, "error");
        db.with(connection -> store.on(connection).end(here, List.of(failedAgain), Set.of("m"), Set.of(), SECOND));
        db.with(connection -> Jdbc.update(
                connection, "let time pass", "update asyncslot_slot set dead_at = 1 where ns = ?", namespace));
        assertThat(db.purge(100)).isOne();
        assertThat(stored()).isZero();
    }

    /** What was kept of a failed run was handed over: a new firing does not get it, and takes its place. */
    @Test
    void startAfterAFailedRun_isNotHandedWhatThatWas() {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        Finish failed = new Finish(run, Finish.Result.FAILED, 1, "error");
        db.with(connection -> store.on(connection).end(here, List.of(failed), Set.of(), Set.of(), SECOND));
        StartedRun next = beginWithValues(here, start(here, COLLECT, NOW, "two").generation());
        assertThat(texts(next.values())).containsExactly("two");
        assertThat(stored()).isOne();
        end(here, next);
    }

    @Test
    void take_ofWhatHasChangedMeanwhile_takesNothing() {
        start(here, COLLECT, LATER, "one");
        Row seen = db.with(connection -> store.on(connection).find(id, true)).orElseThrow();
        db.submit(here, id, new Offer(COLLECT, "two".getBytes(UTF_8), null), 0);
        assertThat(db.<Boolean>with(
                        connection -> store.on(connection).take(id, seen).isPresent()))
                .isFalse();
        Row now = db.with(connection -> store.on(connection).find(id, true)).orElseThrow();
        assertThat(texts(now.values())).containsExactly("one", "two");
        assertThat(db.<Boolean>with(
                        connection -> store.on(connection).take(id, now).isPresent()))
                .isTrue();
        assertThat(db.find(id)).isEmpty();
        assertThat(stored()).isZero();
    }

    /** What others have merged meanwhile is not overwritten. */
    @Test
    void valueMergedWithWhatIsNotPendingAnyMore_isNotAccepted() {
        Carrying function = carrying(Merge.FUNCTION);
        byte[] one = {1};
        byte[] two = {2};
        byte[] three = {3};
        assertThat(db.start(here, id, LATER, new Offer(function, one, List.of(one)), 0)
                        .foundChange())
                .isTrue();
        assertThat(db.find(id)).isEmpty();
        assertThat(db.start(here, id, LATER, new Offer(function, one, List.of()), 0)
                        .foundChange())
                .isFalse();
        assertThat(db.start(here, id, LATER, new Offer(function, two, List.of()), 0)
                        .foundChange())
                .isTrue();
        assertThat(db.start(here, id, LATER, new Offer(function, two, List.of(one)), 0)
                        .foundChange())
                .isFalse();
        assertThat(db.start(here, id, LATER, new Offer(function, three, List.of(one)), 0)
                        .foundChange())
                .isTrue();
        assertThat(db.with(connection -> store.on(connection).find(id, true))
                        .orElseThrow()
                        .values())
                .containsExactly(two);
    }

    @Test
    void flush_isClaimedAtOnce() {
        Carrying flush = new Carrying(Merge.COLLECT, 0, 2, SlotStore.NONE);
        assertThat(start(here, flush, LATER, "one").claimed()).isFalse();
        Armed<StartOutcome> second = start(here, flush, LATER, "two");
        assertThat(second.claimed()).isTrue();
        end(here, beginWithValues(here, second.generation()));
    }

    @Test
    void bounds_countWhatIsPending_andRoomIsExact() {
        Carrying one = new Carrying(Merge.COLLECT, 1, 0, SlotStore.NONE);
        Offer offer = new Offer(one, new byte[] {1}, null);
        assertThat(db.start(here, id, LATER, offer, 1).outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(db.start(here, id, LATER, offer, 1).outcome()).isEqualTo(StartOutcome.REJECTED);
        assertThat(db.start(here, id, LATER, Offer.nothing(one), 1).outcome()).isEqualTo(StartOutcome.REARMED);
        assertThat(db.submit(here, new SlotId("m", "other"), offer, 1).outcome())
                .isEqualTo(SubmitOutcome.REJECTED);
        assertThat(stored()).isOne();
        db.with(connection -> store.on(connection).cancel(id, WhenIdle.FREE, one));
        assertThat(db.submit(here, new SlotId("m", "other"), offer, 1).outcome())
                .isEqualTo(SubmitOutcome.SUBMITTED);
    }

    /** A begin and an end of slots with and without values are one step each. */
    @Test
    void runsWithAndWithoutValues_beginAndEndTogether() {
        SlotId plain = new SlotId("p", "k");
        long generation = start(here, COLLECT, NOW, "one").generation();
        long other = db.start(here, plain, NOW, null, 0).generation();
        List<StartedRun> runs = db.begin(
                        here.node(),
                        List.of(
                                new Begin(id, generation, SlotStore.NONE, true, true),
                                new Begin(plain, other, SlotStore.NONE, false, false)))
                .begun();
        assertThat(runs).hasSize(2);
        assertThat(db.end(here, runs)).extracting(Ended::result).containsOnly(Ended.Result.ENDED);
    }

    /** What another node may deliver by now is not made pending besides. */
    @ParameterizedTest
    @EnumSource(names = {"LAST", "FIRST", "COLLECT"})
    void runThatWasCutOff_cannotAskForARetryAnyMore(Merge merge) {
        Carrying carrying = carrying(merge);
        StartedRun run = beginWithValues(here, start(here, carrying, NOW, "one").generation());
        db.release(here.node());
        assertThat(retry(run, carrying).outcome()).isEqualTo(RetryOutcome.FREED);
        Due again = sweep(there).get(0);
        assertThat(again.cutOff()).isTrue();
        StartedRun second = beginWithValues(there, again.generation());
        assertThat(texts(second.values())).containsExactly("one");
        assertThat(end(there, second).next()).isNull();
    }

    private boolean taken(Row seen) {
        return db.with(connection -> store.on(connection).take(id, seen).isPresent());
    }

    private RetryOutcome retryMerged(StartedRun run, String merged, String expected) {
        Offer offer = new Offer(carrying(Merge.FUNCTION), bytes(merged), List.of(bytes(expected)));
        return db.with(connection ->
                        store.on(connection).retry(id, run.token(), NOW, new StoreSession.Retry(false, false), offer))
                .outcome();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** The answer of a retry may be lost: its caller asks once more, with its own value merged once more. */
    @Test
    void retryThatIsAskedForTwice_passesItsValueOnOnce() {
        Carrying carrying = carrying(Merge.FUNCTION);
        StartedRun run = beginWithValues(here, start(here, carrying, NOW, "one").generation());
        start(there, carrying, LATER, "two");
        assertThat(retryMerged(run, "one+two", "two")).isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(retryMerged(run, "one+one+two", "one+two")).isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(pending()).containsExactly("one+two");
        assertThat(retryMerged(run, "one+two", "two")).isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(pending()).containsExactly("one+two");
    }

    @Test
    void retryThatIsRolledBack_hasPassedNothingOn() throws Exception {
        Carrying carrying = carrying(Merge.FUNCTION);
        StartedRun run = beginWithValues(here, start(here, carrying, NOW, "one").generation());
        start(there, carrying, LATER, "two");
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            Offer offer = new Offer(carrying, bytes("one+two"), List.of(bytes("two")));
            assertThat(store.on(user)
                            .retry(id, run.token(), NOW, new StoreSession.Retry(false, false), offer)
                            .outcome())
                    .isEqualTo(RetryOutcome.SUPERSEDED);
            user.rollback();
            user.setAutoCommit(true);
        }
        assertThat(pending()).containsExactly("two");
        assertThat(retryMerged(run, "one+two", "two")).isEqualTo(RetryOutcome.SUPERSEDED);
        assertThat(pending()).containsExactly("one+two");
    }

    /** It neither stays for ever with nothing pending, nor is it delivered with nothing: whoever comes next ends it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void runWhosePassedOnValuesAreGone_andThatIsCutOff_onlyEnds(boolean cancelled) {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        retry(run, COLLECT);
        if (cancelled) {
            db.with(connection -> store.on(connection).cancel(id, WhenIdle.FREE, COLLECT));
            assertThat(retry(run, COLLECT).outcome()).isEqualTo(RetryOutcome.WITHDRAWN);
        } else {
            Row seen =
                    db.with(connection -> store.on(connection).find(id, true)).orElseThrow();
            assertThat(taken(seen)).isTrue();
        }
        db.release(here.node());
        Due due = sweep(there).get(0);
        StartedRun over = beginWithValues(there, due.generation());
        assertThat(over.state()).isEqualTo(StartedRun.State.OVER);
        Finish finish = new Finish(over, Finish.Result.NOT_CALLED, 0, null);
        List<Ended> ended =
                db.with(connection -> store.on(connection).end(there, List.of(finish), Set.of("m"), Set.of(), 0));
        assertThat(ended).extracting(Ended::gone).containsExactly(true);
        assertThat(db.find(id)).isEmpty();
    }

    @Test
    void runThatIsOver_endsBeforeWhatWasStartedMeanwhile() {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        retry(run, COLLECT);
        db.with(connection -> store.on(connection).cancel(id, WhenIdle.FREE, COLLECT));
        db.release(here.node());
        start(there, COLLECT, NOW, "two");
        StartedRun over = beginWithValues(there, sweep(there).get(0).generation());
        assertThat(over.state()).isEqualTo(StartedRun.State.OVER);
        StartedRun next = beginWithValues(there, end(there, over).next().generation());
        assertThat(next.state()).isEqualTo(StartedRun.State.RUNS);
        assertThat(texts(next.values())).containsExactly("two");
        end(there, next);
    }

    // What a map of another declaration left

    @Test
    void singleValue_ofAMapThatCollectsNow_isHandedOverFirst() {
        start(here, carrying(Merge.LAST), LATER, "one");
        Armed<StartOutcome> armed = start(here, COLLECT, NOW, "two");
        assertThat(pending()).containsExactly("one", "two");
        StartedRun run = beginWithValues(here, armed.generation());
        assertThat(texts(run.values())).containsExactly("one", "two");
        end(here, run);
    }

    @Test
    void collectedValues_ofAMapThatKeepsTheLastNow_areTakenAndCancelledWithTheirSlot() {
        Carrying last = carrying(Merge.LAST);
        start(here, COLLECT, LATER, "one");
        start(here, last, LATER, "two");
        Row seen = db.with(connection -> store.on(connection).find(id, true)).orElseThrow();
        assertThat(texts(seen.values())).containsExactlyInAnyOrder("one", "two");
        assertThat(taken(seen)).isTrue();
        assertThat(stored()).isZero();
        start(here, COLLECT, LATER, "three");
        db.with(connection -> store.on(connection).cancel(id, WhenIdle.KEEP, last));
        assertThat(stored()).isZero();
        start(here, COLLECT, LATER, "four");
        db.cancel(id);
        assertThat(stored()).isZero();
        start(here, COLLECT, LATER, "five");
        db.delete(id);
        assertThat(stored()).isZero();
    }

    private void assertPutOff(StartedRun run) {
        assertThat(db.<Boolean>with(
                        connection -> store.on(connection).putOff(here.node(), id, run.token(), 30 * SECOND)))
                .isTrue();
        assertThat(sweep(there)).as("slots that are due during the pause").isEmpty();
        db.with(connection ->
                Jdbc.update(connection, "let time pass", "update asyncslot_slot set look = 0 where ns = ?", namespace));
    }

    @ParameterizedTest
    @EnumSource(names = {"LAST", "COLLECT"})
    void values_ofAMapThatHasNoneHere_waitForANodeThatKnowsThem(Merge merge) {
        StartedRun run = begin(here, start(here, carrying(merge), NOW, "one").generation());
        assertThat(run.state()).isEqualTo(StartedRun.State.FOREIGN);
        assertPutOff(run);
        StartedRun again = begin(here, sweep(here).get(0).generation());
        assertThat(again.state()).isEqualTo(StartedRun.State.FOREIGN);
        assertThat(again.attempt()).isOne();
        assertPutOff(again);
        StartedRun known = beginWithValues(here, sweep(here).get(0).generation());
        assertThat(known.attempt()).isOne();
        assertThat(texts(known.values())).containsExactly("one");
        assertThat(end(here, known).next()).isNull();
        assertThat(begin(here, start(here, NOW).generation()).state()).isEqualTo(StartedRun.State.RUNS);
    }

    @Test
    void valuesOfARun_ofAMapThatHasNoneHere_waitForANodeThatKnowsThem() {
        beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        db.release(here.node());
        here = new Claim(db.join("again"), 2 * SECOND);
        StartedRun run = begin(here, sweep(here).get(0).generation());
        assertThat(run.state()).isEqualTo(StartedRun.State.FOREIGN);
        assertPutOff(run);
        StartedRun known = beginWithValues(here, sweep(here).get(0).generation());
        assertThat(known.attempt()).isEqualTo(2);
        assertThat(texts(known.values())).containsExactly("one");
        assertThat(end(here, known).next()).isNull();
    }

    @Test
    void startWithoutValues_dropsWhatIsNotPendingAnyMore() {
        start(here, carrying(Merge.LAST), LATER, "one");
        db.with(connection -> Jdbc.update(
                connection,
                "fire as a former version",
                "update asyncslot_slot set due = null where ns = ?",
                namespace));
        StartedRun run = begin(here, start(here, NOW).generation());
        assertThat(run.state()).isEqualTo(StartedRun.State.RUNS);
    }

    /** A run of a former version has its value where what is pending has it. */
    @Test
    void runOfAFormerVersion_thatWasCutOff_isHandedItsValue() {
        start(here, carrying(Merge.LAST), NOW, "one");
        db.with(connection -> Jdbc.update(
                connection,
                "begin as a former version",
                "update asyncslot_slot set run_token = 1, run_incarnation = incarnation, run_generation = generation,"
                        + " run_due = due, run_attempt = 1, run_began = due, due = null where ns = ?",
                namespace));
        db.release(here.node());
        StartedRun run = beginWithValues(there, sweep(there).get(0).generation());
        assertThat(texts(run.values())).containsExactly("one");
        start(there, carrying(Merge.LAST), NOW, null);
        StartedRun next = beginWithValues(there, end(there, run).next().generation());
        assertThat(next.values()).isEmpty();
        end(there, next);
    }

    @Test
    void valuesOfNoSlot_areRemoved() {
        start(here, COLLECT, LATER, "one");
        db.with(connection -> Jdbc.update(connection, "orphan", "insert into asyncslot_value values (-1, 1, 'lost')"));
        assertThat(db.<Integer>with(connection -> store.on(connection).purgeValues()))
                .isOne();
        assertThat(pending()).containsExactly("one");
    }

    /** Between the look and the start, the slot that was seen is deleted and its room is taken. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void startOfASlotThatGoesMeanwhile_takesNoRoomThatIsNotThere(boolean carries) throws Exception {
        Offer offer = carries ? new Offer(COLLECT, bytes("one"), null) : null;
        db.submit(here, id, offer, 1);
        try (Connection user = pool.getConnection()) {
            user.setAutoCommit(false);
            store.on(user).delete(id, COLLECT);
            assertThat(store.on(user)
                            .submit(here, new SlotId("m", "other"), null, 1)
                            .outcome())
                    .isEqualTo(SubmitOutcome.SUBMITTED);
            CompletableFuture<SubmitOutcome> submit = CompletableFuture.supplyAsync(
                    () -> db.submit(here, id, offer, 1).outcome());
            await().atMost(Duration.ofSeconds(30)).until(() -> TestDatabase.waitingForLocks(pool) == 1);
            assertThat(submit).isNotDone();
            user.commit();
            user.setAutoCommit(true);
            assertThat(submit.get(20, TimeUnit.SECONDS)).isEqualTo(SubmitOutcome.REJECTED);
        }
        assertThat(db.find(id)).isEmpty();
    }

    @Test
    void mergedValue_forASlotThatIsGone_isMergedAnew_alsoWhereRoomIsCounted() {
        Offer offer = new Offer(carrying(Merge.FUNCTION), bytes("one+two"), List.of(bytes("one")));
        assertThat(db.start(here, id, LATER, offer, 1).foundChange()).isTrue();
        db.start(here, new SlotId("m", "other"), LATER, null, 1);
        Armed<StartOutcome> full = db.start(here, id, LATER, offer, 1);
        assertThat(full.foundChange()).isFalse();
        assertThat(full.outcome()).isEqualTo(StartOutcome.REJECTED);
    }

    /** What was started during the run that failed is cancelled: the slot is freed, and its firing can be retried all the same. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void freedSlotOfAFailedFiring_staysForTheRetention(boolean cancelled) {
        StartedRun run = beginWithValues(here, start(here, COLLECT, NOW, "one").generation());
        start(here, COLLECT, LATER, "two");
        Finish failed = new Finish(run, Finish.Result.FAILED, 1, "error");
        db.with(connection -> store.on(connection).end(here, List.of(failed), Set.of("m"), Set.of(), 0));
        if (cancelled) {
            db.with(connection -> store.on(connection).cancel(id, WhenIdle.FREE, COLLECT));
        } else {
            Row seen =
                    db.with(connection -> store.on(connection).find(id, true)).orElseThrow();
            assertThat(taken(seen)).isTrue();
        }
        assertThat(db.find(id)).isEmpty();
        db.with(connection -> Jdbc.update(
                connection,
                "let two minutes pass",
                "update asyncslot_slot set dead_at = dead_at - 120000000, failed_at = failed_at - 120000000 where ns = ?",
                namespace));
        assertThat(db.<Integer>with(connection -> store.on(connection).purge(3 * MINUTE, 10)))
                .isZero();
        assertThat(stored()).isOne();
        assertThat(db.<Integer>with(connection -> store.on(connection).purge(MINUTE, 10)))
                .isOne();
        assertThat(stored()).isZero();
    }

    /** The latest point was that of the firing that failed. */
    @Test
    void latestPoint_endsWithItsFiring() {
        Carrying waits = new Carrying(Merge.LAST, 0, 0, SECOND);
        StartedRun run = beginWithValues(here, start(here, waits, NOW, "one").generation());
        Finish failed = new Finish(run, Finish.Result.FAILED, 1, "error");
        db.with(connection -> store.on(connection).end(here, List.of(failed), Set.of(), Set.of(), 0));
        db.with(connection -> Jdbc.update(
                connection, "let time pass", "update asyncslot_slot set latest = 1 where ns = ?", namespace));
        assertThat(db.<Boolean>with(connection -> store.on(connection).retryFailed(id)))
                .isTrue();
        assertThat(db.with(connection -> store.on(connection).touch(here, id, LATER, waits))
                        .due())
                .isGreaterThan(db.now());
        db.with(connection -> Jdbc.update(
                connection, "let time pass", "update asyncslot_slot set latest = 1 where ns = ?", namespace));
        start(here, LATER);
        assertThat(db.with(connection -> store.on(connection).touch(here, id, LATER, waits))
                        .due())
                .isGreaterThan(db.now());
    }

    @Test
    void manySlotsThatCollect_beginInOneStepAndSeveralStatements() {
        List<Begin> begins = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            SlotId one = new SlotId("m", "k" + i);
            Armed<StartOutcome> armed = db.start(here, one, NOW, new Offer(COLLECT, bytes("v" + i), null), 0);
            begins.add(new Begin(one, armed.generation(), SlotStore.NONE, true, true));
        }
        StoreSession.BeginResult result = db.begin(here.node(), begins);
        assertThat(result.refused()).isEmpty();
        assertThat(result.begun())
                .hasSize(25)
                .allSatisfy(run -> assertThat(texts(run.values()))
                        .containsExactly("v" + run.id().key().substring(1)));
        db.end(here, result.begun());
    }

    @Test
    void slotCarriesNoMoreThanANodeCanBeHanded() {
        SlotValues<String> values = SlotValues.collect(String.class);
        assertThat(Carrying.of(map(values), 8_192).maxValues()).isEqualTo(8_192);
        assertThat(Carrying.of(map(values), 1 << 20).maxValues()).isEqualTo(64);
        assertThat(Carrying.of(map(values.maxValues(64)), 1 << 20).maxValues()).isEqualTo(64);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Carrying.of(map(values.maxValues(65)), 1 << 20))
                .withMessage(
                        "'maxValues' of map 'm' is 65, but a slot of this backend carries 64 values at most: 64 MiB divided"
                                + " by 'asyncslot.cluster.max-value-bytes' (1048576); lower one of the two");
    }

    private static TimerMapSpec<String> map(SlotValues<String> values) {
        return TimerMapSpec.named("m", String.class)
                .values(values)
                .callback((key, firing) -> {})
                .build();
    }

    @Test
    void keyInAMessage_staysInItsLine() {
        assertThat(new SlotId("m", "a\nb")).hasToString("slot 'a\\u000ab' of map 'm'");
    }

    /** Maps without values and shapes write none of the columns that these have. */
    @Test
    void slotWithoutValues_hasNothingOfThem() {
        StartedRun run = run(here);
        start(here, LATER);
        db.retry(id, run.token(), NOW);
        end(here, run);
        db.touch(here, id, LATER);
        db.cancel(id);
        start(here, NOW);
        String columns = "payload, run_payload, collected, passed_on, run_collected, run_upto, run_passed, latest";
        assertThat(db.<Integer>with(connection -> Jdbc.first(
                        connection,
                        "look at the columns of values",
                        "select num_nonnulls(" + columns + ") from asyncslot_slot where ns = ?",
                        row -> row.getInt(1),
                        namespace)))
                .isZero();
    }
}
