package io.asyncslot.test;

import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import java.util.function.ToLongFunction;
import org.assertj.core.api.AbstractAssert;

/**
 * Assertions on a map of slots. Each assertion reads the current state of the map.
 *
 * @param <K> the key type
 */
public final class SlotMapAssert<K> extends AbstractAssert<SlotMapAssert<K>, SlotMap<K>> {

    SlotMapAssert(SlotMap<K> actual) {
        super(actual, SlotMapAssert.class);
    }

    /**
     * Moves on to one slot.
     *
     * @param key the key
     * @return assertions on the slot of this key
     */
    public SlotAssert slot(K key) {
        isNotNull();
        return new SlotAssert(actual.name() + "[" + key + "]", () -> actual.find(key));
    }

    /**
     * Checks how many slots there are.
     *
     * @param expected the number
     * @return this
     */
    public SlotMapAssert<K> hasSlots(long expected) {
        return has("slots", expected, SlotMapStats::slots);
    }

    /**
     * Checks how many slots have a run pending.
     *
     * @param expected the number
     * @return this
     */
    public SlotMapAssert<K> hasArmed(long expected) {
        return has("armed slots", expected, SlotMapStats::armed);
    }

    /**
     * Checks how many callbacks have begun since the map was registered.
     *
     * @param expected the number
     * @return this
     */
    public SlotMapAssert<K> hasFired(long expected) {
        return has("firings", expected, SlotMapStats::fired);
    }

    /**
     * Checks that no callback has thrown since the map was registered.
     *
     * @return this
     */
    public SlotMapAssert<K> hasNoFailures() {
        return has("failures", 0, SlotMapStats::failed);
    }

    /**
     * Checks that nothing is in flight: no callback runs or is about to, and nobody but the map refers to its slots. With
     * manual time the engine lets go of a slot that was started when time is advanced next.
     *
     * @return this
     */
    public SlotMapAssert<K> isAtRest() {
        isNotNull();
        SlotMapStats stats = actual.stats();
        if (stats.running() != 0 || stats.queued() != 0 || stats.references() != stats.slots()) {
            failWithMessage(
                    "Expecting map '%s' to be at rest, but %d callbacks run, %d are queued, and %d slots have %d references",
                    actual.name(), stats.running(), stats.queued(), stats.slots(), stats.references());
        }
        return this;
    }

    private SlotMapAssert<K> has(String what, long expected, ToLongFunction<SlotMapStats> counter) {
        isNotNull();
        long found = counter.applyAsLong(actual.stats());
        if (found != expected) {
            throw failureWithActualExpected(
                    found,
                    expected,
                    "Expecting map '%s' to have %d %s, but it has %d",
                    actual.name(),
                    expected,
                    what,
                    found);
        }
        return this;
    }
}
