package io.asyncslot.observation;

import io.asyncslot.SlotFiring;
import io.asyncslot.observation.SlotObservationDocumentation.HighCardinalityKeys;
import io.asyncslot.observation.SlotObservationDocumentation.LowCardinalityKeys;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import java.util.Locale;

/** The names and keys that are documented. Immutable; may be extended. */
public class DefaultSlotObservationConvention implements SlotObservationConvention {

    private static final String NAME = "asyncslot.firing";
    private static final KeyValue SUCCESS = LowCardinalityKeys.OUTCOME.withValue("success");
    private static final KeyValue FAILURE = LowCardinalityKeys.OUTCOME.withValue("failure");
    private static final KeyValue POSTPONED = LowCardinalityKeys.OUTCOME.withValue("postponed");
    private static final KeyValue UNKNOWN = LowCardinalityKeys.OUTCOME.withValue("unknown");

    private final boolean withKey;

    /** Makes a convention that leaves the slot's key out. */
    public DefaultSlotObservationConvention() {
        this(false);
    }

    /**
     * Makes a convention.
     *
     * @param withKey whether spans have the slot's key as text
     */
    public DefaultSlotObservationConvention(boolean withKey) {
        this.withKey = withKey;
    }

    @Override
    public String getName() {
        return NAME;
    }

    @Override
    public String getContextualName(SlotObservationContext context) {
        return "slot " + context.firing().map();
    }

    @Override
    public KeyValues getLowCardinalityKeyValues(SlotObservationContext context) {
        SlotFiring firing = context.firing();
        return KeyValues.of(
                LowCardinalityKeys.MAP.withValue(firing.map()),
                LowCardinalityKeys.BACKEND.withValue(firing.backend()),
                LowCardinalityKeys.TYPE.withValue(firing.type().name().toLowerCase(Locale.ROOT)),
                outcome(context));
    }

    private static KeyValue outcome(SlotObservationContext context) {
        if (context.getError() != null) {
            return FAILURE;
        }
        if (context.firing().isPostponed()) {
            return POSTPONED;
        }
        return context.isComplete() ? SUCCESS : UNKNOWN;
    }

    @Override
    public KeyValues getHighCardinalityKeyValues(SlotObservationContext context) {
        return withKey
                ? KeyValues.of(HighCardinalityKeys.KEY.withValue(
                        String.valueOf(context.firing().key())))
                : KeyValues.empty();
    }
}
