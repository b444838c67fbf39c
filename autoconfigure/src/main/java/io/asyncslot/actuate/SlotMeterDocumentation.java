package io.asyncslot.actuate;

import io.asyncslot.SlotMapStats;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/**
 * The meters of AsyncSlot. Each has the tags {@link Tags}; none has the key of a slot, which would make as many meters
 * as there are slots. The meters of a map come and go with it.
 */
public enum SlotMeterDocumentation implements MeterDocumentation {
    /** Live slots by state: armed, running, idle. A slot that is armed while it runs counts as both. */
    SLOTS("asyncslot.slots", Meter.Type.GAUGE, StateTag.values()),

    /** Sum of the live reference counts. */
    REFERENCES("asyncslot.references", Meter.Type.GAUGE),

    /**
     * Starts and submits by outcome: started, rearmed, rejected. Of the first, the periods that a periodic slot arms
     * by itself are part.
     */
    STARTS("asyncslot.starts", Meter.Type.COUNTER, OutcomeTag.values()),

    /** Callbacks begun. */
    FIRED("asyncslot.fired", Meter.Type.COUNTER),

    /** How long after their deadlines callbacks began; a histogram. */
    LATENESS("asyncslot.lateness", Meter.Type.TIMER),

    /** How long callbacks ran, by outcome: success or failure. */
    CALLBACK("asyncslot.callback", Meter.Type.TIMER, OutcomeTag.values()),

    /** Callbacks that threw. */
    FAILURES("asyncslot.failures", Meter.Type.COUNTER),

    /** Submits merged into a pending run. */
    COALESCED("asyncslot.coalesced", Meter.Type.COUNTER),

    /** Callbacks handed to the executor that have not begun. */
    QUEUE("asyncslot.queue", Meter.Type.GAUGE),

    /** Slots that the backend refused, which are then measured in the JVM. See {@link SlotMapStats#fallbacks()}. */
    FALLBACKS("asyncslot.fallbacks", Meter.Type.COUNTER),

    /** Callbacks lost at the end of a stop; must stay 0. See {@link SlotMapStats#dropped()}. */
    DROPPED("asyncslot.dropped", Meter.Type.COUNTER);

    /** The tags of every meter. */
    public enum Tags implements KeyName {
        /** Name of the map. */
        MAP("map"),
        /** Name of the backend. */
        BACKEND("backend"),
        /** Type of the map: timer or work. */
        TYPE("type");

        private final String key;

        Tags(String key) {
            this.key = key;
        }

        @Override
        public String asString() {
            return key;
        }
    }

    /** The tag of {@link #SLOTS}. */
    public enum StateTag implements KeyName {
        /** One of armed, running, idle. */
        STATE;

        @Override
        public String asString() {
            return "state";
        }
    }

    /** The tag of meters that tell ends apart. */
    public enum OutcomeTag implements KeyName {
        /** How it ended. */
        OUTCOME;

        @Override
        public String asString() {
            return "outcome";
        }
    }

    private final String meterName;
    private final Meter.Type type;

    @SuppressWarnings("ImmutableEnumChecker") // never written
    private final KeyName[] further;

    SlotMeterDocumentation(String meterName, Meter.Type type, KeyName... further) {
        this.meterName = meterName;
        this.type = type;
        this.further = further;
    }

    @Override
    public String getName() {
        return meterName;
    }

    @Override
    public Meter.Type getType() {
        return type;
    }

    @Override
    public KeyName[] getKeyNames() {
        return KeyName.merge(Tags.values(), further);
    }
}
