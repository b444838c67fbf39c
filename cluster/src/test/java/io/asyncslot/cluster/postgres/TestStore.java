package io.asyncslot.cluster.postgres;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Beats;
import io.asyncslot.cluster.store.Begin;
import io.asyncslot.cluster.store.Carrying;
import io.asyncslot.cluster.store.Claim;
import io.asyncslot.cluster.store.Counts;
import io.asyncslot.cluster.store.Deadline;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.Ended;
import io.asyncslot.cluster.store.Finish;
import io.asyncslot.cluster.store.Node;
import io.asyncslot.cluster.store.Offer;
import io.asyncslot.cluster.store.Released;
import io.asyncslot.cluster.store.Removed;
import io.asyncslot.cluster.store.Row;
import io.asyncslot.cluster.store.Running;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.cluster.store.StartedRun;
import io.asyncslot.cluster.store.StoreSession;
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
public record TestStore(DataSource connections, Sessions store) {

    /** Runs whose callbacks have returned. */
    public static List<Finish> returned(List<StartedRun> runs) {
        return runs.stream()
                .map(run -> new Finish(run, Finish.Result.RETURNED, 1, null))
                .toList();
    }

    public <T> T with(Function<Connection, T> work) {
        try (Connection connection = connections.getConnection()) {
            return work.apply(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public long now() {
        return with(connection -> store.on(connection).now());
    }

    public long join(String name) {
        return with(connection -> store.on(connection).join(name));
    }

    public List<Node> nodes(int limit) {
        return with(connection -> store.on(connection).nodes(limit));
    }

    public Released release(long node) {
        return with(connection -> store.on(connection).release(node));
    }

    public Beats beat(long node) {
        return with(connection -> store.on(connection).beat(node));
    }

    public Optional<Released> giveUp(Beats.Beat silent) {
        return with(connection -> store.on(connection).giveUp(silent));
    }

    public Released releaseOrphans() {
        return with(connection -> store.on(connection).releaseOrphans());
    }

    public int purge(int limit) {
        return with(connection -> store.on(connection).purge(0, limit));
    }

    public Armed<StartOutcome> start(Claim claim, SlotId id, Deadline when, @Nullable Offer offer, int capacity) {
        return with(connection -> store.on(connection).start(claim, id, when, offer, capacity));
    }

    public List<Armed<StartOutcome>> startAll(
            Claim claim, List<SlotId> ids, Deadline when, @Nullable Offer offer, int capacity) {
        return with(connection -> store.on(connection).startAll(claim, ids, when, offer, capacity));
    }

    public Armed<StartOutcome> restart(Claim claim, SlotId id, long incarnation, Deadline when) {
        return with(connection -> store.on(connection).restart(claim, id, incarnation, when, Carrying.NOTHING));
    }

    public StoreSession.Retried retry(SlotId id, long token, Deadline when) {
        return with(connection -> store.on(connection)
                .retry(id, token, when, new StoreSession.Retry(false, false), Offer.nothing(Carrying.NOTHING)));
    }

    public Armed<SubmitOutcome> submit(Claim claim, SlotId id, @Nullable Offer offer, int capacity) {
        return with(connection -> store.on(connection).submit(claim, id, offer, capacity));
    }

    public Armed<TouchOutcome> touch(Claim claim, SlotId id, Deadline when) {
        return with(connection -> store.on(connection).touch(claim, id, when, Carrying.NOTHING));
    }

    public Removed<CancelOutcome> cancel(SlotId id) {
        return with(connection -> store.on(connection).cancel(id, WhenIdle.KEEP, Carrying.NOTHING));
    }

    public Removed<DeleteOutcome> delete(SlotId id) {
        return with(connection -> store.on(connection).delete(id, Carrying.NOTHING));
    }

    public boolean pause(SlotId id) {
        return with(connection -> store.on(connection).pause(id, null));
    }

    public Optional<Due> resume(Claim claim, SlotId id) {
        return with(connection -> store.on(connection).resume(claim, id));
    }

    public boolean pauseMap(String map, boolean paused) {
        return with(connection -> paused
                ? store.on(connection).pauseMap(map, null)
                : store.on(connection).resumeMap(map));
    }

    public List<String> pausedMaps() {
        return with(connection -> store.on(connection).pausedMaps());
    }

    public StoreSession.DeletedBatch deleteAll(String map, @Nullable String after, int limit) {
        return with(connection -> store.on(connection).deleteAll(map, after, limit));
    }

    public boolean runs(String map) {
        return with(connection -> store.on(connection).runs(map));
    }

    public Optional<Row> find(SlotId id) {
        return with(connection -> store.on(connection).find(id, false));
    }

    public List<Row> list(String map, String prefix, @Nullable String after, int limit) {
        return with(connection -> store.on(connection).list(map, prefix, after, limit));
    }

    public Counts count(String map, int limit) {
        return with(connection -> store.on(connection).count(map, limit));
    }

    public Duration overdue() {
        return with(connection -> store.on(connection).overdue());
    }

    public List<Due> sweep(Claim claim, List<String> maps, int limit) {
        return with(connection ->
                store.on(connection).sweep(claim, maps, List.of(), limit).due());
    }

    public List<Due> overlooked(long node, long overdue, int limit) {
        return with(connection -> store.on(connection).overlooked(node, overdue, limit));
    }

    public StoreSession.BeginResult begin(long node, List<Begin> begins) {
        return with(connection -> store.on(connection).begin(node, begins));
    }

    public List<Ended> end(Claim claim, List<StartedRun> runs) {
        return with(connection -> store.on(connection).end(claim, returned(runs), Set.of(), Set.of(), 0));
    }

    public List<Running> running(long node, int limit) {
        return with(connection -> store.on(connection).running(node, limit));
    }

    public boolean cutOff(long node, SlotId id, long token) {
        return with(connection -> store.on(connection).cutOff(node, id, token));
    }

    public long runToken(SlotId id) {
        return with(connection -> store.on(connection).runToken(id));
    }

    public boolean announceAwait(SlotId self, long token, SlotId target) {
        return with(connection -> store.on(connection).announceAwait(self, token, target));
    }

    public void withdrawAwait(SlotId self, long token) {
        with(connection -> {
            store.on(connection).withdrawAwait(self, token);
            return 0;
        });
    }
}
