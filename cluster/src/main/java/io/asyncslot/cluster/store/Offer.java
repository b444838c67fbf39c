package io.asyncslot.cluster.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a start or submit brings to a slot of a map with values or a shape.
 *
 * @param carrying what the map's slots are
 * @param value the value to accept, merged already where a function does that; null for none
 * @param expected what must be pending for that, and {@code value} was merged with; null for anything, an empty list for no value
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Offer(
        Carrying carrying,
        byte @Nullable [] value,
        @Nullable List<byte[]> expected) {

    public static Offer nothing(Carrying carrying) {
        return new Offer(carrying, null, null);
    }

    /** Whether a slot that is there may be left as it is: not all that is pending goes with all that is offered. */
    public boolean canBeRefused() {
        return expected != null || carrying.maxValues() > 0;
    }

    public boolean expects() {
        return expected != null;
    }

    public byte @Nullable [] expectedValue() {
        return expected == null || expected.isEmpty() ? null : expected.get(0);
    }
}
