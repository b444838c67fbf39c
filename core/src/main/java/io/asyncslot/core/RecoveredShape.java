package io.asyncslot.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a slot was beside its word when a former process ended.
 *
 * @param latest as {@link SlotShape#latest()}
 * @param notBefore as {@link SlotShape#notBefore()}
 * @param again as {@link SlotShape#isAgain()}
 * @param passedOn as {@link SlotShape#hasPassedOn()}
 * @param handedBefore as {@link SlotShape#handedBefore()}
 * @param pending the pending values, in order
 * @param running the values of the run that was cut off, in order
 * @param schedule the key's own schedule, a {@link Series}; null for none
 */
public record RecoveredShape(
        long latest,
        long notBefore,
        boolean again,
        boolean passedOn,
        int handedBefore,
        List<KeptValue> pending,
        List<KeptValue> running,
        @Nullable KeptValue schedule) {}
