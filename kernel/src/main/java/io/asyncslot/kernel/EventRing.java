package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The consumer's side of a BPF ring buffer, in shared memory. One thread at a time takes; any may wake it.
 *
 * <p>The kernel writes the producer's position and the records; we write the consumer's position, after each record and
 * with a full fence, and only then look whether there are more: the kernel wakes us only for a record that begins where we
 * stand.
 */
final class EventRing implements AutoCloseable {

    /** So that a poll comes to an end however fast events come. */
    private static final int MAX_TAKEN = 4_096;

    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int RECORD_HEADER_BYTES = 8;
    private static final short POLLIN = 1;
    private static final int POLLFD_BYTES = 8;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long mask;
    private final MemorySegment consumer;
    private final MemorySegment producer;
    private final MemorySegment data;
    private final int wakeFd;

    /** The waiting thread's own: pollfd[2], timespec, errno, and 8 bytes to read into. */
    private final MemorySegment descriptors;

    private final MemorySegment timeout;
    private final MemorySegment state;
    private final MemorySegment drained;
    private final MemorySegment one;

    EventRing(int fd, int ringBytes, Arena arena) {
        long page = SystemCalls.pageSize();
        mask = ringBytes - 1L;
        consumer = SystemCalls.map("events", fd, 0, page, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, arena);
        MemorySegment rest = SystemCalls.map("events", fd, page, page + 2L * ringBytes, SystemCalls.PROT_READ, arena);
        producer = rest.asSlice(0, page);
        data = rest.asSlice(page);
        wakeFd = SystemCalls.eventfd();
        descriptors = arena.allocate(2 * POLLFD_BYTES, 8);
        descriptors.set(ValueLayout.JAVA_INT, 0, fd);
        descriptors.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
        descriptors.set(ValueLayout.JAVA_INT, POLLFD_BYTES, wakeFd);
        descriptors.set(ValueLayout.JAVA_SHORT, POLLFD_BYTES + 4, POLLIN);
        timeout = arena.allocate(16, 8);
        state = Native.state(arena);
        drained = arena.allocate(8, 8);
        one = arena.allocate(8, 8);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
    }

    int poll(KernelPort.EventSink sink, long timeoutNanos) {
        int taken = take(sink);
        if (taken > 0 || timeoutNanos == 0) {
            return taken;
        }
        if (SystemCalls.poll(descriptors, 2, timespec(timeoutNanos), state)) {
            SystemCalls.read8(wakeFd, drained);
            return take(sink);
        }
        return 0;
    }

    private MemorySegment timespec(long nanos) {
        if (nanos < 0) {
            return MemorySegment.NULL;
        }
        timeout.set(ValueLayout.JAVA_LONG, 0, nanos / NANOS_PER_SECOND);
        timeout.set(ValueLayout.JAVA_LONG, 8, nanos % NANOS_PER_SECOND);
        return timeout;
    }

    /** Hands over what is there, up to a record that the kernel still writes. */
    private int take(KernelPort.EventSink sink) {
        int taken = 0;
        long position = (long) Layout.LONG.getAcquire(consumer, 0L);
        while (taken < MAX_TAKEN && position < (long) Layout.LONG.getAcquire(producer, 0L)) {
            long record = position & mask;
            int length = (int) Layout.INT.getAcquire(data, record);
            if ((length & BUSY) != 0) {
                break;
            }
            if ((length & DISCARDED) == 0) {
                long event = record + RECORD_HEADER_BYTES;
                sink.fired(
                        (int) Layout.INT.get(data, event + Layout.EVENT_INDEX),
                        (long) Layout.LONG.get(data, event + Layout.EVENT_WORD),
                        (long) Layout.LONG.get(data, event + Layout.EVENT_FIRED_AT));
                taken++;
            }
            position += (length & ~(BUSY | DISCARDED)) + RECORD_HEADER_BYTES + 7 & ~7;
            Layout.LONG.setVolatile(consumer, 0L, position);
        }
        return taken;
    }

    void wake() {
        SystemCalls.write8(wakeFd, one);
    }

    @Override
    public void close() {
        SystemCalls.close(wakeFd);
    }
}
