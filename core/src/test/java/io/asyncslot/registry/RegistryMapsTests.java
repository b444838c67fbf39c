package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.BackendUnavailableException;
import io.asyncslot.CancelOutcome;
import io.asyncslot.CloseOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.DuplicateSlotMapException;
import io.asyncslot.SlotMap;
import io.asyncslot.SlotMapTypeException;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.UnknownSlotMapException;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.jvm.JvmBackend;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Maps by name: handles before registration, wrong names and types, registration at run time, names used again. */
class RegistryMapsTests {

    private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
            .backend(JvmBackend.manual())
            .build();

    private <K> TimerSlots<K> timers(String name, Class<K> type) {
        return registry.register(TimerMapSpec.named(name, type)
                .callback((key, firing) -> {})
                .delay(Duration.ofSeconds(1))
                .build());
    }

    private <K> WorkSlots<K> works(String name, Class<K> type) {
        return registry.register(
                WorkMapSpec.named(name, type).callback((key, firing) -> {}).build());
    }

    @Test
    void arraysAsKeys_areRefused() {
        for (Class<?> type : List.of(byte[].class, String[].class)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> timers("upload", type))
                    .withMessage("'keyType' of map 'upload' must not be an array, which is equal to itself only: "
                            + type.getTypeName());
            assertThatIllegalArgumentException().isThrownBy(() -> works("upload", type));
        }
        assertThat(registry.maps()).isEmpty();
    }

    @Test
    void lazyTimerHandle_forwardsEveryOperation() throws Exception {
        TimerSlots<String> handle = registry.timers("t", String.class);
        assertThat(handle.name()).isEqualTo("t");
        assertThat(handle.keyType()).isEqualTo(String.class);
        assertThat(handle).hasToString("handle of map 't'");
        TimerSlots<String> map = timers("t", String.class);
        assertThat(handle.type()).isEqualTo(SlotType.TIMER);
        assertThat(handle.backend()).isEqualTo("jvm");
        assertThat(handle.start("a")).isEqualTo(StartOutcome.STARTED);
        assertThat(handle.start("a", Duration.ofSeconds(2))).isEqualTo(StartOutcome.REARMED);
        assertThat(handle.startAt("a", Instant.now().plusSeconds(5))).isEqualTo(StartOutcome.REARMED);
        assertThat(handle.startAll(List.of("a", "b"), Duration.ofSeconds(1)).total())
                .isEqualTo(2);
        assertThat(handle.touch("a")).isEqualTo(TouchOutcome.MOVED);
        assertThat(handle.touch("a", Duration.ofSeconds(1))).isEqualTo(TouchOutcome.MOVED);
        assertThat(handle.find("a")).isPresent();
        assertThat(handle.findByText("b")).isPresent();
        assertThat(handle.scan(10, null, snapshot -> {})).isEqualTo(2);
        assertThat(handle.stats().slots()).isEqualTo(2);
        assertThat(handle.rebind("a", (key, firing) -> {})).isTrue();
        AtomicInteger released = new AtomicInteger();
        handle.rebind((key, firing) -> {}, released::incrementAndGet);
        handle.rebind((key, firing) -> {});
        assertThat(released).hasValue(1);
        assertThat(handle.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(handle.cancelAndAwait("a", Duration.ZERO)).isEqualTo(CancelOutcome.ABSENT);
        assertThat(handle.whenIdle()).isEqualTo(WhenIdle.FREE);
        assertThat(handle.delete("a")).isEqualTo(DeleteOutcome.ABSENT);
        assertThat(handle.isClosed()).isFalse();
        assertThat(handle.close(Duration.ZERO)).isEqualTo(CloseOutcome.CLOSED);
        assertThat(map.isClosed()).isTrue();
    }

    @Test
    void lazyWorkHandle_forwardsSubmit() {
        WorkSlots<String> handle = registry.works("w", String.class);
        works("w", String.class);
        assertThat(handle.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(handle.type()).isEqualTo(SlotType.WORK);
    }

    @Test
    void lazyHandle_usedBeforeItsMapExists_saysSo() {
        TimerSlots<String> handle = registry.timers("later", String.class);
        assertThatExceptionOfType(UnknownSlotMapException.class)
                .isThrownBy(() -> handle.start("a"))
                .withMessageContaining("'later'");
        timers("later", String.class);
        assertThat(handle.start("a")).isEqualTo(StartOutcome.STARTED);
    }

    @Test
    void lazyHandle_ofAnotherType_saysBothAtTheFirstUse() {
        TimerSlots<String> wrongKey = registry.timers("t", String.class);
        WorkSlots<Long> wrongKind = registry.works("t", Long.class);
        TimerSlots<Object> any = registry.timers("t", Object.class);
        timers("t", Long.class);
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(() -> wrongKey.start("a"))
                .withMessageContaining("java.lang.Long")
                .withMessageContaining("java.lang.String");
        assertThatExceptionOfType(SlotMapTypeException.class)
                .isThrownBy(() -> wrongKind.submit(1L))
                .withMessageContaining("timer")
                .withMessageContaining("work");
        assertThat(any.start(7L)).isEqualTo(StartOutcome.STARTED);
        assertThatIllegalArgumentException().isThrownBy(() -> any.start("x")).withMessageContaining("java.lang.Long");
    }

    @Test
    void unknownMap_afterTheStart_isRefusedWithTheKnownOnes() {
        timers("known", String.class);
        registry.start();
        assertThatExceptionOfType(UnknownSlotMapException.class)
                .isThrownBy(() -> registry.timers("unknown", String.class))
                .withMessageContaining("'unknown'")
                .withMessageContaining("known")
                .satisfies(e -> {
                    assertThat(e.unknown()).containsExactly("unknown");
                    assertThat(e.known()).containsExactly("known");
                });
        assertThatExceptionOfType(UnknownSlotMapException.class)
                .isThrownBy(() -> registry.works("unknown", String.class));
        assertThat(registry.map("unknown")).isEmpty();
    }

    @Test
    void registeredMap_ofAnotherType_isRefusedAtOnce() {
        timers("t", Long.class);
        works("w", Long.class);
        assertThatExceptionOfType(SlotMapTypeException.class).isThrownBy(() -> registry.timers("t", String.class));
        assertThatExceptionOfType(SlotMapTypeException.class).isThrownBy(() -> registry.works("t", Long.class));
        assertThatExceptionOfType(SlotMapTypeException.class).isThrownBy(() -> registry.timers("w", Long.class));
        assertThat(registry.timers("t", Long.class)).isSameAs(registry.map("t").orElseThrow());
        assertThat(registry.works("w", Object.class)).isNotNull();
    }

    @Test
    void duplicate_ofAnOpenMap_isRefused_whateverItsType() {
        timers("m", String.class);
        assertThatExceptionOfType(DuplicateSlotMapException.class)
                .isThrownBy(() -> timers("m", String.class))
                .withMessageContaining("'m'");
        assertThatExceptionOfType(DuplicateSlotMapException.class).isThrownBy(() -> works("m", Long.class));
        assertThat(registry.maps()).hasSize(1);
    }

    @Test
    void name_ofAClosedMap_canBeUsedAgain_forAnotherType() throws Exception {
        TimerSlots<String> old = timers("m", String.class);
        old.start("k");
        old.close(Duration.ZERO);
        assertThat(registry.map("m")).isEmpty();
        WorkSlots<Long> fresh = works("m", Long.class);
        assertThat(registry.works("m", Long.class)).isSameAs(fresh);
        assertThat(old.start("k")).isEqualTo(StartOutcome.CLOSED);
        assertThat(fresh.find(1L)).isEmpty();
        assertThat(registry.maps()).hasSize(1);
    }

    @Test
    void maps_areTheOpenOnes_byName() throws Exception {
        timers("b", String.class);
        works("a", String.class);
        timers("c", String.class).close(Duration.ZERO);
        assertThat(registry.maps()).extracting(SlotMap::name).containsExactly("a", "b");
        assertThat(registry.map("a").orElseThrow().type()).isEqualTo(SlotType.WORK);
    }

    @Test
    void registration_atRunTime_worksAtOnce() {
        try (Bench bench = new Bench()) {
            AtomicInteger runs = new AtomicInteger();
            TimerSlots<String> map = bench.timers(String.class, (key, firing) -> runs.incrementAndGet());
            map.start("k", Duration.ofSeconds(1));
            bench.advanceAndRun(Duration.ofSeconds(1));
            assertThat(runs).hasValue(1);
        }
    }

    @Test
    void backend_unknown_isRefusedWithTheKnownOnes() {
        assertThatExceptionOfType(BackendUnavailableException.class)
                .isThrownBy(() -> registry.register(TimerMapSpec.named("m", String.class)
                        .callback((key, firing) -> {})
                        .backend("kernel")
                        .build()))
                .withMessageContaining("kernel")
                .withMessageContaining("jvm");
        assertThatExceptionOfType(BackendUnavailableException.class)
                .isThrownBy(() -> new AsyncSlotRegistryBuilder(Runnable::run)
                        .defaultBackend("kernel")
                        .build());
        assertThat(registry.backends()).hasSize(1);
        assertThat(registry.backends().get(0).name()).isEqualTo("jvm");
    }

    @Test
    void builder_refusesWhatCannotBe() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AsyncSlotRegistryBuilder(null))
                .withMessageContaining("'executor'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AsyncSlotRegistryBuilder(Runnable::run).maxKeyLength(0))
                .withMessageContaining("'maxKeyLength'")
                .withMessageContaining("0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new AsyncSlotRegistryBuilder(Runnable::run)
                        .backend(JvmBackend.manual())
                        .backend(JvmBackend.manual()))
                .withMessageContaining("'jvm'");
    }

    @Test
    void builder_aBackendServesOneRegistry() {
        JvmBackend backend = JvmBackend.manual();
        new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build();
        assertThatIllegalStateException()
                .isThrownBy(() -> new AsyncSlotRegistryBuilder(Runnable::run)
                        .backend(backend)
                        .build())
                .withMessageContaining("one registry");
    }

    @Test
    void start_withoutADelayOfTheMap_saysWhatToDo() {
        TimerSlots<String> map = registry.register(TimerMapSpec.named("m", String.class)
                .callback((key, firing) -> {})
                .build());
        assertThatIllegalStateException().isThrownBy(() -> map.start("k")).withMessageContaining("'m'");
        assertThat(map.find("k")).isEmpty();
    }
}
