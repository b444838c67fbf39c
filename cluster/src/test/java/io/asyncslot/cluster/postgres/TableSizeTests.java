package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.CancelOutcome;
import io.asyncslot.Merge;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What starts, deletes and limits cost the table, its indexes and each other. */
class TableSizeTests extends StoreTests {

    private static final int SLOTS = 300;
    private static final int ROUNDS = 5;

    /** Updates of the table, and how many of them touched no index. */
    private record Updates(long all, long hot) {}

    @BeforeEach
    void settle() {
        db.with(connection -> Jdbc.update(connection, "empty the table", "truncate asyncslot_slot"));
    }

    private SlotId slot(int number) {
        return new SlotId("m", "k" + number);
    }

    private void startAll(int round) {
        for (int i = 0; i < SLOTS; i++) {
            db.start(here, slot(i), Deadline.in((30 + round) * MINUTE), null, 0);
        }
    }

    /** The database adds up what its sessions did within a second. */
    private Updates updates() {
        return db.with(connection -> Jdbc.query(
                        connection,
                        "look at the statistics",
                        "select n_tup_upd, n_tup_hot_upd from pg_stat_all_tables where relid = 'asyncslot_slot'::regclass",
                        row -> new Updates(row.getLong(1), row.getLong(2)))
                .get(0));
    }

    private Updates updatesAfter(long number) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> updates().all() >= number);
        return updates();
    }

    private long indexSize() {
        return db.with(connection -> Jdbc.query(
                        connection,
                        "look at the index",
                        "select pg_indexes_size('asyncslot_slot'::regclass)",
                        row -> row.getLong(1))
                .get(0));
    }

    @Test
    void startsOfWhatIsArmedForLater_touchNoIndex() {
        startAll(0);
        Updates before = updates();
        long size = indexSize();
        for (int round = 1; round <= ROUNDS; round++) {
            startAll(round);
            for (int i = 0; i < SLOTS; i++) {
                assertThat(db.touch(here, slot(i), Deadline.in((40 + round) * MINUTE))
                                .claimed())
                        .isFalse();
            }
        }
        long expected = 2L * SLOTS * ROUNDS;
        Updates after = updatesAfter(before.all() + expected);
        assertThat(after.all() - before.all())
                .as("updates, few of them not by this test")
                .isBetween(expected, expected + SLOTS / 10);
        assertThat(after.hot() - before.hot())
                .as("updates that touched no index, of %s", expected)
                .isGreaterThan(expected * 8 / 10);
        assertThat(indexSize()).as("bytes of the indexes").isLessThanOrEqualTo(size + 8 * 8_192);
    }

    /** As above where slots carry values: one that is collected is a row elsewhere. */
    @ParameterizedTest
    @EnumSource(names = {"LAST", "COLLECT"})
    void valuesForWhatIsArmedForLater_touchNoIndexOfTheSlots(Merge merge) {
        Offer offer = new Offer(new Carrying(merge, 0, 0, SlotStore.NONE), new byte[100], null);
        for (int i = 0; i < SLOTS; i++) {
            db.start(here, slot(i), Deadline.in(30 * MINUTE), offer, 0);
        }
        Updates before = updates();
        for (int round = 1; round <= ROUNDS; round++) {
            for (int i = 0; i < SLOTS; i++) {
                db.start(here, slot(i), Deadline.in((30 + round) * MINUTE), offer, 0);
            }
        }
        long expected = (long) SLOTS * ROUNDS;
        Updates after = updatesAfter(before.all() + expected);
        assertThat(after.hot() - before.hot())
                .as("updates that touched no index, of %s", expected)
                .isGreaterThan(expected * 7 / 10);
    }

    /** A deadline that moved away costs one look where it was, and is then found where it is. */
    @Test
    void slotThatMovedToLater_isFoundWhenItIsDue() {
        db.start(new Claim(SlotStore.NONE, 0), id, Deadline.in(3 * MINUTE), null, 0);
        db.start(here, id, Deadline.in(6 * MINUTE), null, 0);
        Claim far = new Claim(here.node(), 5 * MINUTE);
        StoreSession.Swept swept = db.with(connection -> store.on(connection).sweep(far, List.of("m"), List.of(), 10));
        assertThat(swept.due()).isEmpty();
        assertThat(swept.looked()).isOne();
        assertThat(db.with(connection -> store.on(connection).sweep(far, List.of("m"), List.of(), 10))
                        .looked())
                .as("looked at again at once")
                .isZero();
        assertThat(sweep(new Claim(here.node(), 10 * MINUTE)))
                .extracting(Due::id)
                .containsExactly(id);
    }

    @Test
    void slotThatWasCancelled_isLookedAtOnce_andFreeOfIt() {
        db.start(new Claim(SlotStore.NONE, 0), id, Deadline.in(SECOND), null, 0);
        assertThat(db.cancel(id).outcome()).isEqualTo(CancelOutcome.CANCELLED);
        Duration overdue = db.with(connection -> store.on(connection).overdue());
        assertThat(overdue).isZero();
        assertThat(sweep(here)).isEmpty();
        assertThat(db.with(connection -> store.on(connection).sweep(here, List.of("m"), List.of(), 10))
                        .looked())
                .isZero();
        db.start(here, id, NOW, null, 0);
        assertThat(row().armed()).isTrue();
    }

    @Test
    void purge_takesAllThatIsDeadForAMinute() {
        db.with(connection -> Jdbc.update(
                connection,
                "make deleted slots",
                "insert into asyncslot_slot (ns, map, key, live, incarnation, generation, dead_at)"
                        + " select ?, 'm', 'dead' || n, false, 1, 1, 1 from generate_series(1, 20000) n",
                namespace));
        int purged = 0;
        int last;
        do {
            last = db.purge(1_000);
            purged += last;
        } while (last == 1_000);
        assertThat(purged).isEqualTo(20_000);
    }

    /** A map with a limit counts what it has when it must, not at each start. */
    @Test
    void newKeysOfAMapWithALimit_areNotCountedEachTime() throws Exception {
        int there = 20_000;
        db.with(connection -> Jdbc.update(
                connection,
                "make slots",
                "insert into asyncslot_slot (ns, map, key, live, incarnation, generation)"
                        + " select ?, 'm', 'there' || n, true, 1, 1 from generate_series(1, ?) n",
                namespace,
                there));
        assertThat(db.start(here, slot(0), LATER, null, there + 200).outcome()).isEqualTo(StartOutcome.STARTED);
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            long before = read(connection);
            for (int i = 1; i <= 100; i++) {
                assertThat(store.on(connection)
                                .start(here, slot(i), LATER, null, there + 200)
                                .outcome())
                        .isEqualTo(StartOutcome.STARTED);
            }
            assertThat(read(connection) - before).as("rows read by 100 starts").isLessThan(2_000);
            connection.commit();
            connection.setAutoCommit(true);
        }
    }

    private static long read(Connection connection) {
        return Jdbc.query(
                        connection,
                        "look at what was read",
                        "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'asyncslot_slot'",
                        row -> row.getLong(1))
                .get(0);
    }

    @Test
    void limit_isExact_whateverWasFreedOrRolledBack() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(db.start(here, slot(i), LATER, null, 3).outcome()).isEqualTo(StartOutcome.STARTED);
        }
        assertThat(db.start(here, slot(3), LATER, null, 3).outcome()).isEqualTo(StartOutcome.REJECTED);
        assertThat(db.start(here, slot(1), LATER, null, 3).outcome()).isEqualTo(StartOutcome.REARMED);
        db.delete(slot(0));
        try (Connection connection = pool.getConnection()) {
            connection.setAutoCommit(false);
            assertThat(store.on(connection).start(here, slot(3), LATER, null, 3).outcome())
                    .isEqualTo(StartOutcome.STARTED);
            connection.rollback();
            connection.setAutoCommit(true);
        }
        assertThat(db.start(here, slot(4), LATER, null, 3).outcome()).isEqualTo(StartOutcome.STARTED);
        assertThat(db.start(here, slot(5), LATER, null, 3).outcome()).isEqualTo(StartOutcome.REJECTED);
        assertThat(db.submit(here, slot(5), null, 3).outcome()).isEqualTo(SubmitOutcome.REJECTED);
    }
}
