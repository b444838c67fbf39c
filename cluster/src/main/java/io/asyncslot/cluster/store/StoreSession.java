package io.asyncslot.cluster.store;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotSnapshot.LastFiring;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One unit of work on the slots of one namespace. It joins a transaction of the caller, or makes each call its own
 * transaction. Owned by one thread. One row per key; the session itself keeps no state.
 *
 * <p>The effect of a user's operation becomes visible when the transaction commits. An operation on one key is one
 * step. It waits for transactions that have changed the same row, and its answer describes the moment of that change.
 * The batches of nodes (sweep, begin, end, release) never wait for a row. All throw {@link StoreException}.
 *
 * <p>A slot's row has an owner or none. The owner is the node that runs the slot, or else the node that holds its next
 * deadline. If a row has a run but no owner, the run was cut off; a sweep delivers it again, before anything newer of
 * its key. During a run, arming changes the deadline and not the owner: the end of the run passes the row on.
 */
public interface StoreSession extends AutoCloseable {

    /**
     * Gives back the resource behind the session. Completed work stays done, even if this fails with a
     * {@link StoreException}.
     */
    @Override
    void close();

    // Tables

    /**
     * Whether the slots are in the memory of this process and end with it, so that no one else can have made the
     * tables.
     *
     * @return whether they are
     */
    default boolean isEmbedded() {
        return false;
    }

    /**
     * Names another way to make the tables.
     *
     * @return what an operator must do, as a clause; empty if only {@link #create} makes them
     */
    default String script() {
        return "";
    }

    /**
     * Creates the missing parts of the tables, and changes nothing else. If several nodes do this at the same time, one
     * of them creates them.
     */
    void create();

    /**
     * Looks whether the tables are there, with every column.
     *
     * @return the missing parts, by name; empty if nothing is missing
     */
    List<String> missing();

    // Nodes

    /**
     * The database's clock.
     *
     * @return microseconds since 1970, at some moment of this call
     */
    long now();

    /**
     * Makes a node. Only a node that has joined and was not released can begin runs.
     *
     * @param name its name, for people
     * @return its id, higher than any before, at least 1
     */
    long join(String name);

    /**
     * The nodes that have joined and were not released.
     *
     * @param limit the maximum number of rows to count per node
     * @return the nodes, oldest first
     */
    List<Node> nodes(int limit);

    /** Records the maps that a node runs. */
    void hosts(long node, List<String> maps);

    /**
     * The maps that have slots but that no node runs, so that none of their slots fires.
     *
     * @param limit the maximum number of slots to count per map
     * @return their names, and how many slots each has
     */
    Map<String, Long> unhosted(int limit);

    /**
     * Moves slots of a map that no node runs to another map. A slot stays if the other map already has its key.
     *
     * @param limit how many at most
     * @return how many
     */
    int move(String from, String to, int limit);

    /**
     * Releases a node: from now on, it can begin and end nothing. Any node may claim the slots that it held, and its
     * runs are cut off. Called when the node leaves. Its own transaction.
     *
     * @return what was taken from it; all zero if another call was first
     */
    Released release(long node);

    /**
     * Gives back the slots of one map that a node holds, so that other nodes continue with them immediately. The node
     * keeps the runs that it has begun.
     *
     * @return how many slots
     */
    int release(long node, String map);

    /**
     * Records that a node lives, and reads the counters of the others.
     *
     * @return whether the node still is one, the time, and the other nodes' counters
     */
    Beats beat(long node);

    /**
     * Releases a node that was silent, unless it has given a sign of life since. Its own transaction.
     *
     * @return what was taken from it; empty if it lives, or if another call was first
     */
    Optional<Released> giveUp(Beats.Beat silent);

    /**
     * Releases the rows of nodes that do not exist: a transaction that was slow to commit may have claimed a slot for a
     * node that was released meanwhile. Cheap if there are none. Some node calls it every few seconds.
     */
    Released releaseOrphans();

    /**
     * Removes the remains of slots that were deleted more than a minute ago. Some node calls it every few seconds,
     * until it answers fewer than the limit.
     *
     * @param retention how long a firing that failed for good stays, in microseconds, however its slot was freed
     * @return how many rows it removed
     */
    int purge(long retention, int limit);

    /**
     * Removes values that belong to no slot. No statement leaves such values; an earlier version of the library that
     * runs next to this one does.
     *
     * @return how many
     */
    int purgeValues();

    // Operations on one key

    /**
     * Arms a slot: creates it when absent, replaces the deadline when armed, takes the next generation.
     *
     * @param offer the rest of the start; null in a map without values and shapes
     * @param capacity the highest number of live slots of the map; 0 for any
     * @return STARTED, REARMED or REJECTED; REJECTED too if something else is pending than the offer expects
     */
    Armed<StartOutcome> start(Claim claim, SlotId id, Deadline when, @Nullable Offer offer, int capacity);

    /**
     * Arms many slots in one statement. Slots of maps with a capacity, values or a shape are armed one by one.
     *
     * @param ids the slots; one that comes twice is REARMED the second time
     * @return the answers, in the order of {@code ids}
     */
    List<Armed<StartOutcome>> startAll(
            Claim claim, List<SlotId> ids, Deadline when, @Nullable Offer offer, int capacity);

    /**
     * Arms an incarnation again.
     *
     * @return STARTED, REARMED, or FREED if the incarnation was deleted
     */
    Armed<StartOutcome> restart(Claim claim, SlotId id, long incarnation, Deadline when, Carrying carrying);

    /**
     * How a firing is to be delivered again.
     *
     * @param sameAttempt whether it is the same attempt once more, because the callback was not called
     * @param beforeAnyPeriod whether the map's next period waits even if it is due first; then no period is left out
     */
    record Retry(boolean sameAttempt, boolean beforeAnyPeriod) {}

    /**
     * Whether a firing is delivered again.
     *
     * @param outcome SCHEDULED; SUPERSEDED if something newer is pending and stays so; WITHDRAWN if a cancel came
     *     during the run; FREED if the slot was deleted or another run has replaced this one
     * @param putPeriodOff whether it replaces the map's next period, which was pending
     */
    record Retried(RetryOutcome outcome, boolean putPeriodOff) {}

    /**
     * Delivers the firing of a run again, with the same generation. Called during that run. Its values become pending
     * again, or join the pending values.
     *
     * @param offer the two merged values, if a function merges them and both exist; the outcome is FREED too if
     *     something else is pending than the offer expects
     */
    Retried retry(SlotId id, long token, Deadline when, Retry how, Offer offer);

    /**
     * Makes a run of a work slot pending now, unless one is.
     *
     * @param offer as for {@link #start}
     * @param capacity as for {@link #start}
     * @return SUBMITTED, COALESCED or REJECTED, as for {@link #start}
     */
    Armed<SubmitOutcome> submit(Claim claim, SlotId id, @Nullable Offer offer, int capacity);

    /**
     * Takes the pending run and its values away, if they have not changed since they were seen.
     *
     * @param seen a slot with something pending, and its values
     * @return CANCELLED; empty if something has changed
     */
    Optional<Removed<CancelOutcome>> take(SlotId id, Row seen);

    /**
     * Moves a pending deadline and keeps its generation.
     *
     * @return MOVED, NOT_ARMED or ABSENT
     */
    Armed<TouchOutcome> touch(Claim claim, SlotId id, Deadline when, Carrying carrying);

    /**
     * Moves a pending deadline to a point of the slot's own schedule, or as its map defines it if the slot has none.
     *
     * @param when with the schedule that the slot had when it was read; null for none
     * @return MOVED, NOT_ARMED or ABSENT; ABSENT too if the slot now has another schedule
     */
    Armed<TouchOutcome> touchOwn(Claim claim, SlotId id, Deadline when);

    /**
     * Removes a pending deadline. A run that was cut off counts as running.
     *
     * @param whenIdle what happens to the slot if it has no current run
     * @return CANCELLED, NOT_ARMED, RUNNING or ABSENT
     */
    Removed<CancelOutcome> cancel(SlotId id, WhenIdle whenIdle, Carrying carrying);

    /**
     * Frees a slot. A run that was cut off counts as running, and is not delivered again.
     *
     * @return DELETED, DELETED_ARMED, DELETED_WHILE_RUNNING or ABSENT
     */
    Removed<DeleteOutcome> delete(SlotId id, Carrying carrying);

    /**
     * Pauses a slot: a due run does not begin.
     *
     * @param by the cause, as text; null for none
     * @return whether the slot was live and not paused
     */
    boolean pause(SlotId id, @Nullable String by);

    /**
     * Ends the pause of a slot.
     *
     * @return what the node must hold now; empty if the slot was not paused, or if nothing is due within the horizon
     */
    Optional<Due> resume(Claim claim, SlotId id);

    // Maps

    /**
     * Pauses a whole map. Slots that nodes already hold do not begin while it is paused.
     *
     * @param by the cause, as text; null for none
     * @return false if it is paused already
     */
    boolean pauseMap(String map, @Nullable String by);

    /**
     * Ends the pause of a whole map.
     *
     * @return false if it is not paused
     */
    boolean resumeMap(String map);

    /**
     * The pause of a whole map.
     *
     * @return since when, and by whom; empty when it is not paused
     */
    Optional<MapPause> pauseOf(String map);

    /**
     * The maps that are paused.
     *
     * @return their names
     */
    List<String> pausedMaps();

    /**
     * Deletes slots of a map, a batch at a time, in the order of their keys.
     *
     * @param after only keys after this one, which is {@link DeletedBatch#last} of the previous batch; null for the
     *     first batch
     * @param limit how many at most
     * @return what was freed
     */
    DeletedBatch deleteAll(String map, @Nullable String after, int limit);

    /**
     * The result of a batch of deletes.
     *
     * @param deleted how many slots
     * @param deletedArmed of these, the ones with a deadline pending
     * @param last the last key; null if nothing was left to delete
     */
    record DeletedBatch(
            int deleted, int deletedArmed, @Nullable String last) {}

    /**
     * Whether any node runs a callback of a map, or holds one that was cut off.
     *
     * @return whether the map has such a run
     */
    boolean runs(String map);

    /**
     * A live slot.
     *
     * @param withValues whether to read the values that are pending
     */
    Optional<Row> find(SlotId id, boolean withValues);

    /**
     * Live slots in the order of their keys (by code point).
     *
     * @param prefix how the keys begin; empty for all
     * @param after only keys after this one; null for all
     * @param limit how many at most
     */
    List<Row> list(String map, String prefix, @Nullable String after, int limit);

    /**
     * Counts a map's slots.
     *
     * @param limit how many rows to look at at most
     */
    Counts count(String map, int limit);

    /**
     * The longest waits and runs of a map, and its next deadline, in microseconds; {@link SlotStore#NONE} if there is
     * none.
     *
     * @param overdue how long the slot that has been overdue the longest has been due; paused slots do not count
     * @param longestRun how long the longest current run has lasted
     * @param next how long until the next slot is due
     * @param slots how many slots were read
     */
    record Times(long overdue, long longestRun, long next, long slots) {}

    /**
     * The longest waits and runs of a map, and its next deadline.
     *
     * @param limit how many rows to look at at most
     */
    Times times(String map, int limit);

    /**
     * How long the slot that was due first is overdue, among the slots that no node runs.
     *
     * @return the time; zero if nothing is overdue
     */
    Duration overdue();

    // Firing

    /**
     * Claims slots that are due within the horizon and have no owner, the earliest first. For a slot whose deadline was
     * moved to later, it notes when to look again. Maps that are paused, or not asked for, cost nothing.
     *
     * @param maps the maps that the node can run
     * @param freeing of these, the ones whose idle slots are freed at the end of their interval
     * @param limit how many to look at at most
     * @return what the node must hold now
     */
    Swept sweep(Claim claim, List<String> maps, Collection<String> freeing, int limit);

    /**
     * The result of a sweep.
     *
     * @param due what it claimed
     * @param freed what it freed: slots whose interval is over
     * @param looked how many slots it looked at
     */
    record Swept(List<Due> due, List<Due> freed, int looked) {}

    /**
     * Slots that a node should hold and has not begun, although they were due some time ago. The node lost sight of
     * them, for example because the connection broke after a claim was committed.
     *
     * @param overdue how long ago, in microseconds
     */
    List<Due> overlooked(long node, long overdue, int limit);

    /**
     * Works on a slot when it is this call's turn. The call queues with all others that want the slot's row, and keeps
     * the row until the work is done, all in one transaction. So work that skips rows of others does not miss this one.
     *
     * @param limit the longest wait for the row, if the database supports such a limit
     * @param work what to do on this session
     * @return the result of the work; empty if the limit was over first, and the work was not done
     */
    <T> Optional<T> inTurn(SlotId id, Duration limit, Supplier<T> work);

    /**
     * Begins runs. Nothing begins before it is due by the database's clock.
     *
     * @param begins at most one per slot
     * @return what began, and what did not, with the reason
     */
    BeginResult begin(long node, List<Begin> begins);

    /**
     * The result of a batch of begins.
     *
     * @param begun what began
     * @param refused what did not
     */
    record BeginResult(List<StartedRun> begun, List<NotBegun> refused) {}

    /**
     * Ends runs, and claims the next deadline of each of these slots if it is within the horizon and not to be left.
     *
     * @param finishes how the runs ended; at most one per slot
     * @param freeing the maps whose slots are freed if nothing is pending then
     * @param leaving the maps whose slots are left to the sweeps, behind those that are due before them
     * @param retention how long the rows of such slots stay if their firing has failed for good, in microseconds
     * @return one answer for each
     */
    List<Ended> end(Claim claim, List<Finish> finishes, Set<String> freeing, Set<String> leaving, long retention);

    /**
     * The firings of a map that failed for good, the latest first.
     *
     * @param limit how many at most
     */
    List<FailedFiring> failed(String map, int limit);

    /**
     * Makes a firing that failed for good pending again, as a new generation, due now and without an owner.
     *
     * @return whether there was one, with nothing newer for its key
     */
    boolean retryFailed(SlotId id);

    /**
     * Drops firings of a map that failed for good, with their values. Existing slots do not change.
     *
     * @param key the only key whose firing to drop; null for all
     * @return how many were dropped
     */
    int forgetFailed(String map, @Nullable String key);

    /** The last firing of a slot that is gone, as long as a part of it remains. */
    Optional<LastFiring> departed(SlotId id);

    /**
     * A slot that is gone.
     *
     * @param id the slot
     * @param last its last firing; null if it had none
     */
    record Departed(SlotId id, @Nullable LastFiring last) {}

    /**
     * Slots of a map that are gone, as long as a part of them remains, the latest first.
     *
     * @param failed whether to list those whose last firing failed for good, or the others
     * @param limit how many at most
     */
    List<Departed> departed(String map, boolean failed, int limit);

    /** The runs of a node, oldest first. */
    List<Running> running(long node, int limit);

    /**
     * Marks a run of this node as cut off: it had begun in the database, but not on the node.
     *
     * @return whether the run still belonged to this node
     */
    boolean cutOff(long node, SlotId id, long token);

    /**
     * Cuts off a run of this node whose callback was not called because of the values that it would have received. The
     * run is delivered again after a pause, as the same attempt.
     *
     * @param pause in microseconds
     * @return false if the run no longer belongs to this node
     */
    boolean putOff(long node, SlotId id, long token, long pause);

    /** Whether a node runs a map. */
    boolean isHosted(String map);

    // Hints between nodes

    /**
     * Starts to listen to the messages that nodes of the namespace send each other.
     *
     * @return false if it cannot
     */
    boolean listen();

    /**
     * The messages received.
     *
     * @param millis how long to wait for a message; 0 to return immediately
     */
    List<String> heard(int millis);

    /**
     * Sends a message to all nodes that listen.
     *
     * @param line up to 8,000 bytes
     */
    void tell(String line);

    // Awaiting

    /**
     * The run of a slot.
     *
     * @return its token; 0 if there is no current run
     */
    long runToken(SlotId id);

    /**
     * Announces that the callback of a run is about to await another slot's run. Its own transaction.
     *
     * @return false, and nothing is announced, if this would close a ring of callbacks that await each other
     */
    boolean announceAwait(SlotId self, long token, SlotId target);

    /** Ends what {@link #announceAwait} announced. */
    void withdrawAwait(SlotId self, long token);
}
