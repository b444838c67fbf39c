package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.backend.Log;
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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Begins runs in the database, in batches: before a callback does anything the database says so. Thread-safe. */
final class BeginCommits {

    private static final Log LOG = new Log(BeginCommits.class);

    private static final int MOST = 250;

    /** How long a row is kept for a worker to look at it, which it does every few milliseconds if the executor has room. */
    private static final long KEPT_MILLIS = 100;

    private final Database database;
    private final Membership membership;
    private final Turns turns;
    private final NodeThreads threads;
    private final GroupCommit<Begin, Answer> commits;

    /** The begin that waits for its turn. Written by the one thread that has the place; read by workers. */
    private volatile @Nullable Turn turn;

    /**
     * What became of one begin: exactly one of the first two.
     *
     * @param begun the run
     * @param refused why there is none
     * @param node under which id it was asked for
     */
    record Answer(@Nullable StartedRun begun, @Nullable NotBegun refused, long node) {}

    BeginCommits(Database database, Membership membership, Turns turns, NodeThreads threads) {
        this.database = database;
        this.threads = threads;
        this.membership = membership;
        this.turns = turns;
        this.commits = new GroupCommit<>(threads, "asyncslot-cluster-begin", MOST, Duration.ZERO, this::begin);
    }

    void start() {
        commits.start();
    }

    void close() {
        commits.close();
    }

    /**
     * Begins a run, and waits for the answer; not for the row, should others have it.
     *
     * @param locked how often the slot's row was locked before
     * @throws BackendUnavailableException if the database cannot be reached
     */
    Answer begin(Begin begin, int locked) {
        Turn present = turn;
        if (present != null && present.id.equals(begin.id())) {
            CompletableFuture<@Nullable Answer> inTurn = present.ask(begin);
            Answer answer = inTurn == null ? null : answered(inTurn);
            if (answer != null) {
                return answer;
            }
        } else if (locked >= Turns.LOOKS) {
            Turn next = new Turn(begin.id());
            turns.enter(next::waitAndBegin);
        }
        return answered(commits.ask(begin));
    }

    /** What is asked for is answered, however long that takes: no interrupt ends the wait. */
    private <T extends @Nullable Object> T answered(CompletableFuture<T> answer) {
        try {
            threads.join(answer);
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /**
     * Waits for the row of one slot, keeps it until the slot is looked at once more, and begins the run then. So the wait has no
     * worker, and a run begins on a worker that has its permit, as ever. Where no worker comes soon, the row is let go of.
     */
    private final class Turn {

        final SlotId id;

        /** Takes a request only while the row is kept for it. */
        private final SynchronousQueue<Request> requests = new SynchronousQueue<>();

        /** What has been taken, and will be answered. The waiting thread's own. */
        private @Nullable Request taken;

        Turn(SlotId id) {
            this.id = id;
        }

        /** Asks for the begin; null while the row is not there. An answer that is null says: look as ever. */
        @Nullable
        CompletableFuture<@Nullable Answer> ask(Begin begin) {
            Request request = new Request(begin, new CompletableFuture<>());
            return requests.offer(request) ? request.answer() : null;
        }

        void waitAndBegin() {
            turn = this;
            Answer answer = null;
            Throwable failure = null;
            try {
                answer = turns.await(id, this::begin).flatMap(begun -> begun).orElse(null);
            } catch (Throwable e) {
                failure = e; // for who has asked
                LOG.debug("the start of a run could not wait for its turn; it looks again", e);
            } finally {
                turn = null;
            }
            Request asked = taken;
            if (asked != null && failure == null) {
                asked.answer().complete(answer);
            } else if (asked != null) {
                asked.answer().completeExceptionally(failure);
            }
        }

        /** The row is there. May be called again, where the database has others go first. */
        private Optional<Answer> begin(StoreSession session) {
            if (taken == null && membership.isAccepting()) {
                taken = request();
            }
            Request asked = taken;
            return asked == null
                    ? Optional.empty()
                    : Optional.of(BeginCommits.this
                            .begin(session, List.of(asked.begin()))
                            .get(0));
        }

        private @Nullable Request request() {
            try {
                return requests.poll(KEPT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return null; // nobody's business
            }
        }
    }

    private record Request(Begin begin, CompletableFuture<@Nullable Answer> answer) {}

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
                throw new IllegalStateException("no answer to the start of " + begin.id());
            }
            inOrder.add(answer);
        }
        return inOrder;
    }
}
