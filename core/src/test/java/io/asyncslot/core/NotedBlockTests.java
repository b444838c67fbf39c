package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.SlotCause;
import io.asyncslot.SlotCause.Type;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.SlotSnapshot;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TimerSlots;
import io.asyncslot.WhenIdle;
import io.asyncslot.fixture.ManualTicker;
import io.asyncslot.fixture.Race;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a slot notes in itself, and when a history is made. */
class NotedBlockTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final SlotCause CAUSE = new SlotCause(Type.RETRY, "7");
    private static final SlotCause OTHER = new SlotCause(Type.RETRY, "8");

    private final AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(Runnable::run).build();
    private TimerSlots<String> slots = map(WhenIdle.KEEP);

    @BeforeEach
    void start() {
        registry.start();
    }

    @AfterEach
    void close() {
        registry.close();
    }

    private TimerSlots<String> map(WhenIdle whenIdle) {
        return registry.register(TimerMapSpec.named("map" + registry.maps().size(), String.class)
                .historySize(8)
                .whenIdle(whenIdle)
                .callback((key, firing) -> {})
                .build());
    }

    private SlotDetails<String> details(String key) {
        return ((LocalSlots<String>) slots).lookUp(key).details();
    }

    private static List<String> shown(Optional<SlotSnapshot> slot) {
        return slot.orElseThrow().history().stream()
                .map(event -> event.kind() + " x" + event.count() + " " + event.detail() + " "
                        + (event.cause() == null ? "" : event.cause().name()))
                .toList();
    }

    private List<String> shown() {
        return shown(slots.find("key"));
    }

    @Test
    void startAndRearms_areNotedInTheSlot_andMakeNothing() {
        CAUSE.during(() -> slots.start("key", HOUR));
        for (int i = 0; i < 1_000; i++) {
            OTHER.during(() -> slots.start("key", HOUR));
        }
        assertThat(details("key")).isNull();
        assertThat(shown()).containsExactly("STARTED x1 PT1H 7", "REARMED x1000 PT1H 8");
    }

    @Test
    void start_keepsItsTime_whateverRearmsFollow() {
        ManualTicker ticker = new ManualTicker();
        try (AsyncSlotRegistry other = manual(ticker)) {
            TimerSlots<String> timers = other.register(TimerMapSpec.named("kept", String.class)
                    .historySize(8)
                    .callback((key, firing) -> {})
                    .build());
            timers.start("key", HOUR);
            Instant made = timers.find("key").orElseThrow().history().get(0).time();
            for (int i = 0; i < 1_000; i++) {
                ticker.advance(Duration.ofMillis(7));
                timers.start("key", HOUR);
            }
            assertThat(timers.find("key").orElseThrow().history().get(0).time())
                    .isBetween(made.minusMillis(2), made.plusMillis(2)); // kept in milliseconds
        }
    }

    /** Two clocks are never read at the same moment: here the wall clock is a little further at each reading. */
    @Test
    void events_keepTheirTimes_howeverOftenTheyAreLookedAt() {
        ManualTicker ticker = new ManualTicker();
        AtomicLong readings = new AtomicLong();
        Ticker jittering = new Ticker() {
            @Override
            public long monotonicNanos() {
                return ticker.monotonicNanos();
            }

            @Override
            public long boottimeNanos() {
                return ticker.boottimeNanos();
            }

            @Override
            public long realtimeNanos() {
                return ticker.realtimeNanos() + readings.incrementAndGet() * 1_700;
            }
        };
        try (AsyncSlotRegistry other = manual(jittering)) {
            TimerSlots<String> timers = other.register(TimerMapSpec.named("same", String.class)
                    .historySize(8)
                    .callback((key, firing) -> {})
                    .build());
            Duration odd = Duration.ofDays(90).plusNanos(123_456_789);
            ticker.advance(Duration.ofNanos(5_432_100));
            timers.start("key", odd);
            List<SlotEvent> first = history(timers);
            ticker.advance(Duration.ofNanos(1_234_567));
            assertThat(history(timers)).isEqualTo(first);

            timers.touch("key", odd);
            List<SlotEvent> second = history(timers);
            ticker.advance(Duration.ofMillis(300));
            assertThat(history(timers)).isEqualTo(second);
            assertThat(second.get(0).time()).isEqualTo(first.get(0).time());

            timers.cancel("key");
            List<SlotEvent> third = timers.findDeparted("key").orElseThrow().history();
            ticker.advance(HOUR);
            assertThat(timers.findDeparted("key").orElseThrow().history()).isEqualTo(third);
            assertThat(third.subList(0, 2)).isEqualTo(second);
        }
    }

    @Test
    void wallClockThatIsSet_movesNothingThatWasShown_andShowsWhatComesAfterwards() {
        ManualTicker ticker = new ManualTicker();
        try (AsyncSlotRegistry other = manual(ticker)) {
            TimerSlots<String> timers = other.register(TimerMapSpec.named("set", String.class)
                    .historySize(8)
                    .callback((key, firing) -> {})
                    .build());
            timers.start("key", HOUR);
            List<SlotEvent> before = history(timers);
            ticker.advance(Duration.ofMinutes(1));
            ticker.setWall(Duration.ofDays(1));
            ticker.advance(Duration.ofMinutes(1));
            timers.touch("key", HOUR);
            Instant touched = Instant.ofEpochSecond(0, ticker.realtimeNanos());
            ticker.advance(Duration.ofMinutes(1));
            List<SlotEvent> after = history(timers);
            assertThat(after.get(0)).isEqualTo(before.get(0));
            assertThat(after.get(1).time()).isEqualTo(touched);
            ticker.setWall(Duration.ofDays(-2));
            assertThat(history(timers)).isEqualTo(after);
        }
    }

    private static List<SlotEvent> history(TimerSlots<String> timers) {
        return timers.find("key").orElseThrow().history();
    }

    private static AsyncSlotRegistry manual(Ticker ticker) {
        return new AsyncSlotRegistryBuilder(Runnable::run)
                .backend(JvmBackend.manual())
                .ticker(ticker)
                .build();
    }

    @Test
    void startAndTouches_areNotedInTheSlot_andMakeNothing() {
        slots.start("key", HOUR);
        for (int i = 0; i < 1_000; i++) {
            CAUSE.during(() -> slots.touch("key", HOUR));
        }
        assertThat(details("key")).isNull();
        assertThat(shown()).containsExactly("STARTED x1 PT1H ", "MOVED x1000 PT1H 7");
    }

    @Test
    void rearmWithAnotherSpan_isShownWithIt_andTheFirstSpanIsForgotten() {
        slots.start("key", HOUR);
        slots.start("key", HOUR.multipliedBy(2));
        assertThat(shown()).containsExactly("STARTED x1 null ", "REARMED x1 PT2H ");
        slots.start("key", HOUR);
        assertThat(shown()).containsExactly("STARTED x1 null ", "REARMED x2 PT1H ");
    }

    @Test
    void whatIsCounted_comesBeforeWhatHappensNext() {
        slots.start("key", HOUR);
        slots.start("key", HOUR);
        slots.start("key", HOUR);
        CAUSE.during(() -> slots.pause("key"));
        slots.resume("key");
        slots.touch("key", HOUR);
        OTHER.during(() -> slots.cancel("key"));
        assertThat(shown())
                .containsExactly(
                        "STARTED x1 PT1H ",
                        "REARMED x2 PT1H ",
                        "PAUSED x1 null 7",
                        "RESUMED x1 null ",
                        "MOVED x1 PT1H ",
                        "CANCELLED x1 null 8");
        List<SlotEvent> events = slots.find("key").orElseThrow().history();
        assertThat(events).extracting(SlotEvent::time).isSorted();
    }

    @Test
    void rearmsAndTouchesInTurns_areAnEntryEach() {
        slots.start("key", HOUR);
        for (int i = 0; i < 500; i++) {
            slots.start("key", HOUR);
            slots.touch("key", HOUR);
        }
        slots.start("key", HOUR);
        assertThat(shown()).containsExactly("STARTED x1 PT1H ", "MOVED x500 PT1H ", "REARMED x501 PT1H ");
    }

    @Test
    void rearms_areCountedByTheGeneration_toTheMost() {
        slots.start("key", HOUR);
        for (int i = 0; i < History.MOST - 1; i++) {
            slots.start("key", HOUR);
        }
        assertThat(shown()).element(1).isEqualTo("REARMED x" + (History.MOST - 1) + " PT1H ");
        for (int i = 0; i < 20_000; i++) { // the mark comes round more than once
            slots.start("key", HOUR);
            if (i % 1_000 == 0) {
                assertThat(shown()).element(1).isEqualTo("REARMED x" + History.MOST + " PT1H ");
            }
        }
    }

    @Test
    void freedWithoutAHistory_isShownAsItWas_untilItWasFreed() {
        slots = map(WhenIdle.FREE);
        slots.start("key", HOUR);
        slots.start("key", HOUR);
        CAUSE.during(() -> slots.cancel("key"));
        assertThat(slots.find("key")).isEmpty();
        assertThat(shown(slots.findDeparted("key")))
                .containsExactly("STARTED x1 PT1H ", "REARMED x1 PT1H ", "CANCELLED x1 null 7");
        slots.start("other", HOUR);
        OTHER.during(() -> slots.delete("other"));
        assertThat(shown(slots.findDeparted("other"))).containsExactly("STARTED x1 PT1H ", "DELETED x1 null 8");
        assertThat(slots.findDeparted("other").orElseThrow().history())
                .extracting(SlotEvent::time)
                .isSorted();
    }

    /** Threads that arm one slot anew at once: none is counted twice, and once they are counted none is lost. */
    @Test
    void rearmedByThreads_allAreCounted() throws InterruptedException {
        int each = 1_000;
        for (int round = 0; round < 20; round++) {
            String key = "key" + round;
            slots.start(key, HOUR);
            slots.start(key, HOUR); // the count has begun
            List<Thread> threads = List.of(rearmer(key, each), rearmer(key, each), toucher(key + "moved", each));
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(shown(slots.find(key))).element(1).isEqualTo("REARMED x" + (2 * each + 1) + " PT1H ");
        }
    }

    @Test
    void touchedByThreads_allAreCounted() throws InterruptedException {
        int each = 1_000;
        slots.start("key", HOUR);
        for (Thread thread : List.of(toucher("key", each), toucher("key", each))) {
            thread.join();
        }
        assertThat(shown()).element(1).isEqualTo("MOVED x" + 2 * each + " PT1H ");
    }

    /** Readers see what is counted in the slot or in the history, never in neither and never in both. */
    @Test
    void readWhileWhatIsCountedGoesToTheHistory_isSeenOnce() throws InterruptedException {
        slots.start("key", HOUR);
        Thread writer = Race.thread(() -> {
            for (int i = 0; i < 1_000; i++) {
                slots.start("key", HOUR);
                slots.touch("key", HOUR);
            }
        });
        int last = 0;
        while (writer.isAlive()) {
            int now = slots.find("key").orElseThrow().history().stream()
                    .mapToInt(SlotEvent::count)
                    .sum();
            assertThat(now).isBetween(Math.max(1, last - 1), 2_001); // one may be on its way
            last = Math.max(last, now);
        }
        assertThat(shown()).containsExactly("STARTED x1 PT1H ", "REARMED x1000 PT1H ", "MOVED x1000 PT1H ");
    }

    /** A run notes that it has begun after the step that begins it: its key may be armed anew between the two. */
    @Test
    void rearmedAfterTheRunBegan_beforeThatIsNoted_countsOnce() {
        slots.start("key", HOUR);
        slots.start("key", HOUR);
        NotedBlock<String> block = block("key");
        block.happened(Kind.FIRED, 0, 0, 0, null, -1, block.generation() - 2);
        assertThat(shown()).element(1).isEqualTo("REARMED x1 PT1H ");
    }

    @Test
    void startForMonths_isShownWhenItWas_notWhenItsRoundedSpanSays() {
        ManualTicker ticker = new ManualTicker();
        try (AsyncSlotRegistry other = manual(ticker)) {
            TimerSlots<String> timers = other.register(TimerMapSpec.named("months", String.class)
                    .historySize(8)
                    .callback((key, firing) -> {})
                    .build());
            Instant now = Instant.ofEpochSecond(0, ticker.realtimeNanos());
            timers.start("key", Duration.ofDays(90).plusMillis(990)); // kept in seconds
            assertThat(timers.find("key").orElseThrow().history().get(0).time())
                    .isBetween(now.minusMillis(100), now.plusMillis(100));
        }
    }

    /** Who has armed the slot notes that after the step, and may come when the slot is gone. */
    @Test
    void notedAfterTheEnd_leavesTheEndInSight() {
        ManualTicker ticker = new ManualTicker();
        try (AsyncSlotRegistry other = manual(ticker)) {
            slots = other.register(TimerMapSpec.named("late", String.class)
                    .historySize(8)
                    .callback((key, firing) -> {})
                    .build());
            slots.start("key", HOUR);
            NotedBlock<String> block = block("key");
            ticker.onRead(() -> {
                ticker.onRead(() -> {});
                block.happened(Kind.COALESCED, 0, -1, 0, null, -1, block.generation());
            });
            CAUSE.during(() -> slots.delete("key"));
            assertThat(shown(slots.findDeparted("key"))).last().isEqualTo("DELETED x1 null 7");
        }
    }

    /** However fast others arm the slot. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void readerOfASlotThatIsChangedAtEachLook_comesToAnEnd() {
        slots.start("key", HOUR);
        NotedBlock<String> block = block("key");
        List<SlotEvent> events = block.events(
                0,
                -1,
                at -> {
                    slots.touch("key", HOUR);
                    slots.start("key", HOUR);
                    return Instant.EPOCH;
                },
                number -> null);
        assertThat(events).extracting(SlotEvent::kind).contains(Kind.STARTED, Kind.REARMED);
    }

    /** What was counted may go to the history, and make it, while a reader looks. */
    @Test
    void readWhileTheHistoryIsMade_isSeenOnce() {
        slots.start("key", HOUR);
        slots.start("key", HOUR);
        boolean[] first = {true};
        List<SlotEvent> events = block("key")
                .events(
                        0,
                        -1,
                        at -> {
                            if (first[0]) {
                                first[0] = false;
                                slots.pause("key");
                            }
                            return Instant.EPOCH;
                        },
                        number -> null);
        assertThat(events).extracting(SlotEvent::kind).containsExactly(Kind.STARTED, Kind.REARMED, Kind.PAUSED);
    }

    private NotedBlock<String> block(String key) {
        return (NotedBlock<String>) ((LocalSlots<String>) slots).lookUp(key);
    }

    private Thread rearmer(String key, int times) {
        return Race.thread(() -> {
            for (int i = 0; i < times; i++) {
                slots.start(key, HOUR);
            }
        });
    }

    private Thread toucher(String key, int times) {
        return Race.thread(() -> {
            for (int i = 0; i < times; i++) {
                slots.touch(key, HOUR);
            }
        });
    }
}
