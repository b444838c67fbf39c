package io.asyncslot.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.StartOutcome;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** What tests of the store share: a database, two nodes, and a namespace for each test. */
@Timeout(value = 120, unit = SECONDS)
abstract class StoreTests {

    static final long SECOND = 1_000_000;
    static final long MINUTE = 60 * SECOND;
    static final When NOW = When.in(0);
    static final When SOON = When.in(SECOND);
    static final When LATER = When.in(MINUTE);

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    static HikariDataSource pool;

    SlotStore store;
    TestStore db;
    String namespace;
    Claim here;
    Claim there;
    final SlotId id = new SlotId("m", "k");

    @BeforeAll
    static void open() {
        pool = TestDatabase.pool(24);
    }

    @AfterAll
    static void close() {
        pool.close();
    }

    @BeforeEach
    void join() {
        namespace = "ns" + NAMESPACES.incrementAndGet();
        store = new PostgresSlotStore(new Tables(Tables.STANDARD_PREFIX), namespace);
        db = new TestStore(pool, store);
        here = new Claim(db.join("here"), 2 * SECOND);
        there = new Claim(db.join("there"), 2 * SECOND);
    }

    /** What is pending and nobody's is looked at by a sweep before it is due: whatever a test did to its slots. */
    @AfterEach
    void assertLookedAtInTime() {
        List<String> overlooked = db.with(connection -> Jdbc.query(
                connection,
                "look for slots that no sweep would find in time",
                "select map || '/' || key from asyncslot_slot where ns = ? and owner is null and not paused"
                        + " and coalesce(run_due, due) < coalesce(wake, " + SlotStore.NEVER + " + 1)",
                row -> row.getString(1),
                namespace));
        assertThat(overlooked).as("slots that no sweep would find in time").isEmpty();
    }

    Armed<StartOutcome> start(Claim claim, When when) {
        return db.start(claim, id, when, null, 0);
    }

    /** Begins what is due now. */
    Begun begin(Claim claim, long generation) {
        SlotStore.BeginResult result = tryBegin(claim, generation);
        if (result.begun().size() != 1) {
            throw new AssertionError("did not begin: " + result.refused());
        }
        return result.begun().get(0);
    }

    SlotStore.BeginResult tryBegin(Claim claim, long generation) {
        return db.begin(claim.node(), List.of(new Begin(id, generation, SlotStore.NONE)));
    }

    Ended end(Claim claim, Begun run) {
        return db.end(claim, List.of(run)).get(0);
    }

    /** Starts a slot that is due, and begins it. */
    Begun run(Claim claim) {
        return begin(claim, start(claim, NOW).generation());
    }

    List<Due> sweep(Claim claim) {
        return db.sweep(claim, List.of("m"), 100);
    }

    Row row() {
        return db.find(id).orElseThrow();
    }
}
