package io.asyncslot.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The few functions of the C library that are needed. Results are as the manual says; failures are exceptions. */
final class SystemCalls {

    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;

    private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_PATH = 0x200000;
    private static final int O_DIRECTORY = ARM ? 0x4000 : 0x10000;
    private static final int O_NOFOLLOW = ARM ? 0x8000 : 0x20000;
    private static final int MAP_SHARED = 1;
    private static final int LOCK_EX_NB = 2 | 4;
    private static final int EFD_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int TFD_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
    private static final int TFD_ABSTIME_CANCEL_ON_SET = 1 | 2;
    private static final int TIMER_BYTES = 32;
    private static final long TIMER_SECONDS = 16;
    private static final int SC_PAGESIZE = 30;
    private static final long MAP_FAILED = -1;

    private static final SymbolLookup C = Native.standardLibrary();
    private static final MethodHandle OPEN =
            Native.linkErrno(C, "open", Native.INT, Native.POINTER, Native.INT, Native.INT);
    private static final MethodHandle CLOSE = Native.link(C, "close", Native.INT, Native.INT);
    private static final MethodHandle FLOCK = Native.linkErrno(C, "flock", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle MMAP = Native.linkErrno(
            C, "mmap", Native.LONG, Native.LONG, Native.LONG, Native.INT, Native.INT, Native.INT, Native.LONG);
    private static final MethodHandle MUNMAP = Native.link(C, "munmap", Native.INT, Native.POINTER, Native.LONG);
    private static final MethodHandle EVENTFD = Native.linkErrno(C, "eventfd", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle TIMERFD = Native.link(C, "timerfd_create", Native.INT, Native.INT, Native.INT);
    private static final MethodHandle SET_TIMER =
            Native.link(C, "timerfd_settime", Native.INT, Native.INT, Native.INT, Native.POINTER, Native.POINTER);
    private static final MethodHandle READ =
            Native.link(C, "read", Native.LONG, Native.INT, Native.POINTER, Native.LONG);
    private static final MethodHandle WRITE =
            Native.link(C, "write", Native.LONG, Native.INT, Native.POINTER, Native.LONG);
    private static final MethodHandle PPOLL =
            Native.linkErrno(C, "ppoll", Native.INT, Native.POINTER, Native.LONG, Native.POINTER, Native.POINTER);
    private static final MethodHandle CLOCK_GETTIME =
            Native.link(C, "clock_gettime", Native.INT, Native.INT, Native.POINTER);
    private static final MethodHandle SYSCONF = Native.link(C, "sysconf", Native.LONG, Native.INT);

    private SystemCalls() {}

    /** Opens a directory that is no link, to lock it. */
    static int openDirectory(Path directory) {
        return open(directory, O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW);
    }

    /** Opens a file as a place, whatever it is: a link is not followed. */
    static int openPath(Path path) {
        return open(path, O_CLOEXEC | O_PATH | O_NOFOLLOW);
    }

    private static int open(Path path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            int fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path.toString()), flags, 0);
            if (fd < 0) {
                throw new KernelException("open " + path, Native.errno(state));
            }
            return fd;
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    static void close(int fd) {
        try {
            int ignored = (int) CLOSE.invokeExact(fd);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Takes a lock that ends with the descriptor, however the process ends. False if somebody else has it. */
    static boolean tryLock(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            if ((int) FLOCK.invokeExact(state, fd, LOCK_EX_NB) == 0) {
                return true;
            }
            int errno = Native.errno(state);
            if (errno == Errno.EAGAIN.number()) {
                return false;
            }
            throw new KernelException("flock", errno);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Maps shared memory, until the arena is closed. */
    static MemorySegment map(String what, int fd, long offset, long size, int protection, Arena arena) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment state = Native.state(local);
            long address = (long) MMAP.invokeExact(state, 0L, size, protection, MAP_SHARED, fd, offset);
            if (address == MAP_FAILED) {
                throw new KernelException("mmap " + what, Native.errno(state));
            }
            return MemorySegment.ofAddress(address).reinterpret(size, arena, SystemCalls::unmap);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    private static void unmap(MemorySegment segment) {
        try {
            int ignored = (int) MUNMAP.invokeExact(segment, segment.byteSize());
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    static int eventfd() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Native.state(arena);
            int fd = (int) EVENTFD.invokeExact(state, 0, EFD_NONBLOCK_CLOEXEC);
            if (fd < 0) {
                throw new KernelException("eventfd", Native.errno(state));
            }
            return fd;
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** A descriptor that becomes readable when the wall clock is set; negative where the system has none. */
    static int wallClockFd() {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) TIMERFD.invokeExact(KernelClock.REALTIME.number(), TFD_NONBLOCK_CLOEXEC);
            MemorySegment never = arena.allocate(TIMER_BYTES, 8);
            never.set(
                    ValueLayout.JAVA_LONG,
                    TIMER_SECONDS,
                    Integer.MAX_VALUE); // a timer that is not armed is not cancelled
            if (fd >= 0) {
                // a failure says that the clock was set meanwhile: the timer is armed all the same
                int ignored = (int) SET_TIMER.invokeExact(fd, TFD_ABSTIME_CANCEL_ON_SET, never, MemorySegment.NULL);
            }
            return fd;
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Reads 8 bytes from a descriptor that does not block; what it returned is of no interest. */
    static void read8(int fd, MemorySegment buffer) {
        try {
            long ignored = (long) READ.invokeExact(fd, buffer, 8L);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Writes 8 bytes to a descriptor that does not block; what it returned is of no interest. */
    static void write8(int fd, MemorySegment buffer) {
        try {
            long ignored = (long) WRITE.invokeExact(fd, buffer, 8L);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** Waits for descriptors. True if one is ready, false after the timeout or a signal. */
    static boolean poll(MemorySegment descriptors, int count, MemorySegment timeout, MemorySegment state) {
        try {
            int ready = (int) PPOLL.invokeExact(state, descriptors, (long) count, timeout, MemorySegment.NULL);
            if (ready >= 0) {
                return ready > 0;
            }
            int errno = Native.errno(state);
            if (errno == Errno.EINTR.number()) {
                return false;
            }
            throw new KernelException("ppoll", errno);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    /** A reading of a clock, in nanoseconds. */
    static long clock(int number, MemorySegment timespec) {
        try {
            int ignored = (int) CLOCK_GETTIME.invokeExact(number, timespec);
            return timespec.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L + timespec.get(ValueLayout.JAVA_LONG, 8);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }

    static long pageSize() {
        try {
            return (long) SYSCONF.invokeExact(SC_PAGESIZE);
        } catch (Throwable e) {
            throw Native.failure(e);
        }
    }
}
