package io.asyncslot.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.StartOutcome;
import io.asyncslot.WhenIdle;
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

    private final SlotStore store = new PostgresSlotStore(new Tables(Tables.STANDARD_PREFIX), "plans");
    private HikariDataSource pool;
    private Connection connection;
    private Claim claim;

    @BeforeEach
    void fill() throws SQLException {
        pool = TestDatabase.pool(2);
        connection = pool.getConnection();
        claim = new Claim(store.join(connection, "planning"), 2_000_000);
        fill(connection);
    }

    private void fill(Connection on) {
        for (int from = 0; from < SLOTS; from += BATCH) {
            store.startAll(on, claim, ids(from, BATCH), When.in(HOUR + from), null, 0);
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
        List<Begun> runs = new ArrayList<>();
        assertIndexed("asyncslot_slot_pkey", c -> store.start(c, claim, id, When.in(HOUR), null, 0));
        assertIndexed("asyncslot_slot_pkey", c -> store.startAll(c, claim, ids(0, 20), When.in(HOUR), null, 0));
        assertIndexed("asyncslot_slot_pkey", c -> store.submit(c, claim, id, null, 0));
        assertIndexed(
                "asyncslot_slot_pkey",
                c -> store.retry(
                        c, id, 1, When.in(0), new SlotStore.Retry(false, false), Offer.nothing(Carrying.NOTHING)));
        assertIndexed("asyncslot_slot_pkey", c -> store.pause(c, id));
        assertIndexed("asyncslot_slot_pkey", c -> store.resume(c, claim, id));
        assertIndexed("asyncslot_slot_pkey", c -> store.delete(c, new SlotId("m", "k8"), Carrying.NOTHING));
        assertIndexed("asyncslot_slot_pkey", c -> store.touch(c, claim, id, When.in(HOUR), Carrying.NOTHING));
        assertIndexed("asyncslot_slot_pkey", c -> store.cancel(c, id, WhenIdle.KEEP, Carrying.NOTHING));
        assertIndexed("asyncslot_slot_pkey", c -> store.find(c, id, false));
        assertIndexed("asyncslot_slot_pkey", c -> store.list(c, "m", "k1", "k12", 100));
        assertIndexed("asyncslot_slot_failed", c -> store.departed(c, "m", true, 100));
        assertIndexed("asyncslot_slot_", c -> store.departed(c, "m", false, 100));
        assertIndexed("asyncslot_slot_pkey", c -> store.runToken(c, id));
        assertIndexed("asyncslot_slot_pkey", c -> store.restart(c, claim, id, 1, When.in(HOUR), Carrying.NOTHING));
        assertIndexed("asyncslot_slot_pkey", c -> store.deleteAll(c, "m", "k98", 10));
        assertIndexed("asyncslot_slot_pkey", c -> runs.addAll(begin(c)));
        assertThat(runs).hasSize(200);
        assertIndexed("asyncslot_slot_owner", c -> store.running(c, claim.node(), 100));
        assertIndexed("asyncslot_slot_owner", c -> store.overlooked(c, claim.node(), 0, 100));
        assertIndexed("asyncslot_slot_owner", c -> store.runs(c, "m"));
        assertIndexed("asyncslot_slot_owner", store::releaseOrphans);
        assertIndexed("asyncslot_slot_pkey", c -> store.end(c, claim, TestStore.returned(runs), Set.of(), 0));
        assertIndexed("asyncslot_slot_wake", c -> store.sweep(c, claim, List.of("m"), List.of(), 100));
        assertIndexed("asyncslot_slot_wake", store::overdue);
        assertIndexed("asyncslot_slot_dead", c -> store.purge(c, 0, 100));
        assertIndexed("asyncslot_slot_owner", c -> store.release(c, claim.node()));
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
            ids(0, small).forEach(id -> store.start(other, claim, id, When.in(HOUR), null, 0));
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
                c -> store.sweep(c, claim, List.of("m"), List.of(), 100),
                c -> store.overlooked(c, claim.node(), 0, 100),
                c -> store.running(c, claim.node(), 100),
                store::overdue,
                store::releaseOrphans,
                c -> store.purge(c, 0, 100),
                c -> store.runs(c, "m"),
                c -> store.beat(c, claim.node()),
                c -> store.find(c, id, false),
                c -> store.list(c, "m", "k1", "k12", 100),
                c -> store.touch(c, claim, id, When.in(HOUR), Carrying.NOTHING),
                c -> store.retry(
                        c, id, 1, When.in(0), new SlotStore.Retry(false, false), Offer.nothing(Carrying.NOTHING)),
                c -> store.begin(c, claim.node(), List.of(new Begin(id, 1, SlotStore.NONE))),
                c -> store.end(
                        c, claim, TestStore.returned(List.of(new Begun(id, 1, 1, 1, 1, 1, 1, null))), Set.of(), 0),
                c -> store.runToken(c, id),
                c -> store.start(c, claim, id, When.in(HOUR), null, 0),
                c -> store.cancel(c, id, WhenIdle.KEEP, Carrying.NOTHING),
                c -> store.delete(c, id, Carrying.NOTHING),
                c -> store.deleteAll(c, "m", "k98", 10),
                c -> store.release(c, claim.node()));
    }

    private static Long fullReads(Connection on) {
        return Jdbc.first(
                on,
                "look at what was read",
                "select seq_scan from pg_stat_xact_user_tables where relname = 'asyncslot_slot'",
                row -> row.getLong(1));
    }

    /** Begins the first slots; that they are started is not looked at. */
    private List<Begun> begin(Connection planned) {
        List<SlotId> ids = ids(0, 200);
        List<Armed<StartOutcome>> armed = store.startAll(connection, claim, ids, When.in(0), null, 0);
        List<Begin> begins = IntStream.range(0, ids.size())
                .mapToObj(i -> new Begin(ids.get(i), armed.get(i).generation(), SlotStore.NONE))
                .toList();
        return store.begin(planned, claim.node(), begins).begun();
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
