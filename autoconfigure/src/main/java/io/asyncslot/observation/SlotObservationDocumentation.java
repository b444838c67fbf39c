package io.asyncslot.observation;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/** The observations of AsyncSlot. */
public enum SlotObservationDocumentation implements ObservationDocumentation {

    /** One run of a callback: what interceptors do is part of it, waiting for a thread is not. */
    FIRING {
        @Override
        public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
            return DefaultSlotObservationConvention.class;
        }

        @Override
        public KeyName[] getLowCardinalityKeyNames() {
            return LowCardinalityKeys.values();
        }

        @Override
        public KeyName[] getHighCardinalityKeyNames() {
            return HighCardinalityKeys.values();
        }
    };

    /** Keys with few values, which meters and spans have. */
    public enum LowCardinalityKeys implements KeyName {
        /** Name of the map. */
        MAP("map"),
        /** Name of the backend. */
        BACKEND("backend"),
        /** Type of the map: timer or work. */
        TYPE("type"),
        /** How the run ended: success, failure, or postponed when the callback was not called; unknown until then. */
        OUTCOME("outcome");

        private final String key;

        LowCardinalityKeys(String key) {
            this.key = key;
        }

        @Override
        public String asString() {
            return key;
        }
    }

    /** Keys with many values, which only spans have. */
    public enum HighCardinalityKeys implements KeyName {
        /** The slot's key as text; left out unless asked for, since keys may tell of people. */
        KEY;

        @Override
        public String asString() {
            return "asyncslot.key";
        }

        @Override
        public boolean isRequired() {
            return false;
        }
    }
}
