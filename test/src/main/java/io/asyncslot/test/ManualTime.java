package io.asyncslot.test;

import io.asyncslot.AsyncSlotRegistry;
import io.asyncslot.jvm.JvmBackend;
import io.asyncslot.registry.AsyncSlotRegistryBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * A registry whose time the test controls: nothing fires until the test calls {@link #advance}. Everything due then
 * fires in order, each slot at its own deadline, before the call returns. The engine is the one used in production,
 * without its thread.
 *
 * <pre>{@code
 * try (ManualTime time = ManualTime.create()) {
 *     TimerSlots<String> sessions = time.registry().register(spec);
 *     sessions.start("s1", Duration.ofMinutes(30));
 *     time.advance(Duration.ofMinutes(30));
 *     // the callback has run
 * }
 * }</pre>
 *
 * <p>Callbacks run on the calling thread unless another executor is given. One thread advances time; operations on slots
 * may come from any.
 */
public final class ManualTime implements AutoCloseable {

    /** The initial time of the wall clock, unless you give another: 2026-01-01T00:00Z. */
    public static final Instant DEFAULT_WALL_CLOCK = Instant.parse("2026-01-01T00:00:00Z");

    private final ManualTicker ticker;
    private final JvmBackend backend;
    private final AsyncSlotRegistry registry;

    private ManualTime(ManualTicker ticker, JvmBackend backend, AsyncSlotRegistry registry) {
        this.ticker = ticker;
        this.backend = backend;
        this.registry = registry;
    }

    /**
     * Makes a started registry whose callbacks run on the thread that advances time.
     *
     * @return the registry and its time
     */
    public static ManualTime create() {
        return create(DEFAULT_WALL_CLOCK, Runnable::run);
    }

    /**
     * Makes a started registry.
     *
     * @param wallClock where the wall clock begins
     * @param executor runs the callbacks
     * @return the registry and its time
     */
    public static ManualTime create(Instant wallClock, Executor executor) {
        ManualTicker ticker = new ManualTicker(wallClock);
        JvmBackend backend = JvmBackend.manual();
        AsyncSlotRegistry registry = new AsyncSlotRegistryBuilder(executor)
                .ticker(ticker)
                .backend(backend)
                .build();
        registry.start();
        return of(ticker, backend, registry);
    }

    /**
     * Drives the time of a registry that was made elsewhere.
     *
     * @param ticker the registry's ticker
     * @param backend its backend, made by {@link JvmBackend#manual()}
     * @param registry the registry; started by its owner
     * @return the registry and its time
     */
    public static ManualTime of(ManualTicker ticker, JvmBackend backend, AsyncSlotRegistry registry) {
        return new ManualTime(ticker, backend, registry);
    }

    /**
     * The registry.
     *
     * @return the registry
     */
    public AsyncSlotRegistry registry() {
        return registry;
    }

    /**
     * The clocks: to suspend the machine or to set the wall clock. Follow either with {@link #runPending}.
     *
     * @return the ticker
     */
    public ManualTicker ticker() {
        return ticker;
    }

    /**
     * The current time of the wall clock.
     *
     * @return the instant
     */
    public Instant now() {
        return Instant.ofEpochSecond(0, ticker.realtimeNanos());
    }

    /**
     * Lets time pass, stopping at each deadline on the way to fire what is due there.
     *
     * @param span how long, not negative
     * @throws IllegalArgumentException if it is negative
     */
    public void advance(Duration span) {
        if (span.isNegative()) {
            throw new IllegalArgumentException("'span' must not be negative: " + span);
        }
        long end = ticker.monotonicNanos() + span.toNanos();
        long due = backend.pump();
        while (due <= end && due > ticker.monotonicNanos()) { // what stays due now is stopped, and waits for a start
            ticker.advanceTo(due);
            due = backend.pump();
        }
        ticker.advanceTo(end);
        backend.pump();
    }

    /**
     * Lets time jump, as for a process that was stopped. Slots that fall due during the jump fire late, at its end. To
     * suspend the machine, or to set its wall clock, move {@link #ticker()} and follow it with {@link #runPending}.
     *
     * @param span how far, not negative
     * @throws IllegalArgumentException if it is negative
     */
    public void jump(Duration span) {
        ticker.advance(span);
        backend.pump();
    }

    /** Fires what is due now. */
    public void runPending() {
        backend.pump();
    }

    @Override
    public void close() {
        registry.close();
    }
}
