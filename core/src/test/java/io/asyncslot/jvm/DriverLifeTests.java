package io.asyncslot.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The driver files commands until everything is carried out, also while stopped and after the end. */
class DriverLifeTests {

    private static final Duration FAR = Duration.ofHours(1);

    /** Permits to come out of a park; plenty until a test takes them away. */
    private final Semaphore awakenings = new Semaphore(Integer.MAX_VALUE);

    private final JvmBackend backend = new JvmBackend(true, JvmOptions.defaults(), nanos -> {
        LockSupport.parkNanos(this, nanos);
        awakenings.acquireUninterruptibly();
    });
    private final AsyncSlotRegistry registry =
            new AsyncSlotRegistryBuilder(Runnable::run).backend(backend).build();

    private TimerSlots<String> slots() {
        return registry.register(TimerMapSpec.named("map", String.class)
                .callback((key, firing) -> {})
                .build());
    }

    @AfterEach
    void close() {
        awakenings.release(Integer.MAX_VALUE - awakenings.availablePermits());
        registry.close();
    }

    @Test
    void close_beforeTheDriverWakesForTheDelete_leavesNoReference() {
        registry.start();
        TimerSlots<String> slots = slots();
        slots.start("key", FAR);
        EngineProbe.wake(backend);
        await().until(() -> EngineProbe.filed(backend) == 1);
        awakenings.drainPermits(); // the driver sleeps, and wakes only when the registry is closed
        registry.close();
        awakenings.release(10);
        await().untilAsserted(() -> assertThat(slots.stats().references()).isZero());
        await().until(() -> EngineProbe.filed(backend) == 0);
    }

    @Test
    void close_ofARegistryNeverStarted_leavesNoReference() {
        TimerSlots<String> slots = slots();
        slots.start("key", FAR);
        registry.close();
        await().untilAsserted(() -> assertThat(slots.stats().references()).isZero());
    }

    @Test
    void stopped_startsAndDeletes_areCarriedOut() throws Exception {
        registry.start();
        TimerSlots<String> slots = slots();
        assertThat(registry.stop(Duration.ZERO)).isTrue();
        for (int i = 0; i < 10_000; i++) {
            slots.start("key", FAR);
            slots.delete("key");
        }
        slots.start("due", Duration.ZERO);
        await().until(() -> !EngineProbe.hasCommands(backend));
        assertThat(slots.stats().references()).isEqualTo(1);
        assertThat(slots.stats().fired()).isZero();
        registry.start();
        await().until(() -> slots.stats().fired() == 1);
    }

    /** T1: start: looks whether the map is closed. T2: closes the registry, the driver ends. T1: publishes a slot. */
    @Test
    void closed_aStartThatComesTooLate_carriesOutItsOwnCommand() {
        JvmBackend other = new JvmBackend();
        AtomicReference<Runnable> between = new AtomicReference<>(() -> {});
        try (AsyncSlotRegistry late = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(other)
                .armingContext(() -> {
                    between.getAndSet(() -> {}).run();
                    return null;
                })
                .build()) {
            TimerSlots<String> slots = late.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> {})
                    .build());
            late.start();
            AsyncSlotRegistry itself = late;
            between.set(() -> {
                itself.close();
                await().until(() -> EngineProbe.isGone(other));
            });
            assertThat(slots.start("key", FAR)).isEqualTo(StartOutcome.CLOSED);
            assertThat(EngineProbe.hasCommands(other)).isFalse();
            assertThat(slots.stats().references()).isZero();
        }
    }
}
