package io.asyncslot.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.RunState;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotFeature;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotLimit;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.SlotValues;
import io.asyncslot.SubmitOutcome;
import io.asyncslot.ValueWorkSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.WorkMapSpec;
import io.asyncslot.WorkSlots;
import io.asyncslot.fixture.Bench;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs of a key begin no sooner after each other than the interval, on clocks that the test moves. */
class MinIntervalTests {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration TEN = Duration.ofSeconds(10);

    private final Bench bench = new Bench();

    /** When runs began, in seconds since the test began, and with what. */
    private final List<String> ran = new ArrayList<>();

    private final long begin = bench.ticker.monotonicNanos();

    @AfterEach
    void close() {
        bench.close();
    }

    private long seconds() {
        return (bench.ticker.monotonicNanos() - begin) / 1_000_000_000L;
    }

    private void note(String key, SlotFiring firing) {
        Object value = firing.value();
        ran.add(key + "@" + seconds() + (value == null ? "" : value));
    }

    private WorkSlots<String> works(UnaryOperator<WorkMapSpec.Builder<String>> more) {
        return bench.works(String.class, this::note, spec -> more.apply(spec.minInterval(TEN)));
    }

    @Test
    void firstSubmitRunsAtOnce_furtherOnesAreOneRunAfterTheInterval() {
        WorkSlots<String> slots = works(spec -> spec);
        assertThat(slots.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
        bench.settle();
        bench.advanceAndRun(SECOND);
        assertThat(slots.submit("a")).isEqualTo(SubmitOutcome.SUBMITTED);
        assertThat(slots.submit("a")).isEqualTo(SubmitOutcome.COALESCED);
        assertThat(slots.submit("b")).isEqualTo(SubmitOutcome.SUBMITTED);
        bench.settle();
        assertThat(ran).containsExactly("a@0", "b@1");
        for (int i = 0; i < 30; i++) {
            bench.advanceAndRun(SECOND);
        }
        assertThat(ran).containsExactly("a@0", "b@1", "a@10");
        slots.submit("a");
        bench.settle();
        assertThat(ran).last().isEqualTo("a@31");
    }

    @Test
    void slotStaysUntilTheIntervalIsOver_andIsFreedThen() {
        WorkSlots<String> slots = works(spec -> spec.maxEntries(2));
        slots.submit("a");
        slots.submit("b");
        bench.settle();
        assertThat(slots.find("a").map(SlotSnapshot::runState)).contains(RunState.IDLE);
        assertThat(slots.submit("c")).isEqualTo(SubmitOutcome.REJECTED);
        assertThat(slots.whenIdle()).isEqualTo(WhenIdle.FREE);
        bench.advanceAndRun(Duration.ofNanos(TEN.toNanos() - 1_000));
        assertThat(slots.stats().slots()).isEqualTo(2);
        bench.advance(Duration.ofNanos(1_000));
        assertThat(slots.submit("c")).isEqualTo(SubmitOutcome.SUBMITTED);
        bench.settle();
        assertThat(slots.find("a")).isEmpty();
        assertThat(slots.stats().slots()).isOne();
        assertThat(ran).containsExactly("a@0", "b@0", "c@10");
    }

    /** Nobody looks and nobody submits: what drives the backend frees them. */
    @Test
    void forgottenSlots_areFreedByTheDriver() {
        WorkSlots<String> slots = works(spec -> spec.historySize(1));
        for (int i = 0; i < 200; i++) {
            slots.submit("key" + i);
        }
        bench.settle();
        List<Object> departed = new ArrayList<>();
        assertThat(slots.scanDeparted(1_000, null, departed::add)).isZero();
        bench.advanceAndRun(TEN.plusSeconds(6));
        assertThat(slots.scanDeparted(1_000, null, departed::add)) // which itself puts nothing away
                .isEqualTo(200);
    }

    @Test
    void cancelWithinTheInterval_takesTheRunAway_andTheIntervalGoesOn() {
        WorkSlots<String> slots = works(spec -> spec);
        slots.submit("a");
        bench.settle();
        slots.submit("a");
        assertThat(slots.cancel("a")).isEqualTo(CancelOutcome.CANCELLED);
        bench.advanceAndRun(SECOND);
        slots.submit("a");
        bench.advanceAndRun(Duration.ofSeconds(8));
        assertThat(ran).containsExactly("a@0");
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("a@0", "a@10");
        slots.submit("fresh");
        assertThat(slots.cancel("fresh")).isEqualTo(CancelOutcome.CANCELLED);
        assertThat(slots.find("fresh"))
                .as("it has never run: there is nothing to wait for")
                .isEmpty();
    }

    @Test
    void deleteEndsTheInterval() {
        WorkSlots<String> slots = works(spec -> spec);
        slots.submit("a");
        bench.settle();
        assertThat(slots.delete("a")).isEqualTo(DeleteOutcome.DELETED);
        slots.submit("a");
        bench.settle();
        assertThat(ran).containsExactly("a@0", "a@0");
    }

    @Test
    void submitDuringARunLongerThanTheInterval_runsWhenThatEnds() {
        List<Long> began = new ArrayList<>();
        WorkSlots<String> slots = bench.works(
                String.class,
                (key, firing) -> {
                    began.add(seconds());
                    if (began.size() == 1) {
                        bench.ticker.advance(Duration.ofSeconds(25));
                        firing.restart(Duration.ZERO);
                    }
                },
                spec -> spec.minInterval(TEN));
        slots.submit("a");
        bench.settle();
        assertThat(began).containsExactly(0L, 25L);
        bench.advanceAndRun(TEN);
        assertThat(slots.find("a")).isEmpty();
    }

    @Test
    void longRunThatEndsAfterItsInterval_leavesNothing() {
        WorkSlots<String> slots = bench.works(
                String.class,
                (key, firing) -> bench.ticker.advance(Duration.ofSeconds(25)),
                spec -> spec.minInterval(TEN));
        slots.submit("a");
        bench.settle();
        assertThat(slots.stats().slots()).isZero();
    }

    @Test
    void retryFollowsItsOwnDelay_andTheNextFiringTheInterval() {
        WorkSlots<String> slots = bench.works(
                String.class,
                (key, firing) -> {
                    note(key, firing);
                    if (firing.attempt() == 1 && ran.size() == 1) {
                        firing.retry(SECOND);
                        throw new IllegalStateException("the first attempt fails");
                    }
                },
                spec -> spec.minInterval(TEN));
        slots.submit("a");
        bench.settle();
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("a@0", "a@1");
        slots.submit("a");
        bench.advanceAndRun(Duration.ofSeconds(9));
        assertThat(ran).hasSize(2);
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("a@0", "a@1", "a@11");
    }

    @Test
    void valueThatComesBeforeARetry_makesAFiringThatKeepsTheInterval() {
        bench.registry.register(WorkMapSpec.named("w", String.class)
                .values(SlotValues.collect(String.class))
                .callback((key, firing) -> {
                    note(key, firing);
                    if (ran.size() == 1) {
                        firing.retry(SECOND);
                        throw new IllegalStateException("the first attempt fails");
                    }
                })
                .minInterval(TEN)
                .build());
        ValueWorkSlots<String, String> slots = bench.registry.works("w", String.class, String.class);
        slots.submit("a", "x");
        bench.settle();
        assertThat(slots.submit("a", "y")).isEqualTo(SubmitOutcome.COALESCED);
        bench.advanceAndRun(Duration.ofSeconds(9));
        assertThat(ran).containsExactly("a@0[x]");
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("a@0[x]", "a@10[x, y]");
    }

    @Test
    void valuesGatherDuringTheInterval_andATakeLeavesTheInterval() {
        bench.registry.register(WorkMapSpec.named("w", String.class)
                .collecting(SlotValues.collect(String.class), (key, values, firing) -> note(key, firing))
                .minInterval(TEN)
                .build());
        ValueWorkSlots<String, String> slots = bench.registry.works("w", String.class, String.class);
        slots.submit("a", "1");
        bench.settle();
        slots.submit("a", "2");
        slots.submit("a", "3");
        assertThat(slots.takeAll("a")).containsExactly("2", "3");
        assertThat(slots.takeAll("a")).isEmpty();
        slots.submit("a", "4");
        slots.submit("a", "5");
        bench.advanceAndRun(Duration.ofSeconds(9));
        assertThat(ran).containsExactly("a@0[1]");
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("a@0[1]", "a@10[4, 5]");
        bench.advanceAndRun(TEN);
        assertThat(slots.find("a")).isEmpty();
        slots.submit("a", "6");
        assertThat(slots.takeAll("a")).containsExactly("6");
        assertThat(slots.find("a")).isEmpty();
    }

    @Test
    void keptSlots_haveTheIntervalToo_andStay() {
        WorkSlots<String> slots = works(spec -> spec.whenIdle(WhenIdle.KEEP));
        slots.submit("a");
        bench.settle();
        slots.submit("a");
        bench.advanceAndRun(Duration.ofSeconds(9));
        assertThat(ran).hasSize(1);
        bench.advanceAndRun(SECOND);
        assertThat(ran).containsExactly("a@0", "a@10");
        bench.advanceAndRun(TEN.multipliedBy(3));
        assertThat(slots.find("a")).isPresent();
    }

    @Test
    void historySaysWhatHeldBack_andUntilWhen() {
        WorkSlots<String> slots = works(spec -> spec.historySize(8));
        slots.submit("a");
        bench.settle();
        bench.advance(SECOND);
        slots.submit("a");
        SlotEvent event = slots.find("a").orElseThrow().history().stream()
                .filter(entry -> entry.kind() == Kind.SUBMITTED && entry.detail() != null)
                .findFirst()
                .orElseThrow();
        assertThat(event.limit()).isEqualTo(SlotLimit.MIN_INTERVAL);
        assertThat(event.detail()).isEqualTo(Duration.ofSeconds(9));
        assertThat(slots.find("a").orElseThrow().history().get(0).limit()).isNull();
    }

    @Test
    void spec_namesTheFeature_andRefusesNothingAtAll() {
        WorkMapSpec<String> spec = WorkMapSpec.named("m", String.class)
                .callback(this::note)
                .minInterval(TEN)
                .build();
        assertThat(spec.minInterval()).isEqualTo(TEN);
        assertThat(spec.features()).containsExactly(SlotFeature.MIN_INTERVAL);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkMapSpec.named("m", String.class).minInterval(Duration.ZERO))
                .withMessageContaining("'minInterval' of map 'm' must be at least one microsecond");
    }
}
