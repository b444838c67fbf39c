package io.asyncslot.simulation;

import io.asyncslot.SlotMap;
import io.asyncslot.TimerSlots;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A map, and what it is meant to do. */
final class Slots {
    final Model model;
    final SlotMap<SimulatedKey> map;
    final Owner[] owners;

    /** Whose a slot is, as long as it is that very slot. */
    record Owner(Model.@Nullable Slot slot, int scope) {

        boolean has(Model.@Nullable Slot present) {
            return present != null && present == slot;
        }
    }

    Slots(Model model, SlotMap<SimulatedKey> map) {
        this.model = model;
        this.map = map;
        this.owners = new Owner[model.live.length];
        Arrays.fill(owners, new Owner(null, -1));
    }

    TimerSlots<SimulatedKey> timers() {
        return (TimerSlots<SimulatedKey>) map;
    }

    @SuppressWarnings("unchecked")
    ValueTimerSlots<SimulatedKey, Object> valueTimers() {
        return (ValueTimerSlots<SimulatedKey, Object>) map;
    }

    @SuppressWarnings("unchecked")
    ValueWorkSlots<SimulatedKey, Object> valueWorks() {
        return (ValueWorkSlots<SimulatedKey, Object>) map;
    }
}
