package io.asyncslot.cluster.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.jdbc.Jdbc;
import io.asyncslot.cluster.postgres.SlotModel.Operation;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.SlotStore;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each operation against each other one, in each state: the first has changed the row and not committed when the second
 * comes. What both answer and what they leave must be what one order of them gives; where the second had to wait, the
 * order in which they came.
 */
class StoreRaceTests extends StoreTests {

    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private Connection first;
    private Connection second;
    private int secondPid;
    private long generation;
    private StartedRun run;
    private int waited;

    @BeforeEach
    void connect() throws Exception {
        first = pool.getConnection();
        second = pool.getConnection();
        first.setAutoCommit(false);
        secondPid = Jdbc.first(second, "ask", "select pg_backend_pid()", row -> row.getInt(1));
    }

    @AfterEach
    void disconnect() throws Exception {
        executor.shutdownNow();
        first.rollback();
        first.setAutoCommit(true);
        first.close();
        second.close();
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, false, true",
        "false, false, false, false",
        "true, false, false, true",
        "true, false, false, false",
        "true, true, false, true",
        "true, true, false, false",
        "true, false, true, true",
        "true, false, true, false",
        "true, true, true, true",
        "true, true, true, false",
        "false, false, true, true",
        "false, false, true, false"
    })
    void pairs_areLinearizable(boolean live, boolean armed, boolean running, boolean commit) throws Exception {
        SlotModel before = new SlotModel(live, armed, running, armed);
        List<String> wrong = new ArrayList<>();
        int number = 0;
        for (Operation one : Operation.values()) {
            for (Operation two : Operation.values()) {
                SlotId slot = new SlotId("m", "pair" + number++);
                prepare(slot, before);
                String found = race(slot, one, two, before, commit);
                if (found != null) {
                    wrong.add(one + " then " + two + ": " + found);
                }
            }
        }
        assertThat(wrong).isEmpty();
        // Operations on what is not live change nothing, but for the two that create it.
        assertThat(waited).as("pairs of which the second waited").isGreaterThanOrEqualTo(live ? 10 : 4);
    }

    private void prepare(SlotId slot, SlotModel state) {
        generation = 0;
        run = new StartedRun(slot, 1, 1, 1, 1, 1, 1, null);
        if (state.running()) {
            long started = db.start(here, slot, NOW, null, 0).generation();
            run = db.begin(here.node(), List.of(new Begin(slot, started, SlotStore.NONE)))
                    .begun()
                    .get(0);
        }
        if (state.live()) {
            generation = db.start(here, slot, NOW, null, 0).generation();
            if (!state.armed()) {
                db.cancel(slot);
            }
        } else {
            db.delete(slot);
        }
    }

    /** What is wrong; null when nothing is. */
    private String race(SlotId slot, Operation one, Operation two, SlotModel before, boolean commit) throws Exception {
        String outcomeOne = apply(first, slot, one);
        Future<String> future = executor.submit(() -> apply(second, slot, two));
        boolean blocked = false;
        while (!future.isDone() && !blocked) {
            blocked = isWaiting();
        }
        waited += blocked ? 1 : 0;
        if (commit) {
            first.commit();
        } else {
            first.rollback();
        }
        String outcomeTwo = future.get();
        boolean skipped = outcomeTwo.equals("LOCKED");
        if (skipped) {
            outcomeTwo = apply(second, slot, two);
        }
        SlotModel after = look(slot);
        String found = (commit ? outcomeOne + ", " : "") + outcomeTwo + " and " + shown(after);
        List<String> right = new ArrayList<>();
        if (commit) {
            right.add(expected(before, one, two, true));
            if (!blocked && !skipped) {
                right.add(expected(before, two, one, false));
            }
        } else {
            SlotModel.Step alone = before.apply(two);
            right.add(alone.outcome() + " and " + shown(alone.after()));
        }
        return right.contains(found) ? null : found + " instead of " + right + (blocked ? " (waited)" : "");
    }

    private static String expected(SlotModel before, Operation earlier, Operation later, boolean inOrder) {
        SlotModel.Step one = before.apply(earlier);
        SlotModel.Step two = one.after().apply(later);
        String outcomes = inOrder ? one.outcome() + ", " + two.outcome() : two.outcome() + ", " + one.outcome();
        return outcomes + " and " + shown(two.after());
    }

    private static String shown(SlotModel model) {
        return (model.live() ? "live " : "") + (model.armed() ? "armed " : "") + (model.running() ? "running" : "");
    }

    private String apply(Connection connection, SlotId slot, Operation operation) {
        return switch (operation) {
            case START ->
                store.on(connection).start(here, slot, NOW, null, 0).outcome().name();
            case SUBMIT ->
                store.on(connection).submit(here, slot, null, 0).outcome().name();
            case TOUCH ->
                store.on(connection)
                        .touch(here, slot, NOW, Carrying.NOTHING)
                        .outcome()
                        .name();
            case CANCEL ->
                store.on(connection)
                        .cancel(slot, WhenIdle.KEEP, Carrying.NOTHING)
                        .outcome()
                        .name();
            case DELETE ->
                store.on(connection).delete(slot, Carrying.NOTHING).outcome().name();
            case BEGIN -> {
                StoreSession.BeginResult result =
                        store.on(connection).begin(here.node(), List.of(new Begin(slot, generation, SlotStore.NONE)));
                yield result.begun().isEmpty()
                        ? result.refused().get(0).reason().name()
                        : "BEGUN";
            }
            case END ->
                store.on(connection)
                        .end(here, TestStore.returned(List.of(run)), Set.of(), Set.of(), 0)
                        .get(0)
                        .result()
                        .name();
        };
    }

    /** A run that goes on may be that of a former incarnation, which the slot itself does not show. */
    private SlotModel look(SlotId slot) {
        Optional<Row> row = db.find(slot);
        return new SlotModel(row.isPresent(), row.map(Row::armed).orElse(false), db.runToken(slot) != 0, false);
    }

    private boolean isWaiting() {
        return db.with(connection -> Jdbc.first(
                        connection,
                        "look who waits",
                        "select 1 from pg_stat_activity where pid = ? and wait_event_type = 'Lock'",
                        row -> true,
                        secondPid))
                != null;
    }
}
