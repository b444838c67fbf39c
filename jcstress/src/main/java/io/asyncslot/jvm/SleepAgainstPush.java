package io.asyncslot.jvm;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.core.StandingClock;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The driver goes to sleep until a distant deadline, and a slot is started for sooner. Its twins are mutants. */
public final class SleepAgainstPush {

    /** Before the scrubber's next look, for which the driver wakes anyway. */
    private static final Duration NEAR = Duration.ofSeconds(1);

    private SleepAgainstPush() {}

    /** The real engine. */
    @JCStressTest
    @Outcome(id = "awake", expect = ACCEPTABLE, desc = "It found the command and did not sleep.")
    @Outcome(id = "in time", expect = ACCEPTABLE, desc = "It found the command and sleeps no longer than that allows.")
    @Outcome(id = "woken", expect = ACCEPTABLE, desc = "It was woken.")
    @Outcome(expect = FORBIDDEN, desc = "It sleeps past a deadline.")
    @State
    public static class Real {
        private final JvmBackend backend = new JvmBackend(false, JvmOptions.defaults(), this::park);
        private final TimerSlots<String> slots;
        private volatile boolean started;
        private String slept = "awake";

        public Real() {
            // it stands: else a driver that is held up for seconds rightly sleeps until the look of the scrubber
            AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                    .backend(backend)
                    .ticker(new StandingClock())
                    .build();
            slots = registry.register(TimerMapSpec.named("map", String.class)
                    .callback((key, firing) -> {})
                    .build());
            registry.start();
            slots.start("far", Duration.ofHours(2));
            backend.pump();
        }

        /** Sleeps until the start has answered: who has not been woken by then never is. */
        private void park(long nanos) {
            while (!started) {
                Thread.onSpinWait();
            }
            slept = !backend.engine().isAsleep() ? "woken" : nanos <= NEAR.toNanos() ? "in time" : "slept through";
        }

        @Actor
        public void driver(L_Result r) {
            backend.engine().sleep();
            r.r1 = slept;
        }

        @Actor
        public void start() {
            slots.start("near", NEAR);
            started = true;
        }
    }
}
