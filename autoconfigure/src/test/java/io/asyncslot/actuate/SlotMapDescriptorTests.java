package io.asyncslot.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotType;
import io.asyncslot.WhenIdle;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The endpoint shows each counter of a map under the name that it has in the statistics. */
class SlotMapDescriptorTests {

    @Test
    void eachCounter_isShownUnderItsName() throws Exception {
        RecordComponent[] counters = SlotMapStats.class.getRecordComponents();
        Object[] values = new Object[counters.length];
        for (int i = 0; i < counters.length; i++) {
            Long number = 100L + i;
            values[i] = counters[i].getType() == long.class ? number : Duration.ofMillis(number);
        }
        SlotMapStats stats = SlotMapStats.class
                .getConstructor(
                        Arrays.stream(counters).map(RecordComponent::getType).toArray(Class<?>[]::new))
                .newInstance(values);
        SlotMapDescriptor shown = SlotMapDescriptor.of(mapWith(stats));

        for (int i = 0; i < counters.length; i++) {
            if (counters[i].getType() == long.class) {
                assertThat(SlotMapDescriptor.class
                                .getMethod(counters[i].getName())
                                .invoke(shown))
                        .as(counters[i].getName())
                        .isEqualTo(values[i]);
            }
        }
        assertThat(shown.late())
                .isEqualTo(new SlotMapDescriptor.Late(stats.latenessP50(), stats.latenessP99(), stats.latenessMax()));
    }

    /** Between the two answers a pause may end and another begin: the name is then that of a pause which is not shown. */
    @Test
    void causeOfANewPause_isNotShownWithTheBeginOfTheOld() {
        SlotCause bob = new SlotCause(SlotCause.Type.ENDPOINT, "user bob");
        Instant begin = Instant.ofEpochSecond(1);
        Iterator<Instant> begins =
                List.of(begin, begin, begin, begin.plusNanos(1)).iterator();
        SlotMap<?> map = (SlotMap<?>) Proxy.newProxyInstance(
                SlotMap.class.getClassLoader(),
                new Class<?>[] {SlotMap.class},
                (proxy, method, arguments) -> Optional.of(method.getName().equals("pausedBy") ? bob : begins.next()));
        assertThat(SlotExplanation.pausedBy(map, begins.next())).isEqualTo(bob);
        assertThat(SlotExplanation.pausedBy(map, begins.next())).isNull();
    }

    private static SlotMap<?> mapWith(SlotMapStats stats) {
        Map<String, Object> answers = Map.of(
                "stats",
                stats,
                "type",
                SlotType.TIMER,
                "keyType",
                String.class,
                "backend",
                "jvm",
                "whenIdle",
                WhenIdle.FREE,
                "pausedSince",
                Optional.empty());
        return (SlotMap<?>) Proxy.newProxyInstance(
                SlotMap.class.getClassLoader(),
                new Class<?>[] {SlotMap.class},
                (proxy, method, arguments) -> answers.get(method.getName()));
    }
}
