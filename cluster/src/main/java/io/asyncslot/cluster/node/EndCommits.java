package io.asyncslot.cluster.node;

import io.asyncslot.BackendUnavailableException;
import io.asyncslot.LatePolicy;
import io.asyncslot.WhenIdle;
import io.asyncslot.backend.Log;
import io.asyncslot.backend.Micros;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.StoreSession;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Ends runs in the database, in batches, and takes over what is due next of their slots. Goes on asking until the database
 * has answered, whatever fails: it says then whether the run still was this node's. Thread-safe.
 */
final class EndCommits {

    private static final Log LOG = new Log(EndCommits.class);
    private static final Log.Message REFUSED =
            LOG.message("the end of a run of map '", "' is refused by the database; it is asked for again");

    /** For how long a thread with no room on the heap waits for some. */
    private static final long HEAP_PAUSE_NANOS = 1_000_000;

    private static final int MOST = 250;
    private static final Duration LINGER = Duration.ofMillis(2);
    private static final long LOCKED_PAUSE_MILLIS = 3;
    private static final long MOST_LOCKED_PAUSE_MILLIS = 100;
    private static final long AWAY_PAUSE_MILLIS = 100;

    private final Database database;
    private final Membership membership;
    private final DatabaseClock clock;
    private final Runs runs;
    private final HeldSlots holds;
    private final ScheduledExecutorService upkeep;
    private final long retention;
    private final BooleanSupplier goesOn;
    private final Consumer<StoredSlots<?>> left;
    private final GroupCommit<Run, Ended> commits;
    private final Turns turns;

    EndCommits(
            NodeThreads threads,
            Database database,
            Turns turns,
            Membership membership,
            DatabaseClock clock,
            Runs runs,
            HeldSlots holds,
            ScheduledExecutorService upkeep,
            Duration retention,
            BooleanSupplier goesOn,
            Consumer<StoredSlots<?>> left) {
        this.database = database;
        this.membership = membership;
        this.clock = clock;
        this.runs = runs;
        this.holds = holds;
        this.upkeep = upkeep;
        this.retention = Micros.span(retention);
        this.goesOn = goesOn;
        this.left = left;
        this.turns = turns;
        this.commits = new GroupCommit<>(threads, "asyncslot-cluster-end", MOST, LINGER, this::end);
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
        try {
            commits.ask(run).whenComplete((ended, failure) -> answered(run, ended, failure));
        } catch (OutOfMemoryError e) { // it may be asked for already, and is fenced then
            later(run, AWAY_PAUSE_MILLIS);
        }
        return run.ended();
    }

    private void answered(Run run, @Nullable Ended ended, @Nullable Throwable failure) {
        try {
            if (failure != null) {
                failed(run, failure);
            } else if (ended != null) {
                ended(run, ended);
            }
        } catch (OutOfMemoryError e) { // a run that has ended is fenced, and has ended here too then
            later(run, AWAY_PAUSE_MILLIS);
        }
    }

    private void failed(Run run, Throwable failure) {
        if (goesOn.getAsBoolean()) {
            tell(run, failure);
            later(run, AWAY_PAUSE_MILLIS); // whatever it was: the run is over when the database says so
        } else {
            runs.ended(run); // this process is closed, and the database did not come back: the others find out
        }
    }

    /** Ends a run when it is its turn at the row, on a thread that may wait. */
    private void waitAndEnd(Run run) {
        Optional<List<Ended>> ended;
        try {
            ended = turns.await(run.id(), session -> end(session, List.of(run)));
        } catch (Throwable e) {
            failed(run, e);
            return;
        }
        if (ended.isPresent()) {
            answered(run, ended.get().get(0), null);
        } else {
            later(run, MOST_LOCKED_PAUSE_MILLIS); // it was not its turn in time
        }
    }

    private static void tell(Run run, Throwable failure) {
        if (!(failure instanceof BackendUnavailableException) && run.endFailed()) {
            REFUSED.error(run.id().map(), failure);
        }
    }

    /** Runs of a former self are fenced by the database: it knows them under that id. */
    private List<Ended> end(List<Run> ending) {
        return database.own(session -> end(session, ending));
    }

    private List<Ended> end(StoreSession session, List<Run> ending) {
        Claim claim = membership.endingClaim();
        List<Finish> finishes = ending.stream().map(Run::finish).toList();
        Set<String> freeing = maps(ending, map -> map.whenIdle() == WhenIdle.FREE);
        return session.end(claim, finishes, freeing, maps(ending, StoredSlots::isBehind), retention);
    }

    private static Set<String> maps(List<Run> runs, Predicate<StoredSlots<?>> which) {
        return runs.stream().map(Run::map).filter(which).map(StoredSlots::name).collect(Collectors.toSet());
    }

    private void ended(Run run, Ended ended) {
        switch (ended.result()) {
            case LOCKED -> {
                int times = run.lockedOnceMore();
                if (times < Turns.LOOKS || !turns.enter(() -> waitAndEnd(run))) {
                    later(run, Math.min(MOST_LOCKED_PAUSE_MILLIS, LOCKED_PAUSE_MILLIS << times));
                }
            }
            case FENCED -> {
                run.map().counters().fenced.increment();
                runs.ended(run);
            }
            case ENDED -> {
                if (ended.gone()) {
                    run.map().gone(run.id(), run.begun().incarnation());
                }
                runs.ended(run);
                Due next = ended.next();
                if (next != null) {
                    boolean overrun =
                            run.map().late() == LatePolicy.SKIP && !next.cutOff() && next.due() <= clock.micros();
                    holds.take(next, overrun);
                }
                if (ended.left()) {
                    left.accept(run.map());
                }
            }
        }
    }

    /** However full the heap is: nobody else ends the run. */
    @SuppressWarnings("FutureReturnValueIgnored") // ends the run, which says so
    private void later(Run run, long millis) {
        for (boolean asked = false; !asked; ) {
            try {
                upkeep.schedule(() -> end(run), millis, TimeUnit.MILLISECONDS);
                asked = true;
            } catch (OutOfMemoryError e) {
                LockSupport.parkNanos(HEAP_PAUSE_NANOS);
            }
        }
    }
}
