package io.asyncslot.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.fuzz.FuzzInput;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * A ring buffer with anything in it, positions included: what is there is taken once, in order; of what makes no sense the
 * consumer catches up with the producer, and says so.
 */
public final class RingFuzz {

    private static final int RING_BYTES = 4_096;
    private static final int RECORD_BYTES = 8 + Layout.EVENT_BYTES;
    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int MOST_RECORDS = 200;
    private static final int POLLS = 3;

    private static final MethodHandle MEMFD =
            Native.link(Native.standardLibrary(), "memfd_create", Native.INT, Native.POINTER, Native.INT);
    private static final MethodHandle TRUNCATE =
            Native.link(Native.standardLibrary(), "ftruncate", Native.INT, Native.INT, Native.LONG);

    private RingFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        long page = SystemCalls.pageSize();
        long size = 2 * page + 2L * RING_BYTES;
        int fd = memoryFile(size);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory =
                    SystemCalls.map("ring", fd, 0, size, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, arena);
            if (input.number() % 4 == 3) {
                memory.set(ValueLayout.JAVA_LONG, 0, input.longNumber());
            }
            try (EventRing ring = new EventRing(fd, RING_BYTES, arena)) {
                polls(input, ring, memory, memory.asSlice(page), memory.asSlice(2 * page));
            }
        } finally {
            SystemCalls.close(fd);
        }
    }

    /** A file of zeros that is nowhere. */
    private static int memoryFile(long size) {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) MEMFD.invokeExact(arena.allocateFrom("ring"), 0);
            assertThat(fd).isNotNegative();
            assertThat((int) TRUNCATE.invokeExact(fd, size)).isZero();
            return fd;
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private static void polls(
            FuzzInput input, EventRing ring, MemorySegment consumer, MemorySegment producer, MemorySegment data) {
        for (int i = 0; i < POLLS; i++) {
            long from = consumer.get(ValueLayout.JAVA_LONG, 0);
            long to = produce(input, producer, data, from);
            if (input.number() % 8 == 7) {
                consumer.set(ValueLayout.JAVA_LONG, 0, input.longNumber()); // somebody else has
            }
            List<List<Long>> expected = new ArrayList<>();
            long stop = readable(data, from, to, expected);
            List<List<Long>> taken = new ArrayList<>();
            long damages = ring.damages();
            int count = ring.poll((index, word, firedAt) -> taken.add(List.of((long) index, word, firedAt)), 0);
            assertThat(taken).isEqualTo(expected);
            assertThat(count).isEqualTo(taken.size());
            assertThat(consumer.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(stop);
            if (to - from < 0 || to - from > RING_BYTES) {
                assertThat(ring.damages()).isGreaterThan(damages);
            }
        }
    }

    /** Writes records where the consumer stands, of sizes and flags that the input chooses, and a position. */
    private static long produce(FuzzInput input, MemorySegment producer, MemorySegment data, long from) {
        long at = from;
        int records = input.number() % MOST_RECORDS;
        for (int i = 0; i < records; i++) {
            int kind = input.number();
            int length = kind < 200
                    ? Layout.EVENT_BYTES
                    : kind < 220
                            ? Layout.EVENT_BYTES | DISCARDED
                            : kind < 240 ? Layout.EVENT_BYTES | BUSY : (int) input.longNumber();
            put(data, at, length);
            for (int word = 8; word < RECORD_BYTES; word += 4) {
                put(data, at + word, input.number());
            }
            at += RECORD_BYTES;
        }
        long to = input.number() % 8 == 7 ? input.longNumber() & -Long.BYTES : at; // the kernel's, so a multiple of 8
        producer.set(ValueLayout.JAVA_LONG, 0, to);
        return to;
    }

    /** The ring lies in memory twice, so that a record is in one piece. */
    private static void put(MemorySegment data, long position, int value) {
        long at = position & RING_BYTES - 1;
        data.set(ValueLayout.JAVA_INT, at, value);
        data.set(ValueLayout.JAVA_INT, at + RING_BYTES, value);
    }

    /** What there is to take, by the rules of the kernel's ring; answers where the consumer then stands. */
    private static long readable(MemorySegment data, long from, long to, List<List<Long>> events) {
        if (to - from < 0 || to - from > RING_BYTES) {
            return to;
        }
        long at = from;
        while (at != to) {
            if (to - at < 0) {
                return to;
            }
            long record = at & RING_BYTES - 1;
            int length = data.get(ValueLayout.JAVA_INT, record);
            if ((length & BUSY) != 0) {
                return at;
            }
            if ((length & ~DISCARDED) != Layout.EVENT_BYTES) {
                return to;
            }
            if ((length & DISCARDED) == 0) {
                events.add(List.of(
                        (long) data.get(ValueLayout.JAVA_INT, record + 8),
                        data.get(ValueLayout.JAVA_LONG, record + 16),
                        data.get(ValueLayout.JAVA_LONG, record + 24)));
            }
            at += RECORD_BYTES;
        }
        return at;
    }
}
