package io.asyncslot.cluster.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a start or submit that concerns values or a shape.
 *
 * @param carrying the values and shape of the map's slots
 * @param value the value to accept, already merged if a function merges values; null for none
 * @param expected the values that must be pending for that, and with which {@code value} was merged; null for any, an
 *     empty list for none
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record Offer(
        Carrying carrying,
        byte @Nullable [] value,
        @Nullable List<byte[]> expected) {

    public static Offer nothing(Carrying carrying) {
        return new Offer(carrying, null, null);
    }

    /** Whether an existing slot may stay unchanged, because its pending values do not fit with this offer. */
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
