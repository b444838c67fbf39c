package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.cluster.rows.MemoryStore;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import io.asyncslot.spi.SystemTicker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who gets the one place to wait for a row, and what a worker and the thread that waits there tell each other. */
@Timeout(60)
class TurnsTests {

    private static final Begin BEGIN = new Begin(new SlotId("m", "k"), 7, SlotStore.NONE);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CircuitBreaker breaker = CircuitBreaker.of("test", Database.defaults(SystemTicker.instance()));

    /** What a begin of the session answers whose row has come. */
    private volatile Callable<StoreSession.BeginResult> atTheRow =
            () -> new StoreSession.BeginResult(List.of(new StartedRun(BEGIN.id(), 1, 1, 7, 0, 0, 1, null)), List.of());

    /** Counted down when the row is there. */
    private final CountDownLatch row = new CountDownLatch(1);

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private Turns turns(Executor executor) {
        return new Turns(
                new Database(new MemoryStore(() -> 0), breaker, NodeThreads.REAL, SystemTicker.instance()), executor);
    }

    @Test
    void onePlace_isFreeAgainWhenTheWaitIsOver() {
        List<Runnable> waiting = new ArrayList<>();
        Turns turns = turns(waiting::add);
        assertThat(turns.enter(() -> {})).isTrue();
        assertThat(turns.enter(() -> {})).as("while somebody waits").isFalse();
        waiting.get(0).run();
        assertThat(turns.enter(() -> {})).isTrue();
    }

    @Test
    void withoutAThread_itDoesNotComeToAWait_andThePlaceIsFree() {
        boolean[] exhausted = {true};
        Turns turns = turns(task -> {
            if (exhausted[0]) {
                throw new InternalError("no thread");
            }
        });
        assertThat(turns.enter(() -> {})).isFalse();
        exhausted[0] = false;
        assertThat(turns.enter(() -> {})).isTrue();
    }

    /** The only call that is let through after an outage must be one that is answered at once. */
    @Test
    void whileOneCallTriesWhetherTheDatabaseIsBack_nobodyWaits() {
        Turns turns = turns(threads);
        breaker.transitionToOpenState();
        assertThat(turns.enter(() -> {})).isFalse();
        breaker.transitionToHalfOpenState();
        assertThat(turns.enter(() -> {})).isFalse();
        breaker.transitionToClosedState();
        assertThat(turns.enter(() -> {})).isTrue();
    }

    @Test
    void begin_looksWhileItsTurnHasNotCome_andBeginsWhenItHas() {
        BeginCommits begins = begins();
        for (int looks = 0; looks < 20; looks++) {
            assertThat(begins.begin(BEGIN, looks).refused())
                    .as("look %s", looks)
                    .extracting(NotBegun::reason)
                    .isEqualTo(NotBegun.Reason.LOCKED);
        }
        row.countDown();
        looking().until(() -> begins.begin(BEGIN, 20).begun() != null);
        begins.close();
    }

    @Test
    void begin_whoseTurnFails_tellsTheWorker_andTheNextOneHasItsTurn() {
        BeginCommits begins = begins();
        Callable<StoreSession.BeginResult> succeeds = atTheRow;
        InternalError failure = new InternalError("of the driver");
        atTheRow = () -> {
            throw failure;
        };
        row.countDown();
        Callable<Void> looks = () -> {
            while (true) {
                begins.begin(BEGIN, Turns.LOOKS);
            }
        };
        assertThat(threads.submit(looks))
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableOfType(ExecutionException.class)
                .havingRootCause()
                .isSameAs(failure);
        atTheRow = succeeds;
        looking().until(() -> begins.begin(BEGIN, Turns.LOOKS).begun() != null);
        begins.close();
    }

    /** Nobody begins a run of a node that was stopped while it waited. */
    @Test
    void begin_whoseTurnComesAfterTheStop_doesNotTakeIt() {
        Membership membership = new Membership(0);
        membership.accepting(true);
        BeginCommits begins = begins(membership);
        assertThat(begins.begin(BEGIN, Turns.LOOKS).begun()).isNull();
        membership.accepting(false);
        row.countDown();
        for (int looks = 0; looks < 200; looks++) {
            assertThat(begins.begin(BEGIN, Turns.LOOKS).begun()).isNull();
        }
        begins.close();
    }

    /** As a worker looks, every few milliseconds: who comes each 100 ms, for which a row is kept, can miss it each time. */
    private static ConditionFactory looking() {
        return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
    }

    private BeginCommits begins() {
        Membership membership = new Membership(0);
        membership.accepting(true);
        return begins(membership);
    }

    private BeginCommits begins(Membership membership) {
        Database database = new Database(store(), breaker, NodeThreads.REAL, SystemTicker.instance());
        BeginCommits begins = new BeginCommits(database, membership, new Turns(database, threads), NodeThreads.REAL);
        begins.start();
        return begins;
    }

    /** A store whose only row is locked for all but the one whose turn it is. */
    private SlotStore store() {
        return proxy(SlotStore.class, (name, args) -> name.equals("own") ? session() : null);
    }

    private StoreSession session() {
        boolean[] inTurn = {false};
        return proxy(StoreSession.class, (name, args) -> switch (name) {
            case "inTurn" -> {
                row.await();
                inTurn[0] = true;
                yield Optional.of(((Supplier<?>) args[2]).get());
            }
            case "begin" ->
                inTurn[0]
                        ? atTheRow.call()
                        : new StoreSession.BeginResult(
                                List.of(),
                                List.of(new NotBegun(BEGIN.id(), BEGIN.generation(), NotBegun.Reason.LOCKED, 0)));
            default -> null;
        });
    }

    private interface Answers {
        @Nullable
        Object of(String method, Object[] args) throws Exception;
    }

    private static <T> T proxy(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                TurnsTests.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, args) -> answers.of(method.getName(), args)));
    }
}
