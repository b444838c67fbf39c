package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.CancelOutcome;
import io.asyncslot.LatePolicy;
import io.asyncslot.RunState;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.FailingLog;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.SlotListener;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The books of a map balance: started = fired + cancelled + deleted while armed + skipped + armed. */
class LedgerTests {

    private static final Duration PERIOD = Duration.ofMillis(10);

    private static void assertBalanced(SlotMapStats stats, long armed) {
        assertThat(stats.armed()).isEqualTo(armed);
        assertThat(stats.started())
                .as("%s", stats)
                .isEqualTo(stats.fired() + stats.cancelled() + stats.deletedArmed() + stats.skipped() + armed);
    }

    /**
     * T1: worker: leaves out a missed period and arms the next one. T2: cancel. T1: counts.
     *
     * <p>What T1 counts follows from what it did, not from what it finds afterwards.
     */
    @Test
    void skip_cancelledAtOnce_isCountedAsStartedAndCancelled() throws Exception {
        AtomicInteger cancelled = new AtomicInteger();
        AtomicInteger early = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(
                    Integer.class,
                    (key, firing) -> {},
                    spec -> spec.every(PERIOD).late(LatePolicy.SKIP).whenIdle(WhenIdle.KEEP));
            for (int round = 0; race.goesOn(round, 20_000, cancelled, early); round++) {
                int key = round & 7;
                boolean late = (round & 8) != 0;
                map.start(key, Duration.ZERO);
                bench.settle();
                bench.advance(PERIOD.multipliedBy(3));
                long generation = map.find(key).orElseThrow().generation();
                race.run(bench.hand::runNext, () -> {
                    CancelOutcome outcome = CancelOutcome.NOT_ARMED;
                    for (int i = 0; i < 1_000 && outcome != CancelOutcome.CANCELLED; i++) {
                        if (map.find(key).orElseThrow().generation() != generation || i == (late ? 999 : 0)) {
                            outcome = map.cancel(key);
                        }
                    }
                });
                if (map.find(key).orElseThrow().generation() != generation) {
                    cancelled.incrementAndGet();
                } else {
                    early.incrementAndGet();
                }
                map.cancel(key);
            }
            assertBalanced(map.stats(), 0);
        }
        Race.reached("cancel after the skip", cancelled.get());
        Race.reached("cancel before the skip", early.get());
    }

    @Test
    void skip_atTheEndOfASchedule_countsNoStart() {
        try (Bench bench = new Bench()) {
            AtomicInteger asked = new AtomicInteger();
            AtomicInteger runs = new AtomicInteger();
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> runs.incrementAndGet(),
                    spec -> spec.schedule(after -> asked.incrementAndGet() > 3 ? null : after.plus(PERIOD))
                            .late(LatePolicy.SKIP));
            map.start("k");
            bench.advanceAndRun(PERIOD);
            bench.advanceAndRun(PERIOD.multipliedBy(5));
            assertThat(map.stats().skipped()).isEqualTo(1);
            assertThat(runs).hasValue(1);
            assertBalanced(map.stats(), 0);
        }
    }

    @Test
    void schedule_thatThrowsAnError_endsTheSeriesNotTheSlot() {
        try (Bench bench = new Bench()) {
            AtomicInteger runs = new AtomicInteger();
            AtomicBoolean broken = new AtomicBoolean();
            TimerSlots<String> map = bench.timers(
                    String.class,
                    (key, firing) -> runs.incrementAndGet(),
                    spec -> spec.schedule(after -> {
                                if (broken.get()) {
                                    throw new AssertionError("no calendar today");
                                }
                                return after.plus(PERIOD);
                            })
                            .whenIdle(WhenIdle.KEEP));
            map.start("k");
            broken.set(true);
            bench.advanceAndRun(PERIOD);
            assertThat(runs).hasValue(1);
            assertThat(map.find("k").orElseThrow().runState()).isEqualTo(RunState.IDLE);
            broken.set(false);
            assertThat(map.start("k")).isEqualTo(StartOutcome.STARTED);
            bench.advanceAndRun(PERIOD);
            assertThat(runs).hasValue(2);
        }
    }

    /** What a user's toString throws must not be taken for a failure of ours. */
    @Test
    void failure_ofAKeyWithoutText_isCountedAndEndsThatRunOnly() {
        record Key(int id) {
            @Override
            public String toString() {
                throw new IllegalStateException("no text");
            }
        }
        try (Bench bench = new Bench()) {
            TimerSlots<Key> map = bench.timers(
                    Key.class,
                    (key, firing) -> {
                        throw new IllegalStateException("failed") {
                            private static final long serialVersionUID = 1L;

                            @Override
                            public String toString() {
                                throw new IllegalStateException("no text either");
                            }
                        };
                    },
                    spec -> spec.historySize(4).whenIdle(WhenIdle.KEEP));
            map.start(new Key(1), Duration.ZERO);
            bench.settle();
            assertThat(map.stats().failed()).isEqualTo(1);
            map.start(new Key(1), Duration.ZERO);
            bench.settle();
            assertThat(map.stats().failed()).isEqualTo(2);
            assertThat(map.find(new Key(1)).orElseThrow().runState()).isEqualTo(RunState.IDLE);
            assertBalanced(map.stats(), 0);
        }
    }

    /** A log and a listener that fail are no failure of the run, and nothing that its executor gets to see. */
    @Test
    void failure_withALogThatFails_isCountedAndToldAndGoesNoFurther() {
        AtomicInteger told = new AtomicInteger();
        AtomicReference<Throwable> escaped = new AtomicReference<>();
        SlotListener listener = new SlotListener() {
            @Override
            public void completed(SlotFiring firing, Duration took, @Nullable Throwable failure) {
                told.addAndGet(failure == null ? 0 : 1);
                throw new IllegalStateException("a listener that fails");
            }
        };
        try (FailingLog log = new FailingLog();
                AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(task -> {
                            try {
                                task.run();
                            } catch (Throwable e) {
                                escaped.set(e);
                            }
                        })
                        .listener(listener)
                        .backend(JvmBackend.manual())
                        .build()) {
            registry.start();
            WorkSlots<String> map = registry.register(WorkMapSpec.named("works", String.class)
                    .callback((key, firing) -> {
                        throw new IllegalStateException("failed");
                    })
                    .build());
            map.submit("k");
            map.submit("k");
            assertThat(escaped).hasValue(null);
            assertThat(map.stats().failed()).isEqualTo(2);
            assertThat(told).hasValue(2);
            assertThat(log.asked())
                    .as("of two failures and two of the listener")
                    .isEqualTo(4);
            assertThat(log.messages())
                    .as("of the listener, and not of the runs")
                    .filteredOn(message -> message.startsWith("a slot listener failed"))
                    .hasSize(2);
            assertBalanced(map.stats(), 0);
            assertThat(map.stats().references()).isZero();
        }
    }

    /**
     * T1: start(k) at capacity 1: takes the place, then makes the slot. T2: start(k): finds no place and no slot.
     *
     * <p>T2 must not be rejected: k gets its slot, so T2 arms it again.
     */
    @Test
    void capacity_twoStartsOfOneAbsentKey_areNeverRejected() throws Exception {
        AtomicInteger rearmed = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> {}, spec -> spec.maxEntries(1));
            for (int round = 0; race.goesOn(round, 30_000); round++) {
                int key = round;
                AtomicReference<StartOutcome> first = new AtomicReference<>();
                AtomicReference<StartOutcome> second = new AtomicReference<>();
                race.run(() -> first.set(map.start(key, PERIOD)), () -> second.set(map.start(key, PERIOD)));
                assertThat(new StartOutcome[] {first.get(), second.get()})
                        .as("round %d", round)
                        .containsExactlyInAnyOrder(StartOutcome.STARTED, StartOutcome.REARMED);
                rearmed.incrementAndGet();
                map.delete(key);
            }
            assertThat(map.stats().rejected()).isZero();
        }
        assertThat(rearmed.get()).isPositive();
    }

    @Test
    void stats_whileOperationsRun_areNeverNegative() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        try (Bench bench = new Bench();
                Race race = new Race()) {
            WorkSlots<Integer> map = bench.works(Integer.class, (key, firing) -> {});
            for (int round = 0; race.goesOn(round, 500); round++) {
                int key = round;
                race.run(
                        () -> {
                            map.submit(key);
                            map.submit(key);
                            bench.hand.runAll();
                            map.delete(key);
                        },
                        () -> {
                            for (int i = 0; i < 20; i++) {
                                map.delete(key);
                                SlotMapStats stats = map.stats();
                                assertThat(stats.slots()).isNotNegative();
                                assertThat(stats.armed()).isNotNegative();
                                assertThat(stats.running()).isNotNegative();
                                assertThat(stats.queued()).isNotNegative();
                                assertThat(stats.references()).isNotNegative();
                                looks.incrementAndGet();
                            }
                        });
                bench.settle();
            }
        }
        assertThat(looks.get()).isPositive();
    }
}
