package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotMapStats;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each count is shown under its own name. */
class CountersTests {

    @Test
    void countsOfOneName_areShownUnderIt() throws Exception {
        Counters counters = new Counters(() -> 0);
        Map<String, Long> counted = new HashMap<>();
        long times = 1;
        for (Field field : Counters.class.getDeclaredFields()) {
            if (field.getType() == Count.class) {
                ((Count) field.get(counters)).add(times);
                counted.put(field.getName(), times);
                times *= 2;
            }
        }
        SlotMapStats stats = counters.stats(false);
        Map<String, Long> shown = new HashMap<>();
        for (RecordComponent component : SlotMapStats.class.getRecordComponents()) {
            if (counted.containsKey(component.getName()) && !component.getName().equals("references")) {
                shown.put(component.getName(), (Long) component.getAccessor().invoke(stats));
            }
        }
        assertThat(shown)
                .hasSize(14)
                .allSatisfy((name, value) -> assertThat(value).as(name).isEqualTo(counted.get(name)));
        assertThat(stats.references()).isEqualTo(counted.get("references") - counted.get("withdrawn"));
        assertThat(stats.deleted()).isEqualTo(counted.get("deletedIdle") + counted.get("deletedArmed"));
        assertThat(stats.started()).isEqualTo(counted.get("restarted"));
        assertThat(stats.queued()).isEqualTo(Math.max(0, counted.get("handedOver") - counted.get("takenUp")));
    }
}
