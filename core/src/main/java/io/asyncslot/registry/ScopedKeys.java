package io.asyncslot.registry;

import io.asyncslot.AwaitOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotMap;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The keys of one scope in one map. Thread-safe.
 *
 * @param <K> the key type
 */
final class ScopedKeys<K> {

    private final String scope;
    private final ScopeGate gate;
    private final ScopedMap<K> table;

    /** Changed by {@link #table} only, with the owner in one step. */
    private final Set<K> keys = ConcurrentHashMap.newKeySet();

    /**
     * Keys that are nobody's yet.
     *
     * @param scope the scope, for messages
     * @param gate what its starts go through
     */
    ScopedKeys(String scope, ScopeGate gate, ScopedMap<K> table) {
        this.scope = scope;
        this.gate = gate;
        this.table = table;
    }

    /** The scope, for messages. */
    String scope() {
        return scope;
    }

    ScopeGate gate() {
        return gate;
    }

    /** Whose the keys of the map are, for tests. */
    ScopedMap<K> table() {
        return table;
    }

    SlotMap<K> map() {
        return table.map();
    }

    Set<K> keys() {
        return keys;
    }

    /** Starts the slot of a key and makes it the scope's; a start that fails leaves no claim without a slot. */
    <O> O start(K key, O closed, Supplier<O> start, Predicate<O> armed) {
        if (!gate.enter()) {
            checkKey(key);
            return closed;
        }
        try {
            checkNotNull(key);
            claim(key);
            boolean done = false;
            try {
                O outcome = start.get();
                done = armed.test(outcome);
                return outcome;
            } finally {
                settle(key, done);
            }
        } finally {
            gate.leave();
        }
    }

    /** After a start: the slot is the scope's, unless there is none. */
    void settle(K key, boolean armed) {
        if (armed) {
            table.confirm(keys, key);
        } else {
            table.settle(keys, key);
        }
        if (gate.isGivenUp()) {
            delete(key); // a close may have been here before the start
        }
    }

    /** Throws if the key is null: the other rules are the map's to check. */
    void checkNotNull(K key) {
        if (key == null) {
            checkKey(key);
        }
    }

    /** Throws if the map does not take the key. */
    void checkKey(K key) {
        map().checkKey(key);
    }

    /** Makes a key the scope's, ahead of a start. */
    void claim(K key) {
        table.claim(keys, key);
    }

    /** Does something to the slot of a key if the scope has it. */
    <R> R ifOwned(K key, Function<K, R> action, R otherwise) {
        return table.ifOwned(keys, key, action, otherwise);
    }

    /** Does something to the slot of a key if the scope has it, and drops the claim unless something is left. */
    <R> R remove(K key, Function<K, R> action, R otherwise) {
        return table.remove(keys, key, action, otherwise);
    }

    /** Drops the claim on a key if the scope has it, but neither a slot nor a run of it is there. */
    void dropIfGone(K key) {
        table.dropIfGone(keys, key);
    }

    boolean owns(K key) {
        return key != null && table.owns(keys, key);
    }

    DeleteOutcome delete(K key) {
        return remove(key, map()::delete, DeleteOutcome.ABSENT);
    }

    /** Whether the calling thread is inside a callback of one of the slots, or is awaited by one. */
    boolean isAwaitedHere() {
        for (K key : keys) {
            try {
                if (map().awaitRun(key, Duration.ZERO) == AwaitOutcome.WOULD_DEADLOCK) {
                    return true;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // some run goes on, and it is not ours: that is looked at first
            }
        }
        return false;
    }

    /** Counts the slots that there are. */
    long slots() {
        return keys.stream().filter(key -> map().find(key).isPresent()).count();
    }
}
