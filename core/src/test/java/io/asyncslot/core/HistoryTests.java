package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotCause.Type;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
import io.asyncslot.backend.Micros;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryTests {

    private static final LongFunction<Instant> AS_MILLIS = Instant::ofEpochMilli;
    private static final IntFunction<@Nullable SlotCause> TO_CAUSE =
            number -> number == 0 ? null : new SlotCause(Type.RETRY, String.valueOf(number));
    private static final SlotCause CAUSE = new SlotCause(Type.RETRY, "7");

    @Test
    void entries_ofAnEmptyRing_areNone() {
        assertThat(new History(3).entries(AS_MILLIS, TO_CAUSE)).isEmpty();
    }

    @Test
    void entries_areOldestFirst_withTimeKindAndDetail() {
        History history = new History(3);
        history.add(Kind.STARTED, 1, 50, 7);
        history.add(Kind.CANCELLED, 2, -1, 0);
        assertThat(history.entries(AS_MILLIS, TO_CAUSE))
                .containsExactly(
                        new SlotEvent(Instant.ofEpochMilli(1), Kind.STARTED, Duration.ofNanos(50_000), CAUSE),
                        new SlotEvent(Instant.ofEpochMilli(2), Kind.CANCELLED, null, null));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16, 100, 255, 256})
    void entries_afterManyLaps_areTheLastOnes(int size) {
        History history = new History(size);
        int added = 3 * size + 1;
        for (int i = 0; i < added; i++) {
            history.add(Kind.STARTED, i, i, i & 0x3FF);
        }
        List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
        assertThat(entries).hasSize(size);
        assertThat(entries.get(0).time()).isEqualTo(Instant.ofEpochMilli(added - size));
        assertThat(entries.get(size - 1).time()).isEqualTo(Instant.ofEpochMilli(added - 1));
    }

    @Test
    void entries_everyKindAndTheLongestSpan_comeBack() {
        History history = new History(Kind.values().length);
        for (Kind kind : Kind.values()) {
            history.add(kind, Micros.NEVER - 1, Long.MAX_VALUE, 0x3FF);
        }
        List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
        assertThat(entries).extracting(SlotEvent::kind).containsExactly(Kind.values());
        assertThat(entries).extracting(SlotEvent::time).containsOnly(Instant.ofEpochMilli(Micros.NEVER - 1));
        assertThat(entries).extracting(SlotEvent::detail).containsOnly(Duration.ofSeconds((1 << 30) - 2));
    }

    @Test
    void entries_spans_areExactForMinutes_inMillisForDaysAndInSecondsBeyond() {
        History history = new History(4);
        history.add(Kind.STARTED, 1, Duration.ofMinutes(17).toNanos() / 1_000 + 1, 0);
        history.add(Kind.STARTED, 2, Duration.ofDays(12).toNanos() / 1_000 + 1_001, 0);
        history.add(Kind.STARTED, 3, Duration.ofDays(365).toMillis() * 1_000 + 1, 0);
        history.add(Kind.STARTED, 4, 0, 0);
        assertThat(history.entries(AS_MILLIS, TO_CAUSE))
                .extracting(SlotEvent::detail)
                .containsExactly(
                        Duration.ofMinutes(17).plusNanos(1_000),
                        Duration.ofDays(12).plusMillis(2),
                        Duration.ofDays(365).plusSeconds(1),
                        Duration.ZERO);
    }

    private static List<String> shown(History history) {
        return history.entries(AS_MILLIS, TO_CAUSE).stream()
                .map(event ->
                        event.kind() + " " + event.count() + " @" + event.time().toEpochMilli())
                .toList();
    }

    @Test
    void repeatedRearms_areOneEntry_andWhatCameBeforeStays() {
        History history = new History(8);
        history.add(Kind.STARTED, 1, 50, 0);
        history.add(Kind.CANCELLED, 2, -1, 7);
        history.add(Kind.STARTED, 3, 50, 0);
        for (int i = 4; i < 12; i++) {
            history.add(Kind.REARMED, i, i, 7);
        }
        assertThat(shown(history)).containsExactly("STARTED 1 @1", "CANCELLED 1 @2", "STARTED 1 @3", "REARMED 8 @11");
        assertThat(history.entries(AS_MILLIS, TO_CAUSE).get(3).detail()).isEqualTo(Duration.ofNanos(11_000));
    }

    @Test
    void rearmsAfterSomethingElse_areAnotherEntry() {
        History history = new History(8);
        history.add(Kind.STARTED, 1, 50, 0);
        history.add(Kind.REARMED, 2, 50, 0);
        history.add(Kind.FIRED, 3, 0, 0);
        history.add(Kind.REARMED, 4, 50, 0);
        history.add(Kind.REARMED, 5, 50, 0);
        assertThat(shown(history)).containsExactly("STARTED 1 @1", "REARMED 1 @2", "FIRED 1 @3", "REARMED 2 @5");
    }

    @Test
    void rearmsAndMovesInTurns_areAnEntryEach_theLatestLast() {
        History history = new History(8);
        history.add(Kind.STARTED, 1, 50, 0);
        for (int i = 0; i < 500; i++) {
            history.add(Kind.MOVED, 2 + 2 * i, 50, 0);
            history.add(Kind.REARMED, 3 + 2 * i, 50, 0);
        }
        history.add(Kind.MOVED, 1_002, 50, 0);
        assertThat(shown(history)).containsExactly("STARTED 1 @1", "REARMED 500 @1001", "MOVED 501 @1002");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 100})
    void rearmsOfManyCauses_takeAFewEntries(int causes) {
        History history = new History(8);
        history.add(Kind.STARTED, 1, 50, 0);
        history.add(Kind.CANCELLED, 2, -1, 0);
        history.add(Kind.STARTED, 3, 50, 0);
        for (int i = 0; i < 1_000; i++) {
            history.add(Kind.REARMED, 4 + i, 50, 1 + i % causes);
        }
        List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
        assertThat(entries)
                .hasSize(3 + Math.min(causes, 4))
                .extracting(SlotEvent::kind)
                .contains(Kind.CANCELLED);
        assertThat(entries.stream().skip(3).mapToInt(SlotEvent::count).sum()).isEqualTo(1_000);
        assertThat(entries).last().satisfies(event -> {
            assertThat(event.time()).isEqualTo(Instant.ofEpochMilli(1_003));
            assertThat(event.cause()).isEqualTo(TO_CAUSE.apply(1 + 999 % causes));
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void inASmallRing_theStartIsTheFirstToGo(int size) {
        History history = new History(size);
        history.add(Kind.STARTED, 1, 50, 0);
        for (int i = 0; i < 100; i++) {
            history.add(Kind.REARMED, 2 + i, 50, 1 + i % 3);
        }
        List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
        assertThat(entries.stream()
                        .filter(event -> event.kind() == Kind.REARMED)
                        .mapToInt(SlotEvent::count)
                        .sum())
                .isEqualTo(100);
    }

    @Test
    void theCountEndsAtItsMost() {
        History history = new History(2);
        for (int i = 0; i < History.MOST + 10; i++) {
            history.add(Kind.REARMED, i, 50, 0);
        }
        assertThat(history.entries(AS_MILLIS, TO_CAUSE))
                .singleElement()
                .extracting(SlotEvent::count)
                .isEqualTo(History.MOST);
    }

    /** Threads that re-arm at once: each event is counted once, and none pushes out what came before. */
    @Test
    void foldedByTwoThreads_nothingIsLostBeforeIt() throws InterruptedException {
        int each = History.MOST / 2;
        int twice = 0;
        for (int round = 0; round < 20; round++) {
            History history = new History(8);
            history.add(Kind.CANCELLED, 1, -1, 0);
            List<Thread> threads = List.of(rearmer(history, each), rearmer(history, each));
            for (Thread thread : threads) {
                thread.join();
            }
            List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
            int counted = entries.stream()
                    .filter(event -> event.kind() == Kind.REARMED)
                    .mapToInt(SlotEvent::count)
                    .sum();
            twice += counted == 2 * each ? 1 : 0;
            assertThat(counted).isLessThanOrEqualTo(2 * each);
            assertThat(entries).first().extracting(SlotEvent::kind).isEqualTo(Kind.CANCELLED);
        }
        assertThat(twice).as("rounds in which all were counted").isPositive();
    }

    private static Thread rearmer(History history, int times) {
        return Race.thread(() -> {
            for (int i = 0; i < times; i++) {
                history.add(Kind.REARMED, 2, 50, 0);
            }
        });
    }

    /**
     * T1: takes a number, writes the head, writes the detail. T2: reads between those steps.
     *
     * <p>The reader leaves the entry out: it never shows head and detail of two entries, nor an old entry as the
     * newest one. In the largest ring an entry is replaced by one whose number has the same low byte.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 256})
    void entries_readWhileWritten_areWholeAndInOrder(int size) {
        History history = new History(size);
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger seen = new AtomicInteger();
        AtomicInteger leftOut = new AtomicInteger();
        Thread writer = Race.thread(() -> {
            for (int i = 1; i < 2_000_000 && !done.get(); i++) {
                history.add(Kind.STARTED, i, i, i & 0x3FF);
            }
            done.set(true);
        });
        while (!done.get()) {
            long last = 0;
            List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
            for (SlotEvent entry : entries) {
                long time = entry.time().toEpochMilli();
                assertThat(entry.detail()).isEqualTo(Micros.toDuration(time));
                assertThat(entry.cause()).isEqualTo(TO_CAUSE.apply((int) time & 0x3FF));
                assertThat(time).isGreaterThan(last);
                last = time;
                seen.incrementAndGet();
            }
            if (entries.size() < size) {
                leftOut.incrementAndGet();
            }
        }
        assertThat(writer).isNotNull();
        Race.reached("an entry read whole", seen.get());
        Race.reached("an entry left out", leftOut.get());
    }
}
