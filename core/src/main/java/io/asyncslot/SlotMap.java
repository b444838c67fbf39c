package io.asyncslot;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A named map of slots: the operations that timer maps and work maps share.
 *
 * <p>A slot exists while it is armed or its callback runs, or until it is deleted: see {@link #whenIdle()}.
 *
 * <p>Thread-safe. Only {@link #cancelAndAwait}, {@link #awaitRun}, {@link #close} and {@link #drop} wait for callbacks. Every other
 * operation may be called inside callbacks and under the caller's own locks. All threads agree on one order of the operations of a
 * key. A key that is null, of another type than {@link #keyType()} or longer than the registry's limit is misuse: it throws
 * {@link IllegalArgumentException}, and nothing changes.
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
     * The values that its slots carry.
     *
     * @return their type and how they are merged; null if slots carry none. A map whose slots carry values is a {@link ValueSlots}
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
     * Removes a pending run, and waits until the key's callback no longer runs.
     *
     * <p>Answers {@link CancelOutcome#WOULD_DEADLOCK}, and changes nothing, when called from the key's own callback or when
     * callbacks await each other in a ring of any length. It may also refuse a harmless wait if some callback awaits the calling
     * one at that moment. It waits for a run even if the map is closed or the slot was deleted.
     *
     * @param key the key
     * @param limit the longest wait; with zero it does not wait
     * @return {@link CancelOutcome#CANCELLED} or {@link CancelOutcome#NOT_ARMED} once nothing runs,
     *     {@link CancelOutcome#TIMED_OUT}, {@link CancelOutcome#WOULD_DEADLOCK}, {@link CancelOutcome#ABSENT} or
     *     {@link CancelOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable or {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits; a pending run is removed nevertheless
     */
    CancelOutcome cancelAndAwait(K key, Duration limit) throws InterruptedException;

    /**
     * Waits until the present run of the key's callback has ended, even if its slot was deleted. Changes nothing: a pending run
     * stays pending, and later runs are not waited for.
     *
     * <p>Answers {@link AwaitOutcome#WOULD_DEADLOCK} if {@link #cancelAndAwait} would.
     *
     * @param key the key
     * @param limit the longest wait; with zero it does not wait
     * @return {@link AwaitOutcome#ENDED}, immediately if nothing runs; {@link AwaitOutcome#TIMED_OUT} or
     *     {@link AwaitOutcome#WOULD_DEADLOCK}
     * @throws IllegalArgumentException if the key is not acceptable or {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits
     */
    AwaitOutcome awaitRun(K key, Duration limit) throws InterruptedException;

    /**
     * Cancels and frees the slot. Never waits; safe while the callback runs. After it has returned, no run starts unless the key is
     * started again, and then not before the old run has ended.
     *
     * @param key the key
     * @return {@link DeleteOutcome#DELETED}, {@link DeleteOutcome#DELETED_ARMED},
     *     {@link DeleteOutcome#DELETED_WHILE_RUNNING} or {@link DeleteOutcome#ABSENT}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    DeleteOutcome delete(K key);

    /**
     * Pauses one slot. Its deadline stays, and every operation works as before. But a run that falls due does not begin: it waits for
     * {@link #resume(Object)}, and can be moved, cancelled and deleted meanwhile. A run that has begun continues, and one that was
     * due already may just be beginning.
     *
     * <p>A pause ends with its slot. Not every backend whose slots outlive the process keeps pauses; its own documentation tells. A
     * run that the end of a process cut off had begun, so it is delivered again even while paused.
     *
     * @param key the key
     * @return {@link PauseOutcome#PAUSED}, {@link PauseOutcome#ALREADY_PAUSED}, {@link PauseOutcome#ABSENT} or
     *     {@link PauseOutcome#CLOSED}
     * @throws IllegalArgumentException if the key is not acceptable
     */
    PauseOutcome pause(K key);

    /**
     * Ends the pause of one slot. A run that fell due meanwhile is due now, and late by the pause: it runs once. On a periodic map
     * the late policy decides about the missed periods.
     *
     * @param key the key
     * @return {@link ResumeOutcome#RESUMED}, {@link ResumeOutcome#NOT_PAUSED}, {@link ResumeOutcome#ABSENT} or
     *     {@link ResumeOutcome#CLOSED}; a resumed slot of a paused map still waits for the map
     * @throws IllegalArgumentException if the key is not acceptable
     */
    ResumeOutcome resume(K key);

    /**
     * Pauses the map: all its slots, including those made later, as {@link #pause(Object)} does, and independently of it. The pause
     * ends with {@link #resume()}, or when the map is closed.
     *
     * @return {@link PauseOutcome#PAUSED}, {@link PauseOutcome#ALREADY_PAUSED} or {@link PauseOutcome#CLOSED}
     */
    PauseOutcome pause();

    /**
     * Ends the pause of the map; slots that are paused by themselves stay paused. Visits all slots of the map.
     *
     * @return {@link ResumeOutcome#RESUMED}, {@link ResumeOutcome#NOT_PAUSED} or {@link ResumeOutcome#CLOSED}
     */
    ResumeOutcome resume();

    /**
     * Since when the map is paused.
     *
     * @return the beginning of the pause, on the wall clock; empty if it is not paused
     */
    Optional<Instant> pausedSince();

    /**
     * Names the cause of the map's pause, as {@link SlotCause#during} had it.
     *
     * @return the cause; empty if a plain call paused the map, or it is not paused
     */
    Optional<SlotCause> pausedBy();

    /**
     * Tells whether the map is paused, as a whole.
     *
     * @return true between {@link #pause()} and {@link #resume()}
     */
    default boolean isPaused() {
        return pausedSince().isPresent();
    }

    /**
     * Checks a key as every operation does, and nothing else: it looks up no slot and asks no database.
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
     * Looks at the slot whose key has this text, as {@link Object#toString()} gives it; never creates it. Answers immediately for
     * keys of type String, Long, Integer and {@link java.util.UUID}; for others it searches.
     *
     * @param keyText the key as text
     * @return what it looks like now; empty when no key has this text
     */
    Optional<SlotSnapshot> findByText(String keyText);

    /**
     * The last snapshot of a slot that is gone: deleted, or freed because it was idle.
     *
     * @param keyText the key as text
     * @return what it looked like, {@link SlotState#FREED}, with its last transitions; empty if history is off or the slot is
     *     forgotten. The backends jvm and kernel remember the latest 256 of a map
     */
    default Optional<SlotSnapshot> findDeparted(String keyText) {
        return Optional.empty();
    }

    /**
     * Visits the last snapshots of slots that are gone, one per key; see {@link #findDeparted}.
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
     * The oldest overdue slot, the longest run and the next deadline. Looks at each slot, so its cost grows with their number.
     *
     * @return the times; empty if the backend does not know them
     */
    default Optional<SlotMapTimes> times() {
        return Optional.empty();
    }

    /**
     * Visits live slots, in no particular order, until the visitor has seen {@code limit} of them. Weakly consistent: it may or may
     * not see slots that come or go meanwhile.
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
     * Replaces the callback. An armed slot keeps its deadline and uses the new callback when it fires; a run that has begun is not
     * affected.
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
     * @param onRelease runs when {@code callback} is no longer used
     * @throws IllegalArgumentException if {@code callback} is null
     */
    void rebind(SlotCallback<? super K> callback, Runnable onRelease);

    /**
     * Gives one slot its own callback, until it is freed. It takes effect as with {@link #rebind(SlotCallback)}.
     *
     * @param key the key
     * @param callback the new callback of this slot
     * @return whether the key has a slot; if not, nothing changed
     * @throws IllegalArgumentException if the key is not acceptable, or the callback null
     */
    boolean rebind(K key, SlotCallback<? super K> callback);

    /**
     * What happens to an idle slot: nothing is pending, and no callback runs.
     *
     * @return whether it is freed, which is the default, or stays
     */
    default WhenIdle whenIdle() {
        return WhenIdle.FREE;
    }

    /**
     * Tells whether operations take part in the transaction of the calling thread, if it has one: others then see them after the
     * commit, and a rollback undoes them.
     *
     * @return true if the backend keeps its slots in the database of that transaction; false by default, and inside a transaction
     *     of another database
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
     * <p>The backend decides about its slots. If they end with the process, they are freed. If they outlive it, the map only lets
     * go of them: they stay armed, and fire on another node that has the map open, or when the map is registered again.
     * {@link #drop} deletes them.
     *
     * @param limit the longest wait; zero closes without waiting
     * @return {@link CloseOutcome#CLOSED}, {@link CloseOutcome#TIMED_OUT}, or {@link CloseOutcome#WOULD_DEADLOCK} with
     *     nothing changed when called from one of its own callbacks
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits; the map is closed nevertheless
     */
    CloseOutcome close(Duration limit) throws InterruptedException;

    /**
     * Deletes every slot of the map, on all nodes that share it, and closes it. Otherwise as {@link #close}. If the map is closed
     * already, nothing is deleted.
     *
     * @param limit the longest wait for running callbacks; zero drops without waiting
     * @return {@link CloseOutcome#CLOSED}, {@link CloseOutcome#TIMED_OUT}, or {@link CloseOutcome#WOULD_DEADLOCK} with
     *     nothing changed when called from one of its own callbacks
     * @throws IllegalArgumentException if {@code limit} is negative
     * @throws InterruptedException if the calling thread is interrupted while it waits; the map is dropped nevertheless
     */
    CloseOutcome drop(Duration limit) throws InterruptedException;
}
