package io.asyncslot.registry;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.SlotMap;
import java.time.Duration;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which key of one map: the only place that changes owners. Thread-safe.
 *
 * <p>A change of owner and what a scope does to a slot that it owns are one step, inside the atomic step of the table's
 * entry; so no scope acts on a slot that another has taken over. A start is not inside such a step, for it may run a
 * callback in the calling thread: the key is claimed first, then started, then looked at again. Whoever drops the claim
 * in between, since there is no slot yet, is corrected by that last look.
 *
 * <p>An owner is known by the set of its keys, that very object.
 */
final class ScopedMap<K> {

    /** Of so many new claims one cleans up, and then looks at twice as many: garbage stays below what is alive. */
    private static final int CLAIMS_PER_CLEANING = 64;

    private final SlotMap<K> map;

    /** Changed inside {@code compute} only, together with the owner's set. */
    private final ConcurrentHashMap<K, Set<K>> owners = new ConcurrentHashMap<>();

    private final AtomicLong claims = new AtomicLong();
    private final ReentrantLock cleaning = new ReentrantLock();

    /** Where the last cleaning stopped. Guarded by {@link #cleaning}. */
    private Iterator<K> cursor = owners.keySet().iterator();

    ScopedMap(SlotMap<K> map) {
        this.map = map;
    }

    SlotMap<K> map() {
        return map;
    }

    /** Whether the map was closed, so that its name may be another map's by now. */
    boolean isOver() {
        return map instanceof LazySlots<?, ?> lazy ? lazy.isOver() : map.isClosed();
    }

    boolean owns(Set<K> owner, K key) {
        return owners.get(key) == owner;
    }

    /** Makes a key the owner's, ahead of a start; answers whose it was. */
    @Nullable
    Set<K> claim(Set<K> owner, K key) {
        Set<K> before = owners.get(key);
        if (before == owner) {
            return owner;
        }
        take(owner, key, true);
        if (before == null && claims.incrementAndGet() % CLAIMS_PER_CLEANING == 0) {
            clean();
        }
        return before;
    }

    /**
     * After a start that armed: the key has an owner, whatever happened since the claim. In the step of the entry, for
     * whoever is inside it may have found no slot and be about to drop the claim that a plain look still shows.
     */
    void confirm(Set<K> owner, K key) {
        take(owner, key, false);
    }

    private void take(Set<K> owner, K key, boolean evenFromOthers) {
        owners.compute(key, (same, present) -> {
            if (present == owner || present != null && !evenFromOthers) {
                return present;
            }
            if (present != null) {
                present.remove(same);
            }
            owner.add(same);
            return owner;
        });
    }

    /** Does something to the slot of a key if the owner has it. */
    <R> R ifOwned(Set<K> owner, K key, Function<K, R> action, R otherwise) {
        if (owners.get(key) != owner) {
            return otherwise;
        }
        Answer<R> answer = new Answer<>(otherwise);
        owners.computeIfPresent(key, (same, present) -> {
            if (present == owner) {
                answer.value = action.apply(same);
            }
            return present;
        });
        return answer.value;
    }

    /** Drops the claim on a key if the owner has it, but neither a slot nor a run of it is there. */
    void dropIfGone(Set<K> owner, K key) {
        owners.computeIfPresent(key, (same, present) -> present == owner && isGone(same) ? drop(owner, same) : present);
    }

    /**
     * Does something to the slot of a key if the owner has it, and drops the claim unless something is left.
     *
     * @return what the action answered
     */
    <R> R remove(Set<K> owner, K key, Function<K, R> action, R otherwise) {
        Answer<R> answer = new Answer<>(otherwise);
        owners.computeIfPresent(key, (same, present) -> {
            if (present != owner) {
                return present;
            }
            answer.value = action.apply(same);
            return isGone(same) ? drop(owner, same) : present;
        });
        return answer.value;
    }

    /** After a start of which it is not known that it armed: the claim is there if the slot is. */
    void settle(Set<K> owner, K key) {
        owners.compute(key, (same, present) -> {
            if (present != null && present != owner) {
                return present;
            }
            if (isGone(same)) {
                return drop(owner, same);
            }
            owner.add(same);
            return owner;
        });
    }

    private @Nullable Set<K> drop(Set<K> owner, K key) {
        owner.remove(key);
        return null;
    }

    private boolean isGone(K key) {
        try {
            return map.find(key).isEmpty() && map.awaitRun(key, Duration.ZERO) == AwaitOutcome.ENDED;
        } catch (IllegalArgumentException e) {
            return true; // no key of the map
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false; // not known: the next look will tell
        }
    }

    /** Looks at some keys and forgets those that are gone: their slots were deleted past the scope. */
    private void clean() {
        if (!cleaning.tryLock()) {
            return; // somebody does
        }
        try {
            for (int looked = 0; looked < 2 * CLAIMS_PER_CLEANING; looked++) {
                if (!cursor.hasNext()) {
                    cursor = owners.keySet().iterator();
                    if (!cursor.hasNext()) {
                        return;
                    }
                }
                K key = cursor.next();
                Set<K> owner = owners.get(key);
                if (owner != null) {
                    dropIfGone(owner, key);
                }
            }
        } finally {
            cleaning.unlock();
        }
    }

    /** How many keys have an owner, for tests. */
    int size() {
        return owners.size();
    }

    /** What an action inside an atomic step answered. */
    private static final class Answer<R> {
        R value;

        Answer(R otherwise) {
            this.value = otherwise;
        }
    }
}
