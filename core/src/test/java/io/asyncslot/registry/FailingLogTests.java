package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.ArmingContext;
import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TransactionalSlots;
import io.asyncslot.fixture.FailingLog;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.spi.SlotTransactions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A log that throws breaks no step that wants to tell of something. */
class FailingLogTests {

    private static final Duration HOUR = Duration.ofHours(1);

    private final ManualTicker ticker = new ManualTicker();
    private final JvmBackend backend = JvmBackend.manual();

    private AsyncSlotRegistryBuilder builder() {
        return new AsyncSlotRegistryBuilder(Runnable::run).ticker(ticker).backend(backend);
    }

    private static TimerMapSpec.Builder<String> spec() {
        return TimerMapSpec.named("map", String.class)
                .callback((key, firing) -> {})
                .delay(HOUR);
    }

    /** An action that throws after the commit would keep those of others from being performed. */
    @Test
    void startRefusedAfterTheCommit_throwsNothing() {
        List<Runnable> commits = new ArrayList<>();
        SlotTransactions transactions = new SlotTransactions() {
            @Override
            public boolean isActive() {
                return true;
            }

            @Override
            public void onCommit(Runnable action) {
                commits.add(action);
            }
        };
        try (FailingLog log = new FailingLog();
                AsyncSlotRegistry registry =
                        builder().transactions(transactions).build()) {
            TimerSlots<String> map = registry.register(spec().maxEntries(1).build());
            TransactionalSlots.Timers<String> timers = registry.transactional().timers("map", String.class);
            timers.start("first");
            timers.start("second");
            timers.cancel("first");

            commits.forEach(Runnable::run);

            assertThat(log.messages()).singleElement().asString().contains("REJECTED");
            assertThat(map.stats().cancelled()).isEqualTo(1);
        }
    }

    @Test
    void armingContextThatFails_armsAllTheSame() {
        ArmingContext<Object> failing = new ArmingContext<>() {
            @Override
            public @Nullable Object capture() {
                throw new IllegalStateException("failed");
            }
        };
        try (FailingLog log = new FailingLog();
                AsyncSlotRegistry registry = builder().armingContext(failing).build()) {
            TimerSlots<String> map = registry.register(spec().build());

            assertThat(map.start("k")).isEqualTo(StartOutcome.STARTED);
            assertThat(log.messages()).singleElement().asString().contains("an arming context failed");
        }
    }

    @Test
    void scheduleThatFails_endsAfterTheRunForItsLastPoint() {
        List<Instant> points = new ArrayList<>();
        List<String> runs = new ArrayList<>();
        try (FailingLog log = new FailingLog();
                AsyncSlotRegistry registry = builder().build()) {
            registry.start();
            TimerSlots<String> map = registry.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> runs.add(key))
                    .schedule(after -> {
                        if (!points.isEmpty()) {
                            throw new IllegalStateException("failed");
                        }
                        points.add(after.plus(HOUR));
                        return points.get(0);
                    })
                    .build());
            map.start("k");
            ticker.advance(HOUR);
            backend.pump();

            assertThat(runs).containsExactly("k");
            assertThat(map.find("k")).isEmpty();
            assertThat(log.messages()).singleElement().asString().contains("the schedule of map 'map' failed");
        }
    }
}
