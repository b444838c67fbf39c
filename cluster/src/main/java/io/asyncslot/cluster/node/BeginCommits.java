package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.NotBegun;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Begins runs in the database, in batches: before a callback does anything the database says so. Thread-safe. */
final class BeginCommits {

    private static final int MOST = 250;

    private final Database database;
    private final Membership membership;
    private final Turns turns;
    private final GroupCommit<Begin, Answer> commits;

    /**
     * What became of one begin: exactly one of the first two.
     *
     * @param begun the run
     * @param refused why there is none
     * @param node under which id it was asked for
     */
    record Answer(@Nullable StartedRun begun, @Nullable NotBegun refused, long node) {}

    BeginCommits(Database database, Membership membership) {
        this.database = database;
        this.membership = membership;
        this.turns = new Turns(database);
        this.commits = new GroupCommit<>("asyncslot-cluster-begin", MOST, Duration.ZERO, this::begin);
    }

    void start() {
        commits.start();
    }

    void close() {
        commits.close();
    }

    /**
     * Begins a run, and waits for the answer.
     *
     * @param locked how often the slot's row was locked before
     * @throws BackendUnavailableException if the database cannot be reached
     */
    Answer begin(Begin begin, int locked) {
        Answer inTurn = locked < Turns.LOOKS ? null : inTurn(begin);
        return inTurn == null ? begin(begin) : inTurn;
    }

    /** Begins a run when it is its turn at the row; null if that does not come, or another begin waits for its own. */
    private @Nullable Answer inTurn(Begin begin) {
        if (!turns.enter()) {
            return null;
        }
        try {
            return turns.take(begin.id(), session -> begin(session, List.of(begin)))
                    .map(answers -> answers.get(0))
                    .orElse(null);
        } finally {
            turns.leave();
        }
    }

    private Answer begin(Begin begin) {
        try {
            return commits.ask(begin).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private List<Answer> begin(List<Begin> begins) {
        return database.own(session -> begin(session, begins));
    }

    private List<Answer> begin(StoreSession session, List<Begin> begins) {
        long node = membership.node();
        StoreSession.BeginResult result = session.begin(node, begins);
        Map<SlotId, Answer> answers = new HashMap<>();
        for (StartedRun begun : result.begun()) {
            answers.put(begun.id(), new Answer(begun, null, node));
        }
        for (NotBegun refused : result.refused()) {
            answers.put(refused.id(), new Answer(null, refused, node));
        }
        List<Answer> inOrder = new ArrayList<>(begins.size());
        for (Begin begin : begins) {
            Answer answer = answers.get(begin.id());
            if (answer == null) {
                throw new IllegalStateException("no answer to the begin of " + begin.id());
            }
            inOrder.add(answer);
        }
        return inOrder;
    }
}
