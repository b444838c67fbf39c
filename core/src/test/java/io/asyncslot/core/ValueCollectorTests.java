package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a slot collects: the order, and that lists which were handed out stay as they are. */
class ValueCollectorTests {

    private static ValueCollector of(int size) {
        ValueCollector collector = new ValueCollector();
        add(collector, 0, size);
        return collector;
    }

    private static void add(ValueCollector collector, int from, int to) {
        for (int i = from; i < to; i++) {
            collector.reserve();
            collector.add(i);
        }
    }

    private static List<Object> numbers(int size) {
        List<Object> numbers = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            numbers.add(i);
        }
        return numbers;
    }

    @Test
    void places_followEachOther_chunkAfterChunk() {
        int chunk = 0;
        int place = 0;
        for (int index = 0; index < 100_000; index++) {
            assertThat(ValueCollector.chunk(index)).isEqualTo(chunk);
            assertThat(ValueCollector.place(index, chunk)).isEqualTo(place);
            if (++place == 4 << chunk) {
                chunk++;
                place = 0;
            }
        }
    }

    @Test
    void list_hasAllInOrder_whateverTheSize() {
        for (int size : new int[] {0, 1, 3, 4, 5, 11, 12, 13, 28, 60, 61, 5_000}) {
            assertThat(of(size).list()).isEqualTo(numbers(size));
        }
    }

    @Test
    void list_staysAsItIs_whenMoreIsAdded() {
        ValueCollector collector = of(5);
        List<Object> before = collector.list();

        add(collector, 5, 500);

        assertThat(before).isEqualTo(numbers(5));
        assertThat(collector.list()).isEqualTo(numbers(500));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> before.get(5));
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> before.add(1));
        assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> before.set(0, 1));
    }

    @Test
    void continued_addsBehindAList_whichStaysAsItIs() {
        ValueList former = of(7).list();

        ValueCollector collector = former.continued();
        add(collector, 7, 100);

        assertThat(former).isEqualTo(numbers(7));
        assertThat(collector.list()).isEqualTo(numbers(100));
    }

    @Test
    void reserve_changesNothingThatIsSeen() {
        ValueCollector collector = of(4);

        collector.reserve();
        collector.reserve();

        assertThat(collector.size()).isEqualTo(4);
        assertThat(collector.list()).isEqualTo(numbers(4));
    }
}
