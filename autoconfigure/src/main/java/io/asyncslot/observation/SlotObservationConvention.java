package io.asyncslot.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * Names and keys of {@link SlotObservationDocumentation#FIRING}. A bean of this type takes the place of
 * {@link DefaultSlotObservationConvention}. Thread-safe.
 */
public interface SlotObservationConvention extends ObservationConvention<SlotObservationContext> {

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof SlotObservationContext;
    }
}
