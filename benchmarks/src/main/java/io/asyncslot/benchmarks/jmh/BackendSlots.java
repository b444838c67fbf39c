package io.asyncslot.benchmarks.jmh;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.benchmarks.backend.Backend;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotBackend;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One map of a backend with {@code n} keys armed for hours. */
@State(Scope.Benchmark)
public class BackendSlots {

    static final int BATCH = 256;
    static final int ALONE = 64;
    static final Duration HOUR = Duration.ofHours(1);
    static final Duration LATER = Duration.ofHours(40);
    private static final long FIRST_MICROS = HOUR.multipliedBy(20).toNanos() / 1_000;
    private static final long LAST_MICROS = HOUR.toNanos() / 1_000;
    private static final long STEP_MICROS = 200;

    /** Who is measured. */
    @Param({"JVM", "KERNEL"})
    public Backend backend = Backend.JVM;

    /** How many keys are armed. */
    @Param("256")
    public int n;

    private final List<AutoCloseable> open = new ArrayList<>();
    private SlotBackend made = new JvmBackend();
    private long micros = FIRST_MICROS;
    final List<Long> armed = new ArrayList<>();
    final List<Long> fresh = new ArrayList<>();
    TimerSlots<Long> slots = map(made);

    private TimerSlots<Long> map(SlotBackend over) {
        AsyncSlotRegistry registry =
                new AsyncSlotRegistryBuilder(Runnable::run).backend(over).build();
        open.add(registry);
        TimerSlots<Long> map = registry.register(TimerMapSpec.named("benchmark", Long.class)
                .callback((key, firing) -> {
                    throw new IllegalStateException("fired during the measurement: " + key);
                })
                .build());
        registry.start();
        return map;
    }

    /** Arms the keys. */
    @Setup(Level.Trial)
    public void fill() throws Exception {
        close();
        open.clear();
        made = backend.open();
        slots = map(made);
        for (long i = 0; i < n; i++) {
            armed.add(i);
            slots.start(i, Duration.ofHours(30));
        }
        for (long i = 0; i < BATCH; i++) {
            fresh.add(1_000_000 + i);
        }
    }

    /** A delay that makes for an earlier deadline than the one before, except once in millions. */
    Duration earlier() {
        micros = micros <= LAST_MICROS ? FIRST_MICROS : micros - STEP_MICROS;
        return Duration.ofNanos(micros * 1_000);
    }

    /** No figure comes of a measurement in which the kernel was not what measured. */
    @TearDown(Level.Iteration)
    public void check() {
        long fallbacks = Backend.fallbacks(made);
        if (fallbacks != 0) {
            throw new IllegalStateException("the kernel refused " + fallbacks + " slots: this measured the jvm engine");
        }
    }

    /** Ends it. */
    @TearDown(Level.Trial)
    public void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }
}
