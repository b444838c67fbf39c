package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A named map of slots: what timer maps and work maps have in common.
 *
 * <p>How long a slot exists says {@link #whenIdle()}: while it is armed or its callback runs, or until it is deleted.
 *
 * <p>Thread-safe. Every operation but {@link #cancelAndAwait}, {@link #awaitRun} and {@link #close} is non-blocking, also from inside
 * callbacks and under the caller's own locks. The operations of one key have one total order that all threads agree
 * on. A key that is null, of another type than {@link #keyType()} or longer than the registry's limit is misuse and
 * throws {@link IllegalArgumentException} before anything changes.
 *
 * @param <K> the key type; keys need sound {@code equals} and {@code hashCode} and must not change
 */
public interface SlotMap<K> {

    /**
     * The map's name.
     *
     * @return the name, unique in its registry
     */
    String name();

    /**
     * The type of the map's keys.
     *
     * @return the key type
     */
    Class<K> keyType();

    /**
     * Whether its slots are timers or work items.
     *
     * @return the type
     */
    SlotType type();

    /**
     * What values its slots carry.
     *
     * @return their type and how they are merged; null unless the spec says that slots carry values: a map that does is a
     *     {@link ValueSlots}
     */
    default @Nullable SlotValues<?> values() {
        return null;
    }

    /**
     * The backend that measures its time.
     *
     * @return the backend's name
     */
    String backend();

    /**
     * Removes a pending run, and with it the slot unless its callback runs or the map keeps idle slots. Never waits.
     *
     * @param key the key
     * @return {@link CancelOutcome#CANCELLED}, {@link CancelOutcome#NOT_ARMED}, {@link CancelOutcome#RUNNING},
     *     {@link CancelOutcome#ABSENT} or {@link CancelOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    CancelOutcome cancel(K key);

    /**
     * Removes a pending run and waits until the key's callback does not run.
     *
     * <p>Refuses with {@link CancelOutcome#WOULD_DEADLOCK}, and changes nothing, when called from the key's own
     * callback or when callbacks await each other in a ring of any length; it may refuse a harmless wait too, when
     * some callback awaits the calling one at that moment. When the map is closed, or the slot deleted, it still waits
     * for a run that goes on.
     *
     * @param key the key
     * @param limit the longest wait; zero asks without waiting
     * @return {@link CancelOutcome#CANCELLED} or {@link CancelOutcome#NOT_ARMED} once nothing runs,
     *     {@link CancelOutcome#TIMED_OUT}, {@link CancelOutcome#WOULD_DEADLOCK}, {@link CancelOutcome#ABSENT} or
     *     {@link CancelOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable or {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits; a pending run is removed all
     *     the same
     */
    CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException;

    /**
     * Waits until the run of the key's callback that goes on now has ended, also when its slot was deleted meanwhile.
     * Changes nothing: what is pending stays pending, and further runs are not waited for.
     *
     * <p>Refuses with {@link AwaitOutcome#WOULD_DEADLOCK} where {@link #cancelAndAwait} would.
     *
     * @param key the key
     * @param limit the longest wait; zero asks without waiting
     * @return {@link AwaitOutcome#ENDED}, at once when nothing runs; {@link AwaitOutcome#TIMED_OUT} or
     *     {@link AwaitOutcome#WOULD_DEADLOCK}
     * @throws IllegalArgumentException if the key is not acceptable or {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits
     */
    AwaitOutcome awaitRun(K key, Duration limit) throws InterruptedException;

    /**
     * Cancels and frees the slot. Never waits; safe while the callback runs. No new run starts after it returned,
     * unless the key is started again, and then not before the old run has ended.
     *
     * @param key the key
     * @return {@link DeleteOutcome#DELETED}, {@link DeleteOutcome#DELETED_ARMED},
     *     {@link DeleteOutcome#DELETED_WHILE_RUNNING} or {@link DeleteOutcome#ABSENT}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    DeleteOutcome delete(K key);

    /**
     * Pauses one slot. Its deadline stays, and every operation works on it as before; but a run that falls due does not
     * begin: it waits for {@link #resume(Object)}, and can be moved, cancelled and deleted meanwhile. A run that goes on is
     * not affected, and one that was due already may be just beginning. A pause ends with its slot. A pause is not
     * kept by a backend whose slots outlive the process, unless the backend says so. A run that the end of a process cut off
     * has begun, and comes again also while paused.
     *
     * @param key the key
     * @return {@link PauseOutcome#PAUSED}, {@link PauseOutcome#ALREADY_PAUSED}, {@link PauseOutcome#ABSENT} or
     *     {@link PauseOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    PauseOutcome pause(K key);

    /**
     * Ends the pause of one slot. What fell due meanwhile is due now, late by the pause: it runs once; on a periodic map
     * the late policy says what becomes of the periods that were missed.
     *
     * @param key the key
     * @return {@link ResumeOutcome#RESUMED}, {@link ResumeOutcome#NOT_PAUSED}, {@link ResumeOutcome#ABSENT} or
     *     {@link ResumeOutcome#CLOSED}; a resumed slot of a paused map still waits for the map
     * @throws IllegalArgumentException if the key is not acceptable
     */
    ResumeOutcome resume(K key);

    /**
     * Pauses the map: as {@link #pause(Object)} for all slots, those made later included, and independent of it. The pause
     * ends with {@link #resume()} or when the map is closed.
     *
     * @return {@link PauseOutcome#PAUSED}, {@link PauseOutcome#ALREADY_PAUSED} or {@link PauseOutcome#CLOSED}
     */
    PauseOutcome pause();

    /**
     * Ends the pause of the map; slots that are paused by themselves stay so. Goes over all slots of the map.
     *
     * @return {@link ResumeOutcome#RESUMED}, {@link ResumeOutcome#NOT_PAUSED} or {@link ResumeOutcome#CLOSED}
     */
    ResumeOutcome resume();

    /**
     * Since when the map is paused.
     *
     * @return the begin of the pause, on the wall clock; empty when it is not paused
     */
    Optional<Instant> pausedSince();

    /**
     * Tells whether the map is paused, as a whole.
     *
     * @return true between {@link #pause()} and {@link #resume()}
     */
    default boolean isPaused() {
        return pausedSince().isPresent();
    }

    /**
     * Checks a key as every operation does, and does nothing else: it looks no slot up, and asks no database.
     *
     * @param key the key
     * @throws IllegalArgumentException if the key is not acceptable
     */
    default void checkKey(K key) {
        find(key);
    }

    /**
     * Looks at one slot; never creates it.
     *
     * @param key the key
     * @return what it looks like now; empty when the key has no slot
     * @throws IllegalArgumentException if the key is not acceptable
     */
    Optional<SlotSnapshot> find(K key);

    /**
     * Looks at the slot whose key has this text, as {@link Object#toString()} gives it; never creates it. Answers at
     * once for keys of type String, Long, Integer and {@link java.util.UUID}; for others it searches.
     *
     * @param keyText the key as text
     * @return what it looks like now; empty when no key has this text
     */
    Optional<SlotSnapshot> findByText(String keyText);

    /**
     * What is remembered of the latest slot of a key that was freed: by a delete, or because nothing was pending any more.
     *
     * @param keyText the key as text
     * @return what it looked like, {@link SlotState#FREED}, with its last transitions; empty when history is off or the slot
     *     is forgotten; backends may remember none, those of this machine remember the latest 256 of a map
     */
    default Optional<SlotSnapshot> findDeparted(String keyText) {
        return Optional.empty();
    }

    /**
     * Visits what is remembered of slots that were freed, of each key the latest only; see {@link #findDeparted}.
     *
     * @param limit how many to visit at most, at least 1
     * @param filter which; null for all
     * @param visitor called on the calling thread
     * @return how many were visited
     */
    default int scanDeparted(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor) {
        return 0;
    }

    /**
     * What lasts longest and what comes next, among all slots. Looks at each slot there is, so its cost grows with
     * their number.
     *
     * @return the times; empty where the backend does not know them
     */
    default Optional<SlotMapTimes> times() {
        return Optional.empty();
    }

    /**
     * Visits live slots in no particular order until the visitor has seen {@code limit} of them. Weakly consistent:
     * slots that come or go meanwhile may or may not be seen.
     *
     * @param limit how many to visit at most, at least 1
     * @param filter which slots count, called with snapshots without history; null for all
     * @param visitor called with each snapshot
     * @return how many were visited
     */
    int scan(int limit, @Nullable Predicate<SlotSnapshot> filter, Consumer<SlotSnapshot> visitor);

    /**
     * The map's counters.
     *
     * @return counters at this moment
     */
    SlotMapStats stats();

    /**
     * Replaces the callback. An armed slot keeps its deadline and uses the new callback when it fires; a run under way
     * is not affected.
     *
     * @param callback the new callback
     * @throws IllegalArgumentException if it is null
     */
    void rebind(SlotCallback<? super K> callback);

    /**
     * Replaces the callback and releases what the old one held: {@code onRelease} runs exactly once, after this
     * callback was displaced (by another rebind or by closing) and the last run that uses it has ended.
     *
     * @param callback the new callback
     * @param onRelease runs when {@code callback} is used no more
     * @throws IllegalArgumentException if {@code callback} is null
     */
    void rebind(SlotCallback<? super K> callback, Runnable onRelease);

    /**
     * Gives one slot a callback of its own, until it is freed. Timing as {@link #rebind(SlotCallback)}.
     *
     * @param key the key
     * @param callback the new callback of this slot
     * @return whether the key has a slot; if not, nothing changed
     * @throws IllegalArgumentException if the key is not acceptable, or the callback null
     */
    boolean rebind(K key, SlotCallback<? super K> callback);

    /**
     * What becomes of a slot of which nothing is pending and no callback runs.
     *
     * @return whether it is freed, as it is unless the backend or the spec says otherwise, or stays
     */
    default WhenIdle whenIdle() {
        return WhenIdle.FREE;
    }

    /**
     * Tells whether operations take part in the transaction of the calling thread, if it has one: they then show to others
     * when it commits and are gone when it is rolled back.
     *
     * @return true on backends that keep their slots in the database of that transaction; false unless the backend says so, and
     *     inside a transaction of another database
     */
    default boolean joinsTransactions() {
        return false;
    }

    /**
     * Tells whether the map was closed.
     *
     * @return true once {@link #close} has begun
     */
    boolean isClosed();

    /**
     * Closes the map: no new slot and no further run in this process, then waits until none of its callbacks runs.
     * Idempotent; several closers all wait. The name can be registered again afterwards.
     *
     * <p>What becomes of its slots is up to the backend. Where they end with the process they are freed. Where they outlive
     * it the map lets go of them and nothing else: they stay armed, and fire where the map is open, be it on another node or
     * when it is registered again. To delete them is {@link #drop}.
     *
     * @param limit the longest wait; zero closes without waiting
     * @return {@link CloseOutcome#CLOSED}, {@link CloseOutcome#TIMED_OUT}, or {@link CloseOutcome#WOULD_DEADLOCK} with
     *     nothing changed when called from one of its own callbacks
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits; the map is closed all the same
     */
    CloseOutcome close(Duration limit) throws InterruptedException;

    /**
     * Deletes every slot of the map, on all nodes where it is shared, and closes it. Otherwise as {@link #close}. Of a map
     * that is closed already no slot is deleted.
     *
     * @param limit the longest wait for running callbacks; zero drops without waiting
     * @return {@link CloseOutcome#CLOSED}, {@link CloseOutcome#TIMED_OUT}, or {@link CloseOutcome#WOULD_DEADLOCK} with
     *     nothing changed when called from one of its own callbacks
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits; the map is dropped all the same
     */
    CloseOutcome drop(Duration limit) throws InterruptedException;
}
