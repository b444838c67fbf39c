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
    private static final int POLLED = 3;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long ringBytes;
    private final long mask;
    private final MemorySegment consumer;
    private final MemorySegment producer;
    private final MemorySegment data;
    private final int wakeFd;

    /** Readable when the wall clock was set, negative where there is no such thing; poll passes over it then. */
    private final int wallClockFd;

    /** The waiting thread's own: pollfd[3], timespec, errno, and 8 bytes to read into. */
    private final MemorySegment descriptors;

    private final MemorySegment timeout;
    private final MemorySegment state;
    private final MemorySegment drained;
    private final MemorySegment one;

    /** Where we stand. The waiting thread's own: what the shared memory says is for the kernel, and for others to spoil. */
    private long position;

    /** How often something there was not what the kernel and we make of it. Written by the waiting thread; volatile. */
    private volatile long damages;

    EventRing(int fd, int ringBytes, Arena arena) {
        long page = SystemCalls.pageSize();
        this.ringBytes = ringBytes;
        mask = ringBytes - 1L;
        consumer = SystemCalls.map("events", fd, 0, page, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, arena);
        MemorySegment rest = SystemCalls.map("events", fd, page, page + 2L * ringBytes, SystemCalls.PROT_READ, arena);
        producer = rest.asSlice(0, page);
        data = rest.asSlice(page);
        wakeFd = SystemCalls.eventfd();
        wallClockFd = SystemCalls.wallClockFd();
        descriptors = arena.allocate(POLLED * POLLFD_BYTES, 8);
        descriptors.set(ValueLayout.JAVA_INT, 0, fd);
        descriptors.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
        descriptors.set(ValueLayout.JAVA_INT, POLLFD_BYTES, wakeFd);
        descriptors.set(ValueLayout.JAVA_SHORT, POLLFD_BYTES + 4, POLLIN);
        descriptors.set(ValueLayout.JAVA_INT, 2 * POLLFD_BYTES, wallClockFd);
        descriptors.set(ValueLayout.JAVA_SHORT, 2 * POLLFD_BYTES + 4, POLLIN);
        timeout = arena.allocate(16, 8);
        state = Native.state(arena);
        drained = arena.allocate(8, 8);
        one = arena.allocate(8, 8);
        one.set(ValueLayout.JAVA_LONG, 0, 1);
        position = (long) Layout.LONG.getAcquire(consumer, 0L);
        if (position % Long.BYTES != 0 || !isAhead((long) Layout.LONG.getAcquire(producer, 0L))) {
            skip();
        }
    }

    long damages() {
        return damages;
    }

    /** Whether the producer is where it can be, seen from where we stand. */
    private boolean isAhead(long produced) {
        return produced - position >= 0 && produced - position <= ringBytes;
    }

    /** Goes on behind all that is there, of which nothing can be believed: every slot has to be looked at instead. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
    private void skip() {
        position = (long) Layout.LONG.getAcquire(producer, 0L);
        Layout.LONG.setVolatile(consumer, 0L, position);
        damages++;
    }

    /** Sees to it that the kernel knows where we stand: it gives us room, and wakes us, by that. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
    private void stand() {
        if ((long) Layout.LONG.getAcquire(consumer, 0L) != position) {
            Layout.LONG.setVolatile(consumer, 0L, position);
            damages++;
        }
    }

    int poll(KernelPort.EventSink sink, long timeoutNanos) {
        int taken = take(sink);
        if (taken > 0 || timeoutNanos == 0) {
            return taken;
        }
        if (SystemCalls.poll(descriptors, POLLED, timespec(timeoutNanos), state)) {
            SystemCalls.read8(wakeFd, drained);
            if (wallClockFd >= 0) {
                SystemCalls.read8(wallClockFd, drained); // whoever polls compares the clocks afterwards
            }
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
        stand();
        while (taken < MAX_TAKEN) {
            long produced = (long) Layout.LONG.getAcquire(producer, 0L);
            if (produced == position) {
                break;
            }
            if (!isAhead(produced)) {
                skip();
                break;
            }
            long record = position & mask;
            int length = (int) Layout.INT.getAcquire(data, record);
            if ((length & BUSY) != 0) {
                break;
            }
            if ((length & ~DISCARDED) != Layout.EVENT_BYTES) {
                skip();
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
            position += RECORD_HEADER_BYTES + Layout.EVENT_BYTES;
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
        if (wallClockFd >= 0) {
            SystemCalls.close(wallClockFd);
        }
    }
}
