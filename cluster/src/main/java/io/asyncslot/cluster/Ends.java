package io.asyncslot.cluster;

import io.asyncslot.BackendUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Ends runs in the database, in batches, and takes over what is due next of their slots. Goes on asking while the database
 * is away: it says then whether the run still was this node's. Thread-safe.
 */
final class Ends {

    private static final int MOST = 250;
    private static final Duration LINGER = Duration.ofMillis(2);
    private static final long LOCKED_PAUSE_MILLIS = 3;
    private static final long AWAY_PAUSE_MILLIS = 100;

    private final Database database;
    private final SlotStore store;
    private final Membership membership;
    private final DatabaseClock clock;
    private final Runs runs;
    private final Holds holds;
    private final ScheduledExecutorService upkeep;
    private final GroupCommit<Run, Ended> commits;

    Ends(
            Database database,
            SlotStore store,
            Membership membership,
            DatabaseClock clock,
            Runs runs,
            Holds holds,
            ScheduledExecutorService upkeep) {
        this.database = database;
        this.store = store;
        this.membership = membership;
        this.clock = clock;
        this.runs = runs;
        this.holds = holds;
        this.upkeep = upkeep;
        this.commits = new GroupCommit<>("asyncslot-cluster-end", MOST, LINGER, this::end);
    }

    void start() {
        commits.start();
    }

    void close() {
        commits.close();
    }

    /** Ends a run; {@link Run#ended()} completes when that is done. Does not wait. */
    @SuppressWarnings("FutureReturnValueIgnored") // what the stage does cannot fail; the run says when it has ended
    CompletableFuture<Void> end(Run run) {
        commits.ask(run).whenComplete((ended, failure) -> {
            if (failure == null) {
                ended(run, ended);
            } else if (failure instanceof BackendUnavailableException) {
                later(run, AWAY_PAUSE_MILLIS);
            } else {
                runs.ended(run); // the statement is wrong, or all is closed: the run is found to be cut off
            }
        });
        return run.ended();
    }

    /** Runs of a former self are fenced by the database: it knows them under that id. */
    private List<Ended> end(List<Run> ending) {
        Claim claim = membership.endingClaim();
        List<Begun> begun = ending.stream().map(Run::begun).toList();
        return database.own(connection -> store.end(connection, claim, begun));
    }

    private void ended(Run run, Ended ended) {
        switch (ended.result()) {
            case LOCKED -> later(run, LOCKED_PAUSE_MILLIS);
            case FENCED -> {
                run.map().counters().fenced.increment();
                runs.ended(run);
            }
            case ENDED -> {
                runs.ended(run);
                Due next = ended.next();
                if (next != null) {
                    boolean overrun =
                            run.map().periods().leavesOutOverruns() && !next.cutOff() && next.due() <= clock.micros();
                    holds.take(next, overrun);
                }
            }
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // ends the run, which says so
    private void later(Run run, long millis) {
        upkeep.schedule(() -> end(run), millis, TimeUnit.MILLISECONDS);
    }
}
