package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotCause;
import io.asyncslot.SlotCause.Type;
import io.asyncslot.SlotEvent;
import io.asyncslot.SlotEvent.Kind;
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
            history.add(Kind.REARMED, i, i, i & 0xFFFF);
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
            history.add(kind, Micros.NEVER - 1, Long.MAX_VALUE, 0xFFFF);
        }
        List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
        assertThat(entries).extracting(SlotEvent::kind).containsExactly(Kind.values());
        assertThat(entries).extracting(SlotEvent::time).containsOnly(Instant.ofEpochMilli(Micros.NEVER - 1));
        assertThat(entries).extracting(SlotEvent::detail).containsOnly(Duration.ofSeconds(Micros.NEVER / 1_000_000));
    }

    @Test
    void entries_spans_areExactForSixDaysAndInSecondsBeyond() {
        History history = new History(3);
        Duration days = Duration.ofDays(6);
        history.add(Kind.STARTED, 1, days.toNanos() / 1_000 + 1, 0);
        history.add(Kind.STARTED, 2, Duration.ofDays(7).toMillis() * 1_000 + 1, 0);
        history.add(Kind.STARTED, 3, 0, 0);
        assertThat(history.entries(AS_MILLIS, TO_CAUSE))
                .extracting(SlotEvent::detail)
                .containsExactly(days.plusNanos(1_000), Duration.ofDays(7), Duration.ZERO);
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
                history.add(Kind.REARMED, i, i, i & 0xFFFF);
            }
            done.set(true);
        });
        while (!done.get()) {
            long last = 0;
            List<SlotEvent> entries = history.entries(AS_MILLIS, TO_CAUSE);
            for (SlotEvent entry : entries) {
                long time = entry.time().toEpochMilli();
                assertThat(entry.detail()).isEqualTo(Micros.toDuration(time));
                assertThat(entry.cause()).isEqualTo(TO_CAUSE.apply((int) time & 0xFFFF));
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
