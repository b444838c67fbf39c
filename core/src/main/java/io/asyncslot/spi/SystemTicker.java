package io.asyncslot.spi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * The system's own clocks. The only class that asks them.
 *
 * <p>Java has no boot-time clock; on Linux the time spent in suspend is taken from {@code /proc/uptime}, looked at no
 * more often than every 500 ms. Elsewhere the boot-time clock equals the monotonic one.
 */
public final class SystemTicker implements Ticker {

    private static final Path UPTIME = Path.of("/proc/uptime");
    private static final long LOOK_INTERVAL_NANOS = 500_000_000L;
    /** {@code /proc/uptime} counts in steps of 10 ms; smaller differences are its rounding. */
    private static final long UPTIME_NOISE_NANOS = 50_000_000L;

    private static final SystemTicker INSTANCE = new SystemTicker();

    private final long origin = System.nanoTime();
    private final long uptimeAtOrigin = readUptimeNanos();

    /** Time in suspend so far. Written by whoever looks, under {@code this}; read by all. */
    private volatile long suspendedNanos;

    /** When it was last looked at, monotonic. Written under {@code this}; read by all. */
    private volatile long lookedAtNanos;

    private SystemTicker() {}

    /**
     * The one instance.
     *
     * @return the system's clocks
     */
    public static SystemTicker instance() {
        return INSTANCE;
    }

    @Override
    public long monotonicNanos() {
        return System.nanoTime() - origin;
    }

    @Override
    public long realtimeNanos() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000L + now.getNano();
    }

    @Override
    public long boottimeNanos() {
        long now = monotonicNanos();
        if (uptimeAtOrigin >= 0 && now - lookedAtNanos >= LOOK_INTERVAL_NANOS) {
            look();
        }
        return monotonicNanos() + suspendedNanos;
    }

    /**
     * Tells whether {@link #boottimeNanos()} sees time in suspend here.
     *
     * @return true on Linux with {@code /proc}
     */
    public boolean seesSuspend() {
        return uptimeAtOrigin >= 0;
    }

    private synchronized void look() {
        long before = monotonicNanos();
        if (before - lookedAtNanos < LOOK_INTERVAL_NANOS) {
            return;
        }
        long uptime = readUptimeNanos();
        if (uptime >= 0) {
            long suspended = (uptime - uptimeAtOrigin) - before;
            if (suspended > suspendedNanos + UPTIME_NOISE_NANOS) {
                suspendedNanos = suspended;
            }
        }
        lookedAtNanos = before;
    }

    private static long readUptimeNanos() {
        try {
            String text = Files.readString(UPTIME);
            return (long) (Double.parseDouble(text.substring(0, text.indexOf(' '))) * 1e9);
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return -1; // not Linux, or no /proc: BOOTTIME is MONOTONIC then
        }
    }
}
