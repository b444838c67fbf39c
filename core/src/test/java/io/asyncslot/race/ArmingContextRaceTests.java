package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.fixture.HandExecutor;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run and a start of its slot at once: each run sees what its own arming took down. */
class ArmingContextRaceTests {

    private final ThreadLocal<@Nullable String> place = new ThreadLocal<>();
    private final ArmingContext<String> where = place::get;
    private final ManualTicker ticker = new ManualTicker();
    private final HandExecutor hand = new HandExecutor();
    private final JvmBackend backend = JvmBackend.manual();
    private final List<@Nullable String> seen = Collections.synchronizedList(new ArrayList<>());

    /**
     * T1: worker: begins the run of the first start. T2: starts anew. T1: looks for what belongs to its run.
     *
     * <p>Answered REARMED, the start came first and there is one run, its own; answered STARTED, the run had begun.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void startAgainstRun_eachRunSeesItsOwn(boolean periodic) throws Exception {
        AtomicInteger rearmed = new AtomicInteger();
        AtomicInteger started = new AtomicInteger();
        try (AsyncSlotRegistry registry = registry();
                Race race = new Race()) {
            TimerMapSpec.Builder<Integer> spec =
                    TimerMapSpec.named("t", Integer.class).callback((key, firing) -> seen.add(firing.armedIn(where)));
            TimerSlots<Integer> map = registry.register(
                    (periodic ? spec.every(Duration.ofDays(1)) : spec.delay(Duration.ofDays(1))).build());
            registry.start();
            AtomicReference<StartOutcome> outcome = new AtomicReference<>();
            for (int round = 0; race.goesOn(round, 20_000, rearmed, started); round++) {
                int key = round & 7;
                seen.clear();
                start(map, key, "first");
                backend.pump();
                race.run(hand::runNext, () -> outcome.set(start(map, key, "second")));
                settle();
                boolean wasRearmed = outcome.get() == StartOutcome.REARMED;
                if (periodic && seen.size() == 2) {
                    wasRearmed = false; // the run had begun and had armed the next period, which the start replaced
                }
                (wasRearmed ? rearmed : started).incrementAndGet();
                assertThat(seen).containsExactlyElementsOf(wasRearmed ? List.of("second") : List.of("first", "second"));
                map.cancel(key);
            }
            Race.reached("the start before the run", rearmed.get());
            Race.reached("the run before the start", started.get());
        }
    }

    /** T1: makes the slot. T2: the same. Whoever comes second replaces; the one run sees the later start. */
    @Test
    void twoStartsOfAnAbsentKey_theRunSeesTheLater() throws Exception {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        try (AsyncSlotRegistry registry = registry();
                Race race = new Race()) {
            TimerSlots<Integer> map = registry.register(TimerMapSpec.named("t", Integer.class)
                    .callback((key, firing) -> seen.add(firing.armedIn(where)))
                    .build());
            registry.start();
            AtomicReference<StartOutcome> outcome = new AtomicReference<>();
            for (int round = 0; race.goesOn(round, 20_000, first, second); round++) {
                int key = round;
                seen.clear();
                AtomicReference<StartOutcome> own = new AtomicReference<>();
                race.run(() -> own.set(start(map, key, "one")), () -> outcome.set(start(map, key, "other")));
                settle();
                boolean oneIsLater = own.get() == StartOutcome.REARMED;
                assertThat(outcome.get()).isEqualTo(oneIsLater ? StartOutcome.STARTED : StartOutcome.REARMED);
                (oneIsLater ? first : second).incrementAndGet();
                assertThat(seen).containsExactly(oneIsLater ? "one" : "other");
                map.delete(key);
            }
            Race.reached("one thread made the slot", first.get());
            Race.reached("the other thread made the slot", second.get());
        }
    }

    private AsyncSlotRegistry registry() {
        return new AsyncSlotRegistryBuilder(hand)
                .ticker(ticker)
                .backend(backend)
                .armingContext(where)
                .build();
    }

    private StartOutcome start(TimerSlots<Integer> map, int key, String name) {
        place.set(name);
        try {
            return map.start(key, Duration.ZERO);
        } finally {
            place.remove();
        }
    }

    private void settle() {
        do {
            backend.pump();
        } while (hand.runAll() != 0);
    }
}
