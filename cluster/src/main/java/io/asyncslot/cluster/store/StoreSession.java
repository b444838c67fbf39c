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
 * One unit of work on the slots of one namespace: a transaction of the caller that it joins, or one of each call's own.
 * Owned by one thread. One row per key; keeps no state of its own.
 *
 * <p>What the user's operations do shows when the transaction commits. An operation on one key is one step, waits for transactions
 * that have changed the same row, and answers for the moment it changed it. What nodes do in batches (sweep, begin,
 * end, release) never waits for a row. All throw {@link StoreException}.
 *
 * <p>A slot's row is somebody's or nobody's: the owner is the node that runs it, else the one that holds its next
 * deadline. A row with a run and without an owner was cut off and is delivered again by a sweep, before anything newer
 * of its key. While a run goes on, arming changes the deadline and not the owner: the end of the run hands it on.
 */
public interface StoreSession extends AutoCloseable {

    /** Gives back what the work was done on. What was done is done, also where that fails with a {@link StoreException}. */
    @Override
    void close();

    // Tables

    /**
     * Whether the slots are in the memory of this process and end with it, so that nobody else can have made the tables.
     *
     * @return whether they are
     */
    default boolean isEmbedded() {
        return false;
    }

    /**
     * What else makes the tables.
     *
     * @return what somebody is to do, as a clause; empty if nothing but {@link #create} makes them
     */
    default String script() {
        return "";
    }

    /** Creates what is missing of the tables, and changes nothing else. Of several nodes at once, one does. */
    void create();

    /**
     * Looks whether the tables are there, with every column.
     *
     * @return what is missing, by name; empty when nothing is
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
     * Makes a node. Only what has joined and was not released can begin runs.
     *
     * @param name its name, for people
     * @return its id, higher than any before, at least 1
     */
    long join(String name);

    /**
     * The nodes that have joined and were not released.
     *
     * @param limit how many rows per node to count at most
     * @return the nodes, oldest first
     */
    List<Node> nodes(int limit);

    /** Says which maps a node runs. */
    void hosts(long node, List<String> maps);

    /**
     * The maps that have slots, and that no node runs: nothing of them fires.
     *
     * @param limit how many slots of each to count at most
     * @return their names, and how many slots each has
     */
    Map<String, Long> unhosted(int limit);

    /**
     * Moves slots of a map that no node runs to another map. Those whose key is there already stay.
     *
     * @param limit how many at most
     * @return how many
     */
    int move(String from, String to, int limit);

    /**
     * Releases a node: it can begin and end nothing from now on, what it held is anybody's and what it ran is cut off.
     * To be called when it leaves. Its own transaction.
     *
     * @return what was taken from it; all zero when another call was first
     */
    Released release(long node);

    /**
     * Gives back what a node holds of one map: others go on with it at once. Runs that it has begun stay its own.
     *
     * @return how many slots
     */
    int release(long node, String map);

    /**
     * Says that a node lives, and looks at the others.
     *
     * @return whether the node still is one, the time, and the other nodes' counters
     */
    Beats beat(long node);

    /**
     * Releases a node that was silent, unless it has said something meanwhile. Its own transaction.
     *
     * @return what was taken from it; empty when it lives, or another call was first
     */
    Optional<Released> giveUp(Beats.Beat silent);

    /**
     * Releases what is owned by nodes that do not exist: a transaction that was slow to commit may have claimed a slot
     * for a node that was released meanwhile. Cheap when there is nothing; to be called every few seconds by some node.
     */
    Released releaseOrphans();

    /**
     * Removes what is left of slots deleted more than a minute ago. To be called every few seconds by some node, until
     * it answers fewer than the limit.
     *
     * @param retention for how long a firing that failed for good stays, in microseconds, however its slot was freed
     * @return how many rows it removed
     */
    int purge(long retention, int limit);

    /**
     * Removes values that belong to no slot. No statement leaves any behind; a former version of the library beside this one does.
     *
     * @return how many
     */
    int purgeValues();

    // Operations on one key

    /**
     * Arms a slot: creates it when absent, replaces the deadline when armed, takes the next generation.
     *
     * @param offer what it brings besides; null in a map without values and shapes
     * @param capacity the highest number of live slots of the map; 0 for any
     * @return STARTED, REARMED or REJECTED, the latter also if something else is pending than the offer expects
     */
    Armed<StartOutcome> start(Claim claim, SlotId id, Deadline when, @Nullable Offer offer, int capacity);

    /**
     * Arms many slots by one statement. Slots of maps with a capacity, values or a shape are armed one by one.
     *
     * @param ids the slots; one that comes twice is REARMED the second time
     * @return the answers, in the order of {@code ids}
     */
    List<Armed<StartOutcome>> startAll(
            Claim claim, List<SlotId> ids, Deadline when, @Nullable Offer offer, int capacity);

    /**
     * Arms an incarnation again.
     *
     * @return STARTED, REARMED, or FREED when the incarnation was deleted
     */
    Armed<StartOutcome> restart(Claim claim, SlotId id, long incarnation, Deadline when, Carrying carrying);

    /**
     * How a firing is to be delivered again.
     *
     * @param sameAttempt whether it is the same attempt once more, because the callback was not called
     * @param beforeAnyPeriod whether the map's next period waits even when it is due before: no period is left out then
     */
    record Retry(boolean sameAttempt, boolean beforeAnyPeriod) {}

    /**
     * Whether a firing is delivered again.
     *
     * @param outcome SCHEDULED; SUPERSEDED when something newer is pending and stays so; WITHDRAWN when a cancel came during
     *     the run; FREED when the slot was deleted or the run is not this one any more
     * @param putPeriodOff whether that is in place of the map's next period, which was pending
     */
    record Retried(RetryOutcome outcome, boolean putPeriodOff) {}

    /**
     * Delivers the firing of a run again, with the same generation. To be called during that run. Its values become pending
     * again, or go to what is pending.
     *
     * @param offer the two merged, where a function does that and both are there; FREED also when something else is pending
     *     than it expects
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
     * Takes away what is pending, and its values, if they still are what was seen.
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
     * Moves a pending deadline to a point of the slot's own schedule, or by what its map says where it has none.
     *
     * @param when with the schedule that the slot was seen to have; null for none
     * @return MOVED, NOT_ARMED, or ABSENT also where the slot has another schedule by now
     */
    Armed<TouchOutcome> touchOwn(Claim claim, SlotId id, Deadline when);

    /**
     * Removes a pending deadline. A run that was cut off counts as running.
     *
     * @param whenIdle what becomes of the slot if no run of it goes on
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
     * Pauses a slot: what is due does not begin.
     *
     * @return whether the slot was live and not paused
     */
    boolean pause(SlotId id);

    /**
     * Ends the pause of a slot.
     *
     * @return what is to be held now; empty when the slot was not paused, or nothing is due within the horizon
     */
    Optional<Due> resume(Claim claim, SlotId id);

    // Maps

    /**
     * Pauses a whole map or ends that. Slots that nodes hold already do not begin while it is paused.
     *
     * @return whether this changed anything
     */
    boolean pauseMap(String map, boolean paused);

    /**
     * Since when a map is paused.
     *
     * @return microseconds of database time; {@link SlotStore#NONE} when it is not paused
     */
    long pausedSince(String map);

    /**
     * The maps that are paused.
     *
     * @return their names
     */
    List<String> pausedMaps();

    /**
     * Deletes slots of a map, a batch at a time, in the order of their keys.
     *
     * @param after only keys after this one: what the former batch answered as {@link DeletedBatch#last}; null at first
     * @param limit how many at most
     * @return what was freed
     */
    DeletedBatch deleteAll(String map, @Nullable String after, int limit);

    /**
     * What a batch of deletes freed.
     *
     * @param deleted how many slots
     * @param deletedArmed of these, the ones with a deadline pending
     * @param last the last key; null when nothing was left to delete
     */
    record DeletedBatch(
            int deleted, int deletedArmed, @Nullable String last) {}

    /**
     * Whether any node runs a callback of a map, or holds one that was cut off.
     *
     * @return whether a run goes on
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
     * What lasts longest in a map and what comes next, in microseconds; {@link SlotStore#NONE} where there is nothing.
     *
     * @param overdue how long the slot that is overdue longest has been due, those that are paused left out
     * @param longestRun how long the run that lasts longest goes on
     * @param next how long until the next slot is due
     * @param slots how many slots were looked at
     */
    record Times(long overdue, long longestRun, long next, long slots) {}

    /**
     * What lasts longest in a map, and what comes next.
     *
     * @param limit how many rows to look at at most
     */
    Times times(String map, int limit);

    /**
     * How long the slot that is due the longest is overdue, of those that no node runs.
     *
     * @return the time, zero when nothing is overdue
     */
    Duration overdue();

    // Firing

    /**
     * Claims slots that are due within the horizon and nobody's, the earliest first, and notes of those that were moved to
     * later when to look again. Maps that are paused, or not asked for, cost nothing.
     *
     * @param maps the maps that the node can run
     * @param freeing of these, the ones whose idle slots are freed when their interval is over
     * @param limit how many to look at at most
     * @return what the node has to hold now
     */
    Swept sweep(Claim claim, List<String> maps, Collection<String> freeing, int limit);

    /**
     * What a sweep found.
     *
     * @param due what it claimed
     * @param freed what it freed: slots whose interval is over
     * @param looked how many slots it looked at
     */
    record Swept(List<Due> due, List<Due> freed, int looked) {}

    /**
     * What a node should be holding and has not begun although it was due some time ago: it lost sight of it, for
     * example because the connection broke after a claim was committed.
     *
     * @param overdue how long ago, in microseconds
     */
    List<Due> overlooked(long node, long overdue, int limit);

    /**
     * Does something with a slot once it is its turn: waits with all others that want the slot's row, those before it first, and
     * keeps the row until that is done, all in one transaction. So work that passes over rows which others have finds this one.
     *
     * @param limit how long to wait for the row at most, where the database can be told so
     * @param work what to do on this session
     * @return what it answered; empty when the limit was over first, and it was not done
     */
    <T> Optional<T> inTurn(SlotId id, Duration limit, Supplier<T> work);

    /**
     * Begins runs. Nothing begins before it is due by the database's clock.
     *
     * @param begins at most one per slot
     * @return what began, and what did not with the reason
     */
    BeginResult begin(long node, List<Begin> begins);

    /**
     * What became of a batch of begins.
     *
     * @param begun what began
     * @param refused what did not
     */
    record BeginResult(List<StartedRun> begun, List<NotBegun> refused) {}

    /**
     * Ends runs, and claims what is due next of these slots within the horizon.
     *
     * @param finishes how the runs ended; at most one per slot
     * @param freeing the maps whose slots are freed when nothing is pending then
     * @param retention for how long the rows of such slots stay whose firing has failed for good, in microseconds
     * @return one answer for each
     */
    List<Ended> end(Claim claim, List<Finish> finishes, Set<String> freeing, long retention);

    /**
     * The firings of a map that failed for good, the latest first.
     *
     * @param limit how many at most
     */
    List<FailedFiring> failed(String map, int limit);

    /**
     * Makes a firing that failed for good pending again, due now and nobody's, as a new generation.
     *
     * @return whether there was one, with nothing newer of its key
     */
    boolean retryFailed(SlotId id);

    /**
     * Drops firings of a map that failed for good, with their values. Slots that are there stay as they are.
     *
     * @param key the only key whose firing to drop; null for all
     * @return how many were dropped
     */
    int forgetFailed(String map, @Nullable String key);

    /** The last firing of a slot that is gone, as long as anything is left of it. */
    Optional<LastFiring> departed(SlotId id);

    /**
     * A slot that is gone.
     *
     * @param id the slot
     * @param last its last firing; null when it had none
     */
    record Departed(SlotId id, @Nullable LastFiring last) {}

    /**
     * Slots of a map that are gone, as long as anything is left of them, the latest first.
     *
     * @param failed whether to list those whose last firing failed for good, or the others
     * @param limit how many at most
     */
    List<Departed> departed(String map, boolean failed, int limit);

    /** The runs of a node, oldest first. */
    List<Running> running(long node, int limit);

    /**
     * Declares a run of this node cut off: it had begun in the database but not here.
     *
     * @return whether that run still was this node's
     */
    boolean cutOff(long node, SlotId id, long token);

    /**
     * Cuts off a run of this node whose callback was not called, because of what it was handed: it is delivered again after a
     * pause, as the same attempt.
     *
     * @param pause in microseconds
     * @return false if the run is not this node's any more
     */
    boolean putOff(long node, SlotId id, long token, long pause);

    /** Whether a node runs a map. */
    boolean isHosted(String map);

    // Hints between nodes

    /**
     * Hears from now on what nodes of the namespace tell each other.
     *
     * @return false if it cannot
     */
    boolean listen();

    /**
     * What has been heard.
     *
     * @param millis how long to wait for something; 0 not to wait
     */
    List<String> heard(int millis);

    /**
     * Tells all that listen.
     *
     * @param line up to 8,000 bytes
     */
    void tell(String line);

    // Awaiting

    /**
     * The run of a slot.
     *
     * @return its token; 0 when none goes on
     */
    long runToken(SlotId id);

    /**
     * Announces that the callback of a run is about to await another slot's run. Its own transaction.
     *
     * @return false, and nothing announced, when that would close a ring of callbacks that await each other
     */
    boolean announceAwait(SlotId self, long token, SlotId target);

    /** Ends what {@link #announceAwait} announced. */
    void withdrawAwait(SlotId self, long token);
}
