package io.asyncslot.kernel;

import io.asyncslot.BackendReport;
import io.asyncslot.simulation.Machine;
import io.asyncslot.spi.SlotBackend;
import io.asyncslot.spi.Ticker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** The engine of the kernel backend on a simulated kernel: its memory, its answers and its events may be anything. */
public final class KernelMachine implements Machine {

    private static final int CAPACITY = 256;
    private static final int KEY_BYTES = 16;

    /** A timer of a damaged record may begin again and again. */
    private static final int MOST_ROUNDS = 8;

    /** What is lost is found at the next look at the records, when it is overdue by the engine's grace: less than this. */
    private static final long FOUND_NANOS = 2_600_000_000L;

    private final Ticker ticker;
    private SimulatedKernel kernel;
    private KernelBackend backend;

    /** Whether slots outlive their process. */
    private boolean pinned;

    /** What the next process finds; null for an empty memory. */
    private @Nullable SimulatedKernel next;

    /** After how many steps the process is killed; negative for never. */
    private int steps = -1;

    /** How many new timers and work items the kernel still refuses. */
    private int refusals;

    /** Whether an event, what a timer looks at, or the rest of a pump was lost since {@link #behave}. */
    private boolean lost;

    /** Whether somebody has written into a record of this process. */
    private boolean damaged;

    /** Makes one that has not begun. */
    public KernelMachine(Ticker ticker) {
        this.ticker = ticker;
        this.kernel = machine();
        this.backend = opened();
    }

    private SimulatedKernel machine() {
        return new SimulatedKernel(ticker, CAPACITY, KEY_BYTES);
    }

    private int memory(int place) {
        return refusals > 0 && refusals-- > 0 ? -SimulatedKernel.ENOMEM : 0;
    }

    private KernelBackend opened() {
        KernelPort port = kernel.attach(pinned);
        BackendReport fine = new BackendReport(KernelBackend.NAME, true, List.of(), Map.of());
        return new KernelBackend(
                () -> port,
                () -> fine,
                KernelOptions.defaults(),
                false,
                CircuitBreakerRegistry.ofDefaults(),
                new NumbersCodec());
    }

    @Override
    public SlotBackend boot() {
        SimulatedKernel present = next;
        kernel = present == null ? machine() : present;
        kernel.memory = this::memory;
        next = null;
        steps = -1;
        damaged = false;
        backend = opened();
        return backend;
    }

    @Override
    public long pump() {
        boolean whole = false;
        try {
            long wake = backend.pump();
            for (int i = 0; i < MOST_ROUNDS && (kernel.hasMore() || wake <= ticker.monotonicNanos()); i++) {
                wake = backend.pump(); // there is more to do: for what the kernel was asked, or what was put off
            }
            whole = true;
            return Math.min(wake, kernel.nextExpiry());
        } finally {
            lost |= !whole; // what an Error has kept a pump from is found at the look at the records
        }
    }

    @Override
    public String strays() {
        return "strays";
    }

    /** Smaller steps of the clock are not followed. */
    @Override
    public long wallNoise() {
        return 1_000;
    }

    @Override
    public boolean takesAnyKey() {
        return false;
    }

    @Override
    @SuppressWarnings("RefactorSwitch") // each case does something first
    public String misbehave(IntUnaryOperator dice) {
        switch (dice.applyAsInt(9)) {
            case 0 -> {
                refusals = 1 + dice.applyAsInt(20);
                return "KERNEL_NO_MEMORY";
            }
            case 1 -> {
                kernel.ringCapacity = dice.applyAsInt(3);
                lost = true;
                return "RING_FULL";
            }
            case 2 -> {
                kernel.tick();
                kernel.loseEvents(event -> dice.applyAsInt(2) == 0);
                lost = true;
                return "EVENT_LOST";
            }
            case 3 -> {
                kernel.tick();
                kernel.holdEvents();
                lost = true;
                return "EVENT_LATE";
            }
            case 4 -> {
                kernel.releaseEvents();
                kernel.doubleEvents();
                return "EVENT_REPEATED";
            }
            case 5 -> {
                kernel.tick();
                kernel.reverseEvents();
                return "EVENT_REORDERED";
            }
            case 6 -> {
                kernel.emit(
                        dice.applyAsInt(4) == 0 ? dice.applyAsInt(1 << 30) - (1 << 29) : dice.applyAsInt(CAPACITY),
                        number(dice),
                        number(dice));
                return "EVENT_OF_ANYTHING";
            }
            case 7 -> {
                kernel.failingRuns = 1 + dice.applyAsInt(2);
                return "KERNEL_CALL_FAILS";
            }
            default -> {
                if (pinned) {
                    return ""; // what others wrote into a word is believed after a restart
                }
                damage(dice);
                damaged = true;
                lost = true;
                return "RECORD_DAMAGED";
            }
        }
    }

    private static long number(IntUnaryOperator dice) {
        return (long) dice.applyAsInt(Integer.MAX_VALUE) << 33
                | (long) dice.applyAsInt(Integer.MAX_VALUE) << 2
                | dice.applyAsInt(4);
    }

    /** Somebody else writes into a record of a slot. */
    private void damage(IntUnaryOperator dice) {
        int place = dice.applyAsInt(16);
        long at = Layout.controlAt(place) + Long.BYTES * (long) dice.applyAsInt(Layout.CONTROL_BYTES / Long.BYTES);
        Layout.LONG.setVolatile(kernel.control, at, number(dice));
        long key = Layout.keyAt(place, KEY_BYTES);
        Layout.BYTE.set(kernel.keys, key + dice.applyAsInt(KEY_BYTES), (byte) dice.applyAsInt(256));
    }

    @Override
    public long behave() {
        refusals = 0;
        kernel.failingRuns = 0;
        kernel.ringCapacity = Integer.MAX_VALUE;
        kernel.releaseEvents();
        boolean was = lost;
        lost = damaged;
        return was ? FOUND_NANOS : 0;
    }

    @Override
    public boolean canSurvive() {
        return true;
    }

    @Override
    public void survive() {
        pinned = true;
    }

    @Override
    public void kill(int step) {
        steps = step;
        SimulatedKernel present = kernel;
        present.step = () -> {
            if (steps > 0 && --steps == 0) {
                next = present.image();
            }
        };
        if (step == 0) {
            next = present.image();
        }
    }

    @Override
    public boolean isKilled() {
        return next != null;
    }

    /** A timer that has seen what others wrote into its record may not come: then the look at the records finds what is due. */
    @Override
    public long lateness() {
        return damaged ? FOUND_NANOS : 0;
    }
}
