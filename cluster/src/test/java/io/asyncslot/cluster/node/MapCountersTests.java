package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotMapStats;
import io.asyncslot.cluster.store.Counts;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** Each count is shown under its own name. */
class MapCountersTests {

    @Test
    void countsOfOneName_areShownUnderIt() throws Exception {
        MapCounters counters = new MapCounters();
        Map<String, Long> counted = new HashMap<>();
        long times = 1;
        for (Field field : MapCounters.class.getDeclaredFields()) {
            if (LongAdder.class.isAssignableFrom(field.getType())) {
                ((LongAdder) field.get(counters)).add(times);
                counted.put(field.getName(), times);
                times *= 2;
            }
        }
        counters.queued.set(1_000_001);
        SlotMapStats stats = counters.stats(new Counts(1_000_002, 1_000_003, 1_000_004, 1_000_005, true));
        Map<String, Long> shown = new HashMap<>();
        for (RecordComponent component : SlotMapStats.class.getRecordComponents()) {
            if (counted.containsKey(component.getName())) {
                shown.put(component.getName(), (Long) component.getAccessor().invoke(stats));
            }
        }
        assertThat(shown)
                .hasSize(14)
                .allSatisfy((name, value) -> assertThat(value).as(name).isEqualTo(counted.get(name)));
        assertThat(stats.fallbacks()).isEqualTo(counted.get("kept"));
        assertThat(stats.queued()).isEqualTo(1_000_001);
        assertThat(stats.slots()).isEqualTo(1_000_002).isEqualTo(stats.references());
        assertThat(stats.armed()).isEqualTo(1_000_003);
        assertThat(stats.running()).isEqualTo(1_000_004);
        assertThat(stats.paused()).isEqualTo(1_000_005);
    }
}
