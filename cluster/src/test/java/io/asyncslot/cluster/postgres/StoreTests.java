package io.asyncslot.cluster.postgres;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import io.asyncslot.StartOutcome;
import io.asyncslot.cluster.TestDatabase;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
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
    static final Deadline NOW = Deadline.in(0);
    static final Deadline SOON = Deadline.in(SECOND);
    static final Deadline LATER = Deadline.in(MINUTE);

    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    static HikariDataSource pool;

    Sessions store;
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
        store = new Sessions(namespace);
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

    Armed<StartOutcome> start(Claim claim, Deadline when) {
        return db.start(claim, id, when, null, 0);
    }

    /** Begins what is due now. */
    StartedRun begin(Claim claim, long generation) {
        StoreSession.BeginResult result = tryBegin(claim, generation);
        if (result.begun().size() != 1) {
            throw new AssertionError("did not begin: " + result.refused());
        }
        return result.begun().get(0);
    }

    StoreSession.BeginResult tryBegin(Claim claim, long generation) {
        return db.begin(claim.node(), List.of(new Begin(id, generation, SlotStore.NONE)));
    }

    Ended end(Claim claim, StartedRun run) {
        return db.end(claim, List.of(run)).get(0);
    }

    /** Starts a slot that is due, and begins it. */
    StartedRun run(Claim claim) {
        return begin(claim, start(claim, NOW).generation());
    }

    List<Due> sweep(Claim claim) {
        return db.sweep(claim, List.of("m"), 100);
    }

    Row row() {
        return db.find(id).orElseThrow();
    }
}
