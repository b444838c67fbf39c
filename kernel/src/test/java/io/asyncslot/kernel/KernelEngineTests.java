package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotClock;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.StartOutcome;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WorkSlots;
import io.asyncslot.core.ControlBlock;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.Ticker;
import io.asyncslot.test.ManualTicker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The engine on a simulated kernel: which operations need the kernel, and what becomes of its refusals. */
class KernelEngineTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Instant WALL = Instant.parse("2026-01-01T00:00:00Z");

    private final ManualTicker ticker = new ManualTicker(WALL);
    private final SimulatedKernel kernel = new SimulatedKernel(ticker, 64, 32);

    private SimulatedApplication process() {
        return new SimulatedApplication(kernel, ticker, KernelOptions.defaults(), false);
    }

    @Test
    void start_firesOnceWhenDue() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            assertThat(map.start("a", SECOND)).isEqualTo(StartOutcome.STARTED);
            process.pass(SECOND.minusNanos(1_000));
            assertThat(process.fired).isEmpty();
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("a");
            assertThat(process.fired.get(0).lateMicros()).isZero();
            assertThat(process.fired.get(0).attempt()).isEqualTo(1);
            assertThat(map.stats().references()).isEqualTo(map.stats().slots());
        }
    }

    @Test
    void rearmLater_touchLater_andCancel_callNothing() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            map.start("a", SECOND);
            int runs = kernel.runs;
            assertThat(map.start("a", SECOND.multipliedBy(2))).isEqualTo(StartOutcome.REARMED);
            assertThat(map.touch("a", SECOND.multipliedBy(3))).isEqualTo(TouchOutcome.MOVED);
            assertThat(kernel.runs).isEqualTo(runs);
            process.pass(SECOND.multipliedBy(3).minusNanos(1_000));
            assertThat(process.fired).isEmpty();
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("a");
            map.start("a", SECOND);
            int before = kernel.runs;
            assertThat(map.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(kernel.runs).isEqualTo(before);
            process.pass(SECOND.multipliedBy(2));
            assertThat(process.fired).hasSize(1);
        }
    }

    @Test
    void rearmEarlier_firesEarlier() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            map.start("a", SECOND.multipliedBy(60));
            map.start("a", SECOND);
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactly("a");
            process.pass(SECOND.multipliedBy(120));
            assertThat(process.fired).hasSize(1);
        }
    }

    /**
     * T1 start for 1 s; T1 cancel; kernel's timer expires, finds nothing armed, says nothing; T1 start for later: the
     * promise has lapsed, so the kernel must be told.
     */
    @Test
    void startAfterAPromiseThatLapsedWhileCancelled_fires() {
        for (SlotClock clock : SlotClock.values()) {
            try (SimulatedApplication process = new SimulatedApplication(
                            new SimulatedKernel(ticker, 8, 32), ticker, KernelOptions.defaults(), false)
                    .start()) {
                TimerSlots<String> map =
                        process.registry.register(process.spec("t").clock(clock).build());
                map.start("a", SECOND);
                map.cancel("a");
                process.pass(SECOND.multipliedBy(2));
                assertThat(map.start("a", SECOND)).isEqualTo(StartOutcome.STARTED);
                process.pass(SECOND);
                assertThat(process.firedKeys()).as("%s", clock).containsExactly("a");
            }
        }
    }

    /**
     * T1 start for 1 s; T1 to 10 s; the kernel's timer expires, sets itself to 10 s, says nothing; T1 to a time before that:
     * the promise of 1 s has lapsed, so the kernel must be told.
     */
    @Test
    void movedLaterAndDownAgainAfterTheFirstPromise_firesOnTime() {
        for (SlotClock clock : SlotClock.values()) {
            for (int ways = 0; ways < 4; ways++) {
                try (SimulatedApplication process = new SimulatedApplication(
                                new SimulatedKernel(ticker, 8, 32), ticker, KernelOptions.defaults(), false)
                        .start()) {
                    TimerSlots<String> map = process.registry.register(
                            process.spec("t").clock(clock).build());
                    map.start("a", SECOND);
                    Duration later = SECOND.multipliedBy(10);
                    assertThat((ways & 1) == 0 ? map.touch("a", later) : map.start("a", later))
                            .isIn(TouchOutcome.MOVED, StartOutcome.REARMED);
                    process.pass(SECOND.multipliedBy(2));
                    assertThat((ways & 2) == 0 ? map.touch("a", SECOND) : map.start("a", SECOND))
                            .isIn(TouchOutcome.MOVED, StartOutcome.REARMED);
                    process.pass(SECOND.minusNanos(1_000));
                    assertThat(process.fired).isEmpty();
                    process.pass(Duration.ofNanos(2_000));
                    assertThat(process.firedKeys()).as("%s %s", clock, ways).containsExactly("a");
                    process.pass(SECOND.multipliedBy(20));
                    assertThat(process.fired).hasSize(1);
                }
            }
        }
    }

    @Test
    void rearmsOfASlotOnTheWallClock_callNothingUntilItsPromiseLapses() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.registry.register(
                    process.spec("t").clock(SlotClock.REALTIME).build());
            map.start("a", SECOND);
            int runs = kernel.runs;
            for (int i = 0; i < 100; i++) {
                map.touch("a", SECOND.multipliedBy(2));
            }
            assertThat(kernel.runs).isEqualTo(runs);
            process.pass(SECOND);
            for (int i = 0; i < 100; i++) {
                map.touch("a", SECOND);
            }
            assertThat(kernel.runs).isEqualTo(runs + 1);
            process.pass(SECOND);
            assertThat(process.fired).hasSize(1);
        }
    }

    /** The wall clock is set back while nobody looks: the kernel measured by the old one, whatever was promised by the new. */
    @Test
    void slotOnTheWallClock_movedAfterTheClockWasSet_firesOnTime() {
        for (int hours : new int[] {-2, 2}) {
            try (SimulatedApplication process = new SimulatedApplication(
                            new SimulatedKernel(ticker, 8, 32), ticker, KernelOptions.defaults(), false)
                    .start()) {
                TimerSlots<String> map = process.registry.register(
                        process.spec("t").clock(SlotClock.REALTIME).build());
                map.start("a", SECOND);
                map.touch("a", Duration.ofHours(5));
                ticker.setWallClock(
                        Instant.ofEpochSecond(0, ticker.realtimeNanos()).plus(Duration.ofHours(hours)));
                ticker.advance(SECOND.multipliedBy(2));
                process.kernel.tick();
                map.touch("a", SECOND);
                process.pass(SECOND);
                assertThat(process.firedKeys()).as("%s h", hours).containsExactly("a");
            }
        }
    }

    @Test
    void delete_freesRecordAndTimer() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            for (int round = 0; round < 10; round++) {
                for (int i = 0; i < kernel.capacity; i++) {
                    assertThat(map.start("k" + i, SECOND)).isEqualTo(StartOutcome.STARTED);
                }
                assertThat(map.start("more", SECOND)).isEqualTo(StartOutcome.REJECTED);
                for (int i = 0; i < kernel.capacity; i++) {
                    assertThat(map.delete("k" + i)).isEqualTo(DeleteOutcome.DELETED_ARMED);
                }
            }
            assertThat(map.stats().references()).isZero(); // although commands are left for the next wake-up
            process.settle();
            assertThat(map.stats().references()).isZero();
            assertThat(kernel.timers()).isZero();
            process.pass(SECOND.multipliedBy(2));
            assertThat(process.fired).isEmpty();
        }
    }

    /** Another thread is about to free the only record: the start waits for that, and is not rejected. */
    @Test
    void start_waitsForARecordThatIsBeingFreed() throws Exception {
        CountDownLatch freeing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            for (int i = 0; i < kernel.capacity; i++) {
                map.start("k" + i, Duration.ofHours(1));
            }
            map.delete("k0");
            Thread other = new Thread(() -> map.start("k1", SECOND)); // carries out what the deletion has left as well
            kernel.step = () -> {
                if (Thread.currentThread() == other) {
                    freeing.countDown();
                    await().until(() -> goOn.getCount() == 0);
                }
            };
            FutureTask<StartOutcome> start = new FutureTask<>(() -> map.start("new", Duration.ofHours(1)));
            Thread starter = new Thread(start);
            try {
                other.start();
                freeing.await();
                starter.start();
                await().until(() -> start.isDone() || starter.getState() == Thread.State.WAITING);
            } finally {
                goOn.countDown();
                other.join();
            }
            assertThat(start.get()).isEqualTo(StartOutcome.STARTED);
        }
    }

    /** REJECTED says why in the counters: no room, or no memory in the kernel. */
    @Test
    void rejectedStarts_areCountedByReason() {
        try (SimulatedApplication process = new SimulatedApplication(
                        kernel, ticker, new KernelOptions(KernelOptions.Fallback.FAIL, false), false)
                .start()) {
            TimerSlots<String> map = process.timers("t");
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            assertThat(map.start("refused", SECOND)).isEqualTo(StartOutcome.REJECTED);
            kernel.memory = index -> 0;
            for (int i = 0; i < kernel.capacity; i++) {
                assertThat(map.start("k" + i, SECOND)).isEqualTo(StartOutcome.STARTED);
            }
            assertThat(map.start("more", SECOND)).isEqualTo(StartOutcome.REJECTED);
            assertThat(map.start("more", SECOND)).isEqualTo(StartOutcome.REJECTED);
            assertThat(process.backend.report().details())
                    .containsEntry("rejectedByKernel", 1L)
                    .containsEntry("rejectedNoRoom", 2L);
        }
    }

    @Test
    void keyTooLong_isRefusedWithValueAndRule_andLeavesNothing() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            String key = "k".repeat(33);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> map.start(key, SECOND))
                    .withMessageContaining("at most 32 bytes")
                    .withMessageContaining("has 33")
                    .withMessageContaining(key);
            assertThatIllegalArgumentException().isThrownBy(() -> map.start("\ud800", SECOND));
            assertThat(map.find(key)).isEmpty();
            assertThat(kernel.timers()).isZero();
            assertThat(process.backend.report().details().get("slots")).isEqualTo(0);
        }
    }

    @Test
    void unknownKeyType_isRefusedWhenTheMapIsRegistered() {
        try (SimulatedApplication process = process().start()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> process.registry.register(TimerMapSpec.named("t", Thread.class)
                            .callback((key, firing) -> {})
                            .build()))
                    .withMessageContaining("java.lang.Thread")
                    .withMessageContaining(SlotKeyCodec.class.getName());
        }
    }

    @Test
    void batchOfStarts_isOneRunOfCommands() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            List<String> keys = IntStream.range(0, 60).mapToObj(i -> "k" + i).toList();
            map.startAll(keys, SECOND);
            assertThat(kernel.runs).isEqualTo(1);
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactlyInAnyOrderElementsOf(new ArrayList<Object>(keys));
        }
    }

    @Test
    void work_goesThroughTheKernel() {
        try (SimulatedApplication process = process().start()) {
            WorkSlots<String> map = process.works("w");
            assertThat(map.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
            assertThat(map.submit("a")).isEqualTo(SubmitOutcome.COALESCED);
            assertThat(kernel.works()).isEqualTo(1);
            process.settle();
            assertThat(process.firedKeys()).containsExactly("a");
            assertThat(map.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
            process.settle();
            assertThat(process.fired).hasSize(2);
            assertThat(map.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
            assertThat(map.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
            process.settle();
            assertThat(map.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
            process.settle();
            assertThat(process.fired).hasSize(3);
        }
    }

    @Test
    void workRestartedWithADelay_waits() {
        try (SimulatedApplication process = process().start()) {
            process.callback = firing -> {
                if (process.fired.size() < 3) {
                    firing.restart(SECOND);
                }
            };
            WorkSlots<String> map = process.works("w");
            map.submit("a");
            process.settle();
            assertThat(process.fired).hasSize(1);
            process.pass(SECOND.multipliedBy(5));
            assertThat(process.fired).hasSize(3);
        }
    }

    @Test
    void fullRing_delaysAndLosesNothing() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            kernel.ringCapacity = 3;
            for (int i = 0; i < 20; i++) {
                map.start("k" + i, SECOND);
            }
            ticker.advance(SECOND);
            kernel.tick();
            assertThat(kernel.waitingEvents()).isEqualTo(3);
            process.pass(SECOND);
            assertThat(process.fired).hasSize(20);
            assertThat((long) process.backend.report().details().get("ringFull"))
                    .isPositive();
        }
    }

    @Test
    void doubledAndStaleEvents_doNothing() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            for (int i = 0; i < 10; i++) {
                map.start("k" + i, SECOND.multipliedBy(1 + i % 2));
            }
            ticker.advance(SECOND);
            kernel.tick();
            kernel.doubleEvents();
            process.settle();
            assertThat(process.fired).hasSize(5);
            kernel.doubleEvents();
            process.pass(SECOND);
            kernel.doubleEvents();
            process.pass(SECOND);
            assertThat(process.fired).hasSize(10);
        }
    }

    @Test
    void refusingExecutor_getsItAgain() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            map.start("a", SECOND);
            map.start("b", SECOND);
            process.full = true;
            process.pass(SECOND.plusMillis(10));
            assertThat(process.fired).isEmpty();
            assertThat(map.stats().deferred()).isPositive();
            process.full = false;
            process.pass(Duration.ofMillis(40)); // the longest back-off
            assertThat(process.firedKeys()).containsExactly("a", "b");
            assertThat(map.stats().references()).isEqualTo(2);
        }
    }

    @Test
    void stoppedBackend_keepsWhatIsDue() throws InterruptedException {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            map.start("a", SECOND);
            process.registry.stop(Duration.ZERO);
            process.pass(SECOND.multipliedBy(2));
            assertThat(process.fired).isEmpty();
            process.start();
            process.settle();
            assertThat(process.firedKeys()).containsExactly("a");
        }
    }

    @Test
    void refusedByTheKernel_isMeasuredHereUntilItIsTaken() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            for (int i = 0; i < 10; i++) {
                map.start("k" + i, SECOND.multipliedBy(i + 1));
            }
            assertThat(process.backend.fallbacks()).isEqualTo(10);
            assertThat(map.stats().fallbacks()).isEqualTo(10);
            assertThat(process.backend.report().reasons())
                    .containsExactly("10 slots are measured in this JVM, because the kernel refused them");
            SlotSnapshot.Measure refused = map.find("k9").orElseThrow().measure();
            assertThat(refused).isNotNull();
            assertThat(refused.by()).isEqualTo("jvm");
            process.pass(SECOND.multipliedBy(3));
            assertThat(process.firedKeys()).containsExactly("k0", "k1", "k2");
            assertThat(kernel.timers()).isZero();
            kernel.memory = index -> 0;
            process.pass(SECOND);
            SlotSnapshot.Measure taken = map.find("k9").orElseThrow().measure();
            assertThat(taken).isNotNull();
            assertThat(taken.by()).isEqualTo("kernel");
            assertThat(taken.references()).isEqualTo(1);
            assertThat(kernel.timers()).isEqualTo(7); // k3 was taken too, and fired
            process.pass(SECOND.multipliedBy(20));
            assertThat(process.fired).hasSize(10);
            assertThat(process.backend.report().details().get("fallbacksNow")).isEqualTo(0);
            assertThat(process.backend.report().reasons()).isEmpty();
        }
    }

    /** What is to come on one clock may be over on the other: a timer that is set to it fires again and again. */
    @Test
    void recordThatSaysAnotherClockThanItsTimerHas_afterASuspend_holdsNoCpu() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.registry.register(
                    process.spec("t").clock(SlotClock.BOOTTIME).build());
            map.start("a", SECOND);
            Layout.BYTE.set(
                    kernel.control, Layout.controlAt(0) + Layout.CONTROL_CLOCK, (byte) SlotClock.MONOTONIC.ordinal());
            ticker.suspend(SECOND.multipliedBy(100));
            kernel.tick(); // fails when a timer is set to what is over
            process.pass(SECOND.multipliedBy(200));
            assertThat(process.firedKeys()).containsExactly("a");
        }
    }

    /** What the engine remembers of a refused slot goes with it, however far its deadline was. */
    @Test
    void refusedSlotsThatAreGone_leaveNothing() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            for (int i = 0; i < 10; i++) {
                map.start("stays" + i, SECOND.multipliedBy(3_600));
            }
            for (int i = 0; i < 5_000; i++) {
                map.start("goes" + i % 7, SECOND.multipliedBy(3_600));
                map.start("goes" + i % 7, SECOND.multipliedBy(1_800));
                map.delete("goes" + i % 7);
            }
            process.settle();
            assertThat(process.backend.engine().held()).isEqualTo(2 * 10);
            assertThat(process.backend.report().details().get("fallbacksNow")).isEqualTo(10);
        }
    }

    @Test
    void refusedByTheKernel_isNotAskedForEachSlot() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            map.start("a", SECOND);
            int commands = kernel.commandsRun;
            for (int i = 0; i < 30; i++) {
                map.start("k" + i, SECOND);
            }
            assertThat(kernel.commandsRun).isEqualTo(commands);
            process.pass(SECOND);
            assertThat(process.fired).hasSize(31);
            assertThat(kernel.commandsRun).isLessThan(commands + 31 * KernelGuard.TRIAL);
        }
    }

    @Test
    void refusedByTheKernel_isSeenInTheRegistryOfCircuitBreakers() {
        CircuitBreakerRegistry breakers = CircuitBreakerRegistry.ofDefaults();
        List<String> states = new ArrayList<>();
        breakers.getEventPublisher()
                .onEntryAdded(added -> added.getAddedEntry()
                        .getEventPublisher()
                        .onStateTransition(event -> states.add(event.getCircuitBreakerName() + " "
                                + event.getStateTransition().getToState())));
        KernelBackend backend = KernelBackend.manual(kernel.attach(false), KernelOptions.defaults(), breakers);
        try (AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(backend)
                .ticker(ticker)
                .build()) {
            registry.start();
            TimerSlots<String> map = registry.register(TimerMapSpec.named("t", String.class)
                    .callback((key, firing) -> {})
                    .build());
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            map.start("a", SECOND);
            assertThat(states).containsExactly("asyncslot-kernel OPEN");
            assertThat(breakers.circuitBreaker("asyncslot-kernel").getState()).isEqualTo(CircuitBreaker.State.OPEN);
            kernel.memory = index -> 0;
            ticker.advance(KernelGuard.PAUSE.plusMillis(1));
            backend.pump();
            assertThat(states)
                    .containsExactly("asyncslot-kernel OPEN", "asyncslot-kernel HALF_OPEN", "asyncslot-kernel CLOSED");
        }
    }

    /** A clock throws between the guard's permission for a trial and the command that it was for. */
    @Test
    void trialThatFailsBeforeItsCommand_isNotTheLast() {
        boolean[] failing = {false};
        Ticker seen = new Ticker() {
            @Override
            public long monotonicNanos() {
                boolean measures = failing[0]
                        && StackWalker.getInstance()
                                .walk(frames -> frames.anyMatch(
                                        frame -> frame.getClassName().endsWith(".KernelTimers")
                                                && frame.getMethodName().equals("start")));
                if (measures) {
                    failing[0] = false;
                    throw new IllegalStateException("a clock fails");
                }
                return ticker.monotonicNanos();
            }

            @Override
            public long boottimeNanos() {
                return ticker.boottimeNanos();
            }

            @Override
            public long realtimeNanos() {
                return ticker.realtimeNanos();
            }
        };
        try (SimulatedApplication process =
                new SimulatedApplication(kernel, ticker, seen, KernelOptions.defaults(), false, firing -> {})) {
            WorkSlots<String> map = process.works("w");
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            map.submit("a");
            assertThat(process.backend.report().details()).containsEntry("circuitBreaker", "OPEN");
            kernel.memory = index -> 0;
            ticker.advance(KernelGuard.PAUSE.plusMillis(1));
            failing[0] = true;
            assertThatThrownBy(process.backend::pump).hasMessage("a clock fails");
            for (int i = 0; i < 5; i++) {
                ticker.advance(KernelGuard.PAUSE.plusMillis(1));
                process.backend.pump();
            }
            assertThat(process.backend.report().details()).containsEntry("circuitBreaker", "CLOSED");
            assertThat(kernel.works()).isEqualTo(1);
        }
    }

    @Test
    void retry_isDeliveredAgainByTheKernel() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            process.callback = firing -> {
                if (firing.attempt() < 3) {
                    assertThat(firing.retry(SECOND)).isEqualTo(RetryOutcome.SCHEDULED);
                }
            };
            map.start("a", SECOND);
            long generation = map.find("a").orElseThrow().generation();
            process.pass(SECOND.multipliedBy(5));
            assertThat(process.fired)
                    .extracting(SimulatedApplication.Fired::attempt)
                    .containsExactly(1, 2, 3);
            assertThat(process.fired)
                    .extracting(SimulatedApplication.Fired::generation)
                    .containsOnly(generation);
            assertThat(process.fired).allMatch(fired -> fired.lateMicros() >= 0);
            assertThat(map.stats().references()).isEqualTo(map.stats().slots());
        }
    }

    @Test
    void retryPendingAtACrash_goesOnWithItsNextAttempt() {
        SimulatedKernel image;
        SimulatedApplication first = new SimulatedApplication(kernel, ticker).start();
        TimerSlots<String> map = first.timers("t");
        first.callback = firing -> firing.retry(SECOND.multipliedBy(3));
        map.start("a", SECOND);
        first.pass(SECOND.multipliedBy(2));
        assertThat(first.fired).hasSize(1);
        image = kernel.image();
        try (SimulatedApplication second = new SimulatedApplication(image, ticker)) {
            second.timers("t");
            second.start();
            second.pass(SECOND.multipliedBy(5));
            assertThat(second.fired).hasSize(1);
            assertThat(second.fired.get(0).attempt()).isEqualTo(2);
            assertThat(second.fired.get(0).generation())
                    .isEqualTo(first.fired.get(0).generation());
        }
    }

    @Test
    void refusedByTheKernel_isRejectedWhereThatIsAskedFor() {
        KernelOptions fail = new KernelOptions(KernelOptions.Fallback.FAIL, false);
        try (SimulatedApplication process = new SimulatedApplication(kernel, ticker, fail, false).start()) {
            TimerSlots<String> map = process.timers("t");
            assertThat(map.start("a", SECOND)).isEqualTo(StartOutcome.STARTED);
            kernel.memory = index -> -SimulatedKernel.ENOMEM;
            assertThat(map.start("b", SECOND)).isEqualTo(StartOutcome.REJECTED);
            assertThat(map.find("b")).isEmpty();
            assertThat(map.start("a", SECOND)).isEqualTo(StartOutcome.REARMED);
            kernel.memory = index -> 0;
            assertThat(map.start("b", SECOND)).isEqualTo(StartOutcome.STARTED);
            process.pass(SECOND);
            assertThat(process.firedKeys()).containsExactlyInAnyOrder("a", "b");
        }
    }

    @Test
    void failingCall_losesNothing() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            kernel.failingRuns = 3;
            for (int i = 0; i < 10; i++) {
                map.start("k" + i, SECOND);
            }
            process.pass(SECOND);
            assertThat(process.fired).hasSize(10);
        }
    }

    @Test
    void wallClockSetForth_firesWhatItPasses_andSetBackWaits() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.registry.register(
                    process.spec("t").clock(SlotClock.REALTIME).build());
            map.startAt("a", WALL.plusSeconds(3_600));
            map.startAt("b", WALL.plusSeconds(7_200));
            process.pass(SECOND);
            ticker.setWallClock(WALL.plusSeconds(3_600));
            process.pass(SECOND.multipliedBy(2));
            assertThat(process.firedKeys()).containsExactly("a");
            ticker.setWallClock(WALL);
            process.pass(Duration.ofSeconds(7_100));
            assertThat(process.fired).hasSize(1);
            process.pass(Duration.ofSeconds(101));
            assertThat(process.firedKeys()).containsExactly("a", "b");
        }
    }

    @Test
    void periodic_firesOnItsGrid() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map =
                    process.registry.register(process.spec("t").every(SECOND).build());
            map.start("a");
            process.pass(SECOND.multipliedBy(10));
            assertThat(process.fired).hasSize(10).allMatch(fired -> fired.lateMicros() == 0);
            assertThat(map.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
            process.pass(SECOND.multipliedBy(10));
            assertThat(process.fired).hasSize(10);
        }
    }

    /** However long the executor takes: the slot is in its hands, and no event is missing. */
    @Test
    void whatWaitsInTheExecutor_isNotFoundOverdue() {
        try (SimulatedApplication process = process().start()) {
            TimerSlots<String> map = process.timers("t");
            map.start("a", SECOND);
            for (int i = 0; i < 10; i++) {
                ticker.advance(SECOND);
                process.backend.pump();
            }
            assertThat(process.tasks)
                    .as("besides a probe, which tells whether the executor has lost it")
                    .filteredOn(task -> task instanceof ControlBlock<?>)
                    .hasSize(1);
            process.settle();
            assertThat(process.firedKeys()).containsExactly("a");
            assertThat(map.stats().references()).isEqualTo(1);
            assertThat(process.backend.report().details())
                    .containsEntry("overdueFound", 0L)
                    .containsEntry("inFlight", 0L);
        }
    }

    @Test
    void close_freesAllInTheKernel() {
        SimulatedApplication process = process().start();
        TimerSlots<String> map = process.timers("t");
        for (int i = 0; i < 10; i++) {
            map.start("k" + i, SECOND);
        }
        process.works("w").submit("x");
        process.close();
        assertThat(kernel.timers()).isZero();
        assertThat(kernel.works()).isZero();
    }
}
