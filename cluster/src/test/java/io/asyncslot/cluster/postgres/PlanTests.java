package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.StartOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How PostgreSQL carries out the statements on a large table: by an index and never by reading the table, also before
 * it has been analyzed. The number of slots is set by {@code -Dasyncslot.test.slots}, one million when it is measured.
 */
class PlanTests {

    private static final int SLOTS = Integer.getInteger("asyncslot.test.slots", 50_000);
    private static final int BATCH = 1_000;

    /** Five times before the driver prepares a statement, five more before PostgreSQL thinks of keeping its plan. */
    private static final int PREPARED = 20;

    /** How many of the statements come first that look for rows by other columns than the key. */
    private static final int LOOKED_FOR = 7;

    private static final long HOUR = 3_600_000_000L;

    private final Sessions store = new Sessions("plans");
    private HikariDataSource pool;
    private Connection connection;
    private Claim claim;

    @BeforeEach
    void fill() throws SQLException {
        pool = TestDatabase.pool(2);
        connection = pool.getConnection();
        claim = new Claim(store.on(connection).join("planning"), 2_000_000);
        fill(connection);
    }

    private void fill(Connection on) {
        for (int from = 0; from < SLOTS; from += BATCH) {
            store.on(on).startAll(claim, ids(from, BATCH), Deadline.in(HOUR + from), null, 0);
        }
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        pool.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyStatement_findsItsRowsByAnIndex(boolean analyzed) {
        if (analyzed) {
            Jdbc.update(connection, "analyze", "analyze");
        }
        SlotId id = new SlotId("m", "k7");
        List<StartedRun> runs = new ArrayList<>();
        assertIndexed(
                "asyncslot_slot_pkey", connection -> store.on(connection).start(claim, id, Deadline.in(HOUR), null, 0));
        assertIndexed(
                "asyncslot_slot_pkey",
                connection -> store.on(connection).startAll(claim, ids(0, 20), Deadline.in(HOUR), null, 0));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).submit(claim, id, null, 0));
        assertIndexed(
                "asyncslot_slot_pkey",
                connection -> store.on(connection)
                        .retry(
                                id,
                                1,
                                Deadline.in(0),
                                new StoreSession.Retry(false, false),
                                Offer.nothing(Carrying.NOTHING)));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).pause(id, null));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).resume(claim, id));
        assertIndexed(
                "asyncslot_slot_pkey",
                connection -> store.on(connection).delete(new SlotId("m", "k8"), Carrying.NOTHING));
        assertIndexed(
                "asyncslot_slot_pkey",
                connection -> store.on(connection).touch(claim, id, Deadline.in(HOUR), Carrying.NOTHING));
        assertIndexed(
                "asyncslot_slot_pkey", connection -> store.on(connection).cancel(id, WhenIdle.KEEP, Carrying.NOTHING));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).find(id, false));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).list("m", "k1", "k12", 100));
        assertIndexed(
                "asyncslot_slot_failed", connection -> store.on(connection).departed("m", true, 100));
        assertIndexed("asyncslot_slot_", connection -> store.on(connection).departed("m", false, 100));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).runToken(id));
        assertIndexed(
                "asyncslot_slot_pkey",
                connection -> store.on(connection).restart(claim, id, 1, Deadline.in(HOUR), Carrying.NOTHING));
        assertIndexed("asyncslot_slot_pkey", connection -> store.on(connection).deleteAll("m", "k98", 10));
        assertIndexed("asyncslot_slot_pkey", c -> runs.addAll(begin(c)));
        assertThat(runs).hasSize(200);
        assertIndexed("asyncslot_slot_owner", connection -> store.on(connection).running(claim.node(), 100));
        assertIndexed("asyncslot_slot_owner", connection -> store.on(connection).overlooked(claim.node(), 0, 100));
        assertIndexed("asyncslot_slot_owner", connection -> store.on(connection).runs("m"));
        assertIndexed("asyncslot_slot_owner", connection -> store.on(connection).releaseOrphans());
        assertIndexed(
                "asyncslot_slot_pkey",
                connection -> store.on(connection).end(claim, TestStore.returned(runs), Set.of(), Set.of(), 0));
        assertIndexed(
                "asyncslot_slot_wake", connection -> store.on(connection).sweep(claim, List.of("m"), List.of(), 100));
        assertIndexed("asyncslot_slot_wake", connection -> store.on(connection).overdue());
        assertIndexed("asyncslot_slot_dead", connection -> store.on(connection).purge(0, 100));
        assertIndexed("asyncslot_slot_owner", connection -> store.on(connection).release(claim.node()));
    }

    /**
     * PostgreSQL keeps the plan of a statement that a connection has prepared. One that was made while the table was small,
     * and reads all of it, stays until the table is analyzed. Statements by key live with that, for the sake of their
     * throughput: autovacuum comes within a minute of a thousand changes. What is looked for by other columns is planned anew.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 30, 100, 3_000})
    void plansFromASmallTable_findRowsByAnIndexWhenItIsLarge(int small) throws SQLException {
        try (HikariDataSource fresh = TestDatabase.pool(2);
                Connection first = fresh.getConnection();
                Connection other = fresh.getConnection()) {
            ids(0, small).forEach(id -> store.on(other).start(claim, id, Deadline.in(HOUR), null, 0));
            Jdbc.update(other, "analyze", "vacuum analyze asyncslot_slot"); // known to be small, not just new
            List<Consumer<Connection>> statements = statements();
            for (int i = 0; i < PREPARED; i++) {
                statements.forEach(statement -> statement.accept(first));
            }
            fill(other);
            assertThat(readAll(first, statements.subList(0, LOOKED_FOR)))
                    .as("statements, by other columns than the key, that read the whole table")
                    .isEmpty();
            Jdbc.update(other, "analyze", "analyze asyncslot_slot"); // as autovacuum does after a thousand changes
            assertThat(readAll(first, statements))
                    .as("statements that read the whole table once it is analyzed")
                    .isEmpty();
        }
    }

    /** Each in a transaction of its own, for settings of one must not help the next. */
    private static List<Integer> readAll(Connection first, List<Consumer<Connection>> statements) throws SQLException {
        List<Integer> readAll = new ArrayList<>();
        for (int i = 0; i < statements.size(); i++) {
            first.setAutoCommit(false);
            Long before = fullReads(first);
            statements.get(i).accept(first);
            if (!before.equals(fullReads(first))) {
                readAll.add(i);
            }
            first.rollback();
            first.setAutoCommit(true);
        }
        return readAll;
    }

    private List<Consumer<Connection>> statements() {
        SlotId id = new SlotId("m", "k7");
        return List.of(
                connection -> store.on(connection).sweep(claim, List.of("m"), List.of(), 100),
                connection -> store.on(connection).overlooked(claim.node(), 0, 100),
                connection -> store.on(connection).running(claim.node(), 100),
                connection -> store.on(connection).overdue(),
                connection -> store.on(connection).releaseOrphans(),
                connection -> store.on(connection).purge(0, 100),
                connection -> store.on(connection).runs("m"),
                connection -> store.on(connection).beat(claim.node()),
                connection -> store.on(connection).find(id, false),
                connection -> store.on(connection).list("m", "k1", "k12", 100),
                connection -> store.on(connection).touch(claim, id, Deadline.in(HOUR), Carrying.NOTHING),
                connection -> store.on(connection)
                        .retry(
                                id,
                                1,
                                Deadline.in(0),
                                new StoreSession.Retry(false, false),
                                Offer.nothing(Carrying.NOTHING)),
                connection -> store.on(connection).begin(claim.node(), List.of(new Begin(id, 1, SlotStore.NONE))),
                connection -> store.on(connection)
                        .end(
                                claim,
                                TestStore.returned(List.of(new StartedRun(id, 1, 1, 1, 1, 1, 1, null))),
                                Set.of(),
                                Set.of(),
                                0),
                connection -> store.on(connection).runToken(id),
                connection -> store.on(connection).start(claim, id, Deadline.in(HOUR), null, 0),
                connection -> store.on(connection).cancel(id, WhenIdle.KEEP, Carrying.NOTHING),
                connection -> store.on(connection).delete(id, Carrying.NOTHING),
                connection -> store.on(connection).deleteAll("m", "k98", 10),
                connection -> store.on(connection).release(claim.node()));
    }

    private static Long fullReads(Connection on) {
        return Jdbc.first(
                on,
                "look at what was read",
                "select seq_scan from pg_stat_xact_user_tables where relname = 'asyncslot_slot'",
                row -> row.getLong(1));
    }

    /** Begins the first slots; that they are started is not looked at. */
    private List<StartedRun> begin(Connection planned) {
        List<SlotId> ids = ids(0, 200);
        List<Armed<StartOutcome>> armed = store.on(connection).startAll(claim, ids, Deadline.in(0), null, 0);
        List<Begin> begins = IntStream.range(0, ids.size())
                .mapToObj(i -> new Begin(ids.get(i), armed.get(i).generation(), SlotStore.NONE))
                .toList();
        return store.on(planned).begin(claim.node(), begins).begun();
    }

    private void assertIndexed(String index, Consumer<Connection> statement) {
        Plans plans = new Plans(connection);
        statement.accept(plans.connection());
        assertThat(plans.plans())
                .isNotEmpty()
                .allSatisfy(plan -> assertThat(plan).doesNotContain("Seq Scan on asyncslot_slot"))
                .anySatisfy(plan -> assertThat(plan).contains(index));
    }

    private static List<SlotId> ids(int from, int size) {
        return IntStream.range(from, from + size)
                .mapToObj(i -> new SlotId("m", "k" + i))
                .toList();
    }
}
