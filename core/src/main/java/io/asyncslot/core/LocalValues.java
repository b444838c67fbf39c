package io.asyncslot.core;

import io.asyncslot.Merge;
import io.asyncslot.SlotValues;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Hands out what was taken from a slot. */
final class LocalValues {

    private LocalValues() {}

    /** Takes the one value of a slot. */
    static <V> Optional<V> one(SlotValues<V> values, String map, Supplier<@Nullable Object> taking) {
        if (values.merge() == Merge.COLLECT) {
            throw new IllegalStateException(
                    "map '" + map
                            + "' collects its values, so that a slot has no single one: call takeAll, which hands out all of them");
        }
        Object taken = KeptValue.handed(taking.get());
        return taken == null ? Optional.empty() : Optional.of(values.type().cast(taken));
    }

    /** What was taken, as a list. */
    @SuppressWarnings("unchecked") // values were checked before they were accepted
    static <V> List<V> all(@Nullable Object taken) {
        if (taken == null) {
            return List.of();
        }
        Object handed = KeptValue.handed(taken);
        return handed instanceof ValueList list ? (List<V>) (List<?>) list : List.of((V) handed);
    }
}
