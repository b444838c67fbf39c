package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CloseOutcome;
import io.asyncslot.Merge;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapTypeException;
import io.asyncslot.SlotScope;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TransactionalSlots;
import io.asyncslot.TransactionalSlots.Effect;
import io.asyncslot.ValueTimerSlots;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.HandExecutor;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.SlotTransactions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Maps whose slots carry values: how they are described and asked for, and their views. */
class ValueMapTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final Bench bench = new Bench();

    /** What the callbacks were handed. */
    private final List<Object> handed = new ArrayList<>();

    @AfterEach
    void close() {
        bench.close();
    }

    private void note(Object key, Object value, SlotFiring firing) {
        handed.add(value);
    }

    private <V> ValueTimerSlots<String, V> timers(String name, SlotValues<V> values) {
        bench.registry.register(TimerMapSpec.named(name, String.class)
                .callback(values, this::note)
                .delay(SECOND)
                .build());
        return bench.registry.timers(name, String.class, values.type());
    }

    private ValueWorkSlots<String, String> works(String name) {
        bench.registry.register(WorkMapSpec.named(name, String.class)
                .collecting(SlotValues.collect(String.class), this::note)
                .build());
        return bench.registry.works(name, String.class, String.class);
    }

    // ---- what a map is ------------------------------------------------------------------------------------------

    @Test
    void spec_refusesWhatContradictsItself() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimerMapSpec.named("m", String.class)
                        .callback(SlotValues.last(String.class), this::note)
                        .every(SECOND)
                        .build())
                .withMessageContaining("exactly one firing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimerMapSpec.named("m", String.class)
                        .callback(SlotValues.last(String.class), this::note)
                        .schedule(after -> null)
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SlotValues.last(String.class).maxValues(2))
                .withMessageContaining("LAST");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SlotValues.collect(String.class).maxValues(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> SlotValues.last(int.class));
        assertThatIllegalArgumentException().isThrownBy(() -> SlotValues.merging(String.class, null));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        TimerMapSpec.named("m", String.class).callback(SlotValues.collect(String.class), this::note))
                .withMessageContaining("collecting(...)");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        TimerMapSpec.named("m", String.class).collecting(SlotValues.last(String.class), this::note))
                .withMessageContaining("callback(...)");
    }

    @Test
    void map_isAskedForByItsTypes() {
        ValueTimerSlots<String, String> map = timers("values", SlotValues.first(String.class));
        bench.timers(String.class, (key, firing) -> {});
        works("works");

        assertThat(map.values().type()).isEqualTo(String.class);
        assertThat(map.values().merge()).isEqualTo(Merge.FIRST);
        assertThat(bench.registry.timers("values", String.class)).isSameAs(map);
        assertThat(bench.registry.<String, Object>timers("values", String.class, Object.class))
                .isSameAs(map);
        assertThat(bench.registry.timers("map1", String.class).values()).isNull();
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(() -> bench.registry.timers("values", String.class, Integer.class))
                .withMessageContaining("values of type java.lang.String")
                .withMessageContaining("values of type java.lang.Integer");
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(() -> bench.registry.timers("map1", String.class, Object.class));
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(() -> bench.registry.timers("works", String.class, String.class));
    }

    @Test
    void backend_withoutTheFeature_isRefusedWithTheRemedy() {
        JvmBackend right = JvmBackend.manual();
        SlotBackend lacking = (SlotBackend) Proxy.newProxyInstance(
                SlotBackend.class.getClassLoader(), new Class<?>[] {SlotBackend.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("features")) {
                        return Set.of();
                    }
                    if (method.getName().equals("name")) {
                        return "lacking";
                    }
                    try {
                        return method.invoke(right, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getTargetException();
                    }
                });
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(lacking)
                .backend(JvmBackend.manual())
                .build()) {
            assertThatExceptionOfType(BackendUnavailableException.class)
                    .isThrownBy(() -> registry.register(TimerMapSpec.named("audit", String.class)
                            .callback(SlotValues.last(String.class), this::note)
                            .build()))
                    .withMessageContaining("map 'audit' has values")
                    .satisfies(e -> assertThat(e.remedy()).contains("[jvm]").contains("'audit'"));
            assertThat(registry.maps()).isEmpty();
        }
    }

    // ---- views --------------------------------------------------------------------------------------------------

    @Test
    void lazyHandles_forwardEveryOperation() {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(new HandExecutor())
                .backend(JvmBackend.manual())
                .build();
        ValueTimerSlots<String, String> timers = registry.timers("t", String.class, String.class);
        ValueWorkSlots<String, String> works = registry.works("w", String.class, String.class);
        registry.register(TimerMapSpec.named("t", String.class)
                .callback(SlotValues.last(String.class), this::note)
                .delay(HOUR)
                .build());
        registry.register(WorkMapSpec.named("w", String.class)
                .collecting(SlotValues.collect(String.class), this::note)
                .build());
        registry.start();

        assertThat(timers.values().merge()).isEqualTo(Merge.LAST);
        assertThat(timers.startWith("a", "one")).isEqualTo(StartOutcome.STARTED);
        assertThat(timers.start("a", HOUR, "two")).isEqualTo(StartOutcome.REARMED);
        assertThat(timers.startAt("a", Instant.now().plus(HOUR), "three")).isEqualTo(StartOutcome.REARMED);
        assertThat(timers.take("a")).contains("three");
        assertThat(timers.takeAll("a")).isEmpty();
        works.pause();
        assertThat(works.submit("a", "one")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(works.values().merge()).isEqualTo(Merge.COLLECT);
        assertThat(works.takeAll("a")).containsExactly("one");
        registry.close();
    }

    @Test
    void lazyHandle_ofOtherValues_endsTheStart() {
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(new HandExecutor())
                .backend(JvmBackend.manual())
                .build();
        registry.timers("t", String.class, Integer.class);
        registry.register(TimerMapSpec.named("t", String.class)
                .callback(SlotValues.last(String.class), this::note)
                .build());

        assertThatExceptionOfType(SlotMapTypeException.class).isThrownBy(registry::start);
        registry.close();
    }

    @Test
    void scope_takesFromItsOwnSlotsOnly_andItsCloseLetsGoOfTheirValues() throws Exception {
        ValueTimerSlots<String, String> map = timers("values", SlotValues.last(String.class));
        ValueWorkSlots<String, String> works = works("works");
        SlotScope scope = bench.registry.scope("tenant-7");
        ValueTimerSlots<String, String> view = scope.timers("values", String.class, String.class);
        ValueWorkSlots<String, String> workView = scope.works("works", String.class, String.class);

        map.startWith("theirs", "one");
        assertThat(view.startWith("ours", "two")).isEqualTo(StartOutcome.STARTED);
        assertThat(view.start("ours", HOUR, "three")).isEqualTo(StartOutcome.REARMED);
        assertThat(view.startAt("ours", Instant.now(), "four")).isEqualTo(StartOutcome.REARMED);
        assertThat(workView.submit("ours", "five")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(view.values()).isSameAs(map.values());
        assertThat(workView.values()).isSameAs(works.values());
        assertThat(view.take("theirs")).isEmpty();
        assertThat(view.takeAll("ours")).containsExactly("four");
        assertThat(workView.takeAll("ours")).containsExactly("five");
        assertThat(scope.slots()).isZero();
        view.startWith("ours", "six");
        assertThat(scope.close(SECOND).outcome()).isEqualTo(CloseOutcome.CLOSED);
        bench.advanceAndRun(HOUR);

        assertThat(handed).containsExactly("one");
        assertThat(view.startWith("ours", "seven")).isEqualTo(StartOutcome.CLOSED);
    }

    @Test
    void transactional_checksTheValueAtOnce_andActsWithTheCommit() {
        List<Runnable> commits = new ArrayList<>();
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(new HandExecutor())
                .backend(JvmBackend.manual())
                .transactions(new SlotTransactions() {
                    @Override
                    public boolean isActive() {
                        return true;
                    }

                    @Override
                    public void onCommit(Runnable action) {
                        commits.add(action);
                    }
                })
                .build();
        registry.register(TimerMapSpec.named("t", String.class)
                .collecting(SlotValues.collect(String.class), this::note)
                .delay(HOUR)
                .build());
        registry.register(WorkMapSpec.named("w", String.class)
                .callback(SlotValues.last(String.class), this::note)
                .build());
        TransactionalSlots.ValueTimers<String, String> timers =
                registry.transactional().timers("t", String.class, String.class);
        TransactionalSlots.ValueWorks<String, String> works =
                registry.transactional().works("w", String.class, String.class);

        assertThatIllegalArgumentException().isThrownBy(() -> timers.startWith("a", null));
        assertThatIllegalArgumentException().isThrownBy(() -> works.submit("a", null));
        assertThat(timers.startWith("a", "one")).isEqualTo(Effect.AT_COMMIT);
        assertThat(timers.start("a", HOUR, "two")).isEqualTo(Effect.AT_COMMIT);
        assertThat(timers.startAt("a", Instant.now().plus(HOUR), "three")).isEqualTo(Effect.AT_COMMIT);
        assertThat(works.submit("a", "four")).isEqualTo(Effect.AT_COMMIT);
        ValueTimerSlots<String, String> map = registry.timers("t", String.class, String.class);
        assertThat(map.find("a")).isEmpty();
        commits.forEach(Runnable::run);

        assertThat(map.takeAll("a")).containsExactly("one", "two", "three");
        assertThat(registry.works("w", String.class, String.class).take("a")).contains("four");
        registry.close();
    }

    // ---- values -------------------------------------------------------------------------------------------------

    @Test
    void mergeFunction_mayWaitForOthers_andUseTheMap() throws Exception {
        AtomicReference<ValueTimerSlots<String, Integer>> map = new AtomicReference<>();
        List<Integer> seen = new ArrayList<>();
        map.set(timers("values", SlotValues.merging(Integer.class, (pending, added) -> {
            seen.add(pending);
            if (pending == 1) {
                CountDownLatch done = new CountDownLatch(1);
                Thread other = new Thread(() -> {
                    map.get().find("key");
                    map.get().take("key");
                    map.get().start("key", HOUR, 10);
                    done.countDown();
                });
                other.start();
                assertThat(awaited(done))
                        .as("the function is called with no lock held")
                        .isTrue();
            }
            return pending + added;
        })));

        map.get().start("key", HOUR, 1);
        assertThat(map.get().start("key", HOUR, 2)).isEqualTo(StartOutcome.REARMED);

        assertThat(seen).containsExactly(1, 10);
        assertThat(map.get().take("key")).contains(12);
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void capacity_rejectsTheValueOfANewKey_andATakeMakesRoom() {
        bench.registry.register(TimerMapSpec.named("full", String.class)
                .callback(SlotValues.last(String.class), this::note)
                .maxEntries(1)
                .build());
        ValueTimerSlots<String, String> map = bench.registry.timers("full", String.class, String.class);

        assertThat(map.start("a", HOUR, "one")).isEqualTo(StartOutcome.STARTED);
        assertThat(map.start("b", HOUR, "two")).isEqualTo(StartOutcome.REJECTED);
        assertThat(map.take("a")).contains("one");
        assertThat(map.start("b", Duration.ZERO, "three")).isEqualTo(StartOutcome.STARTED);
        bench.settle();

        assertThat(handed).containsExactly("three");
    }

    @Test
    void closedMap_acceptsNothing_andHasNothingToTake() throws Exception {
        ValueTimerSlots<String, String> map = timers("values", SlotValues.last(String.class));
        map.startWith("key", "one");
        map.close(Duration.ZERO);

        assertThat(map.startWith("key", "two")).isEqualTo(StartOutcome.CLOSED);
        assertThat(map.take("key")).isEmpty();
        bench.advanceAndRun(HOUR);
        assertThat(handed).isEmpty();
    }

    @Test
    void texts_leaveTheValueOut() {
        List<String> texts = new ArrayList<>();
        bench.registry.register(TimerMapSpec.named("secret", String.class)
                .callback(SlotValues.last(String.class), (key, value, firing) -> texts.add(firing.toString()))
                .build());
        ValueTimerSlots<String, String> map = bench.registry.timers("secret", String.class, String.class);
        map.start("key", Duration.ZERO, "top secret");

        SlotSnapshot found = map.find("key").orElseThrow();
        assertThat(found.value()).isEqualTo("top secret");
        List<SlotSnapshot> scanned = new ArrayList<>();
        map.scan(1, null, scanned::add);
        assertThat(scanned).extracting(SlotSnapshot::value).containsOnlyNulls();
        bench.settle();

        assertThat(texts).hasSize(1);
        assertThat(found + " " + texts + " " + map + " " + map.values()).doesNotContain("top secret");
    }

    @Test
    void armingContexts_goWithTheValue() throws Exception {
        AtomicReference<String> surroundings = new AtomicReference<>("nowhere");
        ArmingContext<String> context = surroundings::get;
        HandExecutor hand = new HandExecutor();
        JvmBackend backend = JvmBackend.manual();
        ManualTicker ticker = new ManualTicker();
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(hand)
                .ticker(ticker)
                .backend(backend)
                .armingContext(context)
                .build();
        registry.register(WorkMapSpec.named("w", String.class)
                .collecting(SlotValues.collect(String.class), (key, values, firing) -> {
                    handed.add(firing.armedIn(context) + " " + values + " " + firing.attempt());
                    if (handed.size() < 3) {
                        firing.retry(HOUR);
                    }
                })
                .build());
        registry.start();
        ValueWorkSlots<String, String> map = registry.works("w", String.class, String.class);

        surroundings.set("first");
        map.submit("key", "one");
        backend.pump();
        hand.runAll();
        surroundings.set("second");
        assertThat(map.submit("key", "two")).isEqualTo(SubmitOutcome.COALESCED);
        for (int i = 0; i < 3; i++) {
            ticker.advance(HOUR);
            backend.pump();
            hand.runAll();
        }

        assertThat(handed).containsExactly("first [one] 1", "second [one, two] 1", "second [one, two] 2");
        registry.close();
    }
}
