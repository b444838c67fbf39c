package io.asyncslot.cluster;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A store whose every call has a connection of its own and commits. */
record TestStore(DataSource connections, SlotStore store) {

    /** Runs whose callbacks have returned. */
    static List<Finish> returned(List<Begun> runs) {
        return runs.stream()
                .map(run -> new Finish(run, Finish.Result.RETURNED, 1, null))
                .toList();
    }

    <T> T with(Function<Connection, T> work) {
        try (Connection connection = connections.getConnection()) {
            return work.apply(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    long now() {
        return with(connection -> store.now(connection));
    }

    long join(String name) {
        return with(connection -> store.join(connection, name));
    }

    List<Node> nodes(int limit) {
        return with(connection -> store.nodes(connection, limit));
    }

    Released release(long node) {
        return with(connection -> store.release(connection, node));
    }

    Beats beat(long node) {
        return with(connection -> store.beat(connection, node));
    }

    Optional<Released> giveUp(Beats.Beat silent) {
        return with(connection -> store.giveUp(connection, silent));
    }

    Released releaseOrphans() {
        return with(connection -> store.releaseOrphans(connection));
    }

    int purge(int limit) {
        return with(connection -> store.purge(connection, 0, limit));
    }

    Armed<StartOutcome> start(Claim claim, SlotId id, When when, @Nullable Offer offer, int capacity) {
        return with(connection -> store.start(connection, claim, id, when, offer, capacity));
    }

    List<Armed<StartOutcome>> startAll(Claim claim, List<SlotId> ids, When when, @Nullable Offer offer, int capacity) {
        return with(connection -> store.startAll(connection, claim, ids, when, offer, capacity));
    }

    Armed<StartOutcome> restart(Claim claim, SlotId id, long incarnation, When when) {
        return with(connection -> store.restart(connection, claim, id, incarnation, when, Carrying.NOTHING));
    }

    SlotStore.Retried retry(SlotId id, long token, When when) {
        return with(connection -> store.retry(
                connection, id, token, when, new SlotStore.Retry(false, false), Offer.nothing(Carrying.NOTHING)));
    }

    Armed<SubmitOutcome> submit(Claim claim, SlotId id, @Nullable Offer offer, int capacity) {
        return with(connection -> store.submit(connection, claim, id, offer, capacity));
    }

    Armed<TouchOutcome> touch(Claim claim, SlotId id, When when) {
        return with(connection -> store.touch(connection, claim, id, when, Carrying.NOTHING));
    }

    Removed<CancelOutcome> cancel(SlotId id) {
        return with(connection -> store.cancel(connection, id, WhenIdle.KEEP, Carrying.NOTHING));
    }

    Removed<DeleteOutcome> delete(SlotId id) {
        return with(connection -> store.delete(connection, id, Carrying.NOTHING));
    }

    boolean pause(SlotId id) {
        return with(connection -> store.pause(connection, id));
    }

    Optional<Due> resume(Claim claim, SlotId id) {
        return with(connection -> store.resume(connection, claim, id));
    }

    boolean pauseMap(String map, boolean paused) {
        return with(connection -> store.pauseMap(connection, map, paused));
    }

    List<String> pausedMaps() {
        return with(connection -> store.pausedMaps(connection));
    }

    SlotStore.DeletedBatch deleteAll(String map, @Nullable String after, int limit) {
        return with(connection -> store.deleteAll(connection, map, after, limit));
    }

    boolean runs(String map) {
        return with(connection -> store.runs(connection, map));
    }

    Optional<Row> find(SlotId id) {
        return with(connection -> store.find(connection, id, false));
    }

    List<Row> list(String map, String prefix, @Nullable String after, int limit) {
        return with(connection -> store.list(connection, map, prefix, after, limit));
    }

    Counts count(String map, int limit) {
        return with(connection -> store.count(connection, map, limit));
    }

    Duration overdue() {
        return with(connection -> store.overdue(connection));
    }

    List<Due> sweep(Claim claim, List<String> maps, int limit) {
        return with(connection ->
                store.sweep(connection, claim, maps, List.of(), limit).due());
    }

    List<Due> overlooked(long node, long overdue, int limit) {
        return with(connection -> store.overlooked(connection, node, overdue, limit));
    }

    SlotStore.BeginResult begin(long node, List<Begin> begins) {
        return with(connection -> store.begin(connection, node, begins));
    }

    List<Ended> end(Claim claim, List<Begun> runs) {
        return with(connection -> store.end(connection, claim, returned(runs), Set.of(), 0));
    }

    List<Running> running(long node, int limit) {
        return with(connection -> store.running(connection, node, limit));
    }

    boolean cutOff(long node, SlotId id, long token) {
        return with(connection -> store.cutOff(connection, node, id, token));
    }

    long runToken(SlotId id) {
        return with(connection -> store.runToken(connection, id));
    }

    boolean announceAwait(SlotId self, long token, SlotId target) {
        return with(connection -> store.announceAwait(connection, self, token, target));
    }

    void withdrawAwait(SlotId self, long token) {
        with(connection -> {
            store.withdrawAwait(connection, self, token);
            return 0;
        });
    }
}
