package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.asyncslot.CancelOutcome;
import io.asyncslot.DeleteOutcome;
import io.asyncslot.SlotCallback;
import io.asyncslot.SlotFiring;
import io.asyncslot.TimerMapSpec;
import io.asyncslot.TouchOutcome;
import io.asyncslot.WhenIdle;
import io.asyncslot.backend.InFlight;
import io.asyncslot.spi.BackendContext;
import io.asyncslot.spi.SystemTicker;
import io.asyncslot.spi.Ticker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Lincheck on a real map of two keys: start, touch, cancel, delete and fire against
 * {@link MapSpecification}, with the generation of each run. Time stands still: a start is due at once or never. A run
 * whose callback does nothing is one step, so an outcome that tells of a run going on counts as the one without. The map
 * keeps idle slots; {@link FreeingMap} frees them.
 */
class LinearizableMapTests {

    private static final LincheckSize SIZE = LincheckSize.ofMap();

    @Test
    void modelChecking() {
        SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(MapSpecification.class)
                .check(RealMap.class);
    }

    @Test
    void stress() {
        SIZE.apply(new StressOptions())
                .sequentialSpecification(MapSpecification.class)
                .check(RealMap.class);
    }

    @Test
    void modelChecking_idleSlotsFreed() {
        SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(FreeingSpecification.class)
                .check(FreeingMap.class);
    }

    @Test
    void stress_idleSlotsFreed() {
        SIZE.apply(new StressOptions())
                .sequentialSpecification(FreeingSpecification.class)
                .check(FreeingMap.class);
    }

    @Test
    void aMapThatChecksAndThenActsIsRejected() {
        Throwable verdict = catchThrowable(() -> SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(MapSpecification.class)
                .check(HastyMap.class));
        assertThat(verdict)
                .isInstanceOf(LincheckAssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }

    /** The real map; its timekeeper does nothing, for {@link #fire} looks at a slot by itself. */
    @Param(name = "key", gen = IntGen.class, conf = "0:1")
    @Param(name = "delay", gen = IntGen.class, conf = "0:1")
    public static class RealMap {

        final LocalTimerSlots<Integer> slots = open(WhenIdle.KEEP, this::fired);

        private final Map<Integer, Long> generations = new HashMap<>();

        private String seen = "NOTHING";

        /** Keys share their segments' generations: that they rise is what each key is promised. */
        private void fired(Integer key, SlotFiring firing) {
            Long former = generations.put(key, firing.generation());
            seen = former == null || former < firing.generation() ? "FIRED" : "FIRED WITH AN OLD GENERATION";
        }

        @Operation
        public String start(@Param(name = "key") int key, @Param(name = "delay") int delay) {
            return slots.start(key, Duration.ofHours(delay)).name();
        }

        @Operation
        public String touch(@Param(name = "key") int key, @Param(name = "delay") int delay) {
            return slots.touch(key, Duration.ofHours(delay)).name();
        }

        @Operation
        public String cancel(@Param(name = "key") int key) {
            CancelOutcome outcome = slots.cancel(key);
            return outcome == CancelOutcome.RUNNING ? CancelOutcome.NOT_ARMED.name() : outcome.name();
        }

        @Operation
        public String delete(@Param(name = "key") int key) {
            DeleteOutcome outcome = slots.delete(key);
            return outcome == DeleteOutcome.ABSENT ? outcome.name() : "GONE";
        }

        /** What the one driver does with a slot it has custody of, and the worker after it. */
        @Operation(nonParallelGroup = "driver")
        public String fire(@Param(name = "key") int key) {
            seen = "NOTHING";
            ControlBlock<Integer> block = slots.lookUp(key);
            if (block != null) {
                block.expire();
            }
            return seen;
        }
    }

    private static LocalTimerSlots<Integer> open(WhenIdle whenIdle, SlotCallback<Integer> callback) {
        return new LocalTimerSlots<>(
                TimerMapSpec.named("m", Integer.class)
                        .whenIdle(whenIdle)
                        .callback(callback)
                        .build(),
                context());
    }

    /** Time stands still, nobody looks at slots, and callbacks run at once. */
    static LocalContext context() {
        return new LocalContext(
                "test",
                new BackendContext(new StandingTicker(), Runnable::run, (firing, took, failure) -> {}, 1),
                new IdleKeeper());
    }

    /**
     * A real map that frees idle slots: the end of a run and a cancel against starts and touches. A run is one step here
     * too: what meets it finds it over, and so no slot. Without deletes, for one during a run that was armed anew is neither
     * before that run nor after it.
     */
    @Param(name = "key", gen = IntGen.class, conf = "0:1")
    @Param(name = "delay", gen = IntGen.class, conf = "0:1")
    public static class FreeingMap {

        private final LocalTimerSlots<Integer> slots = open(WhenIdle.FREE, this::fired);

        private String seen = "NOTHING";

        private void fired(Integer key, SlotFiring firing) {
            seen = "FIRED";
        }

        @Operation
        public String start(@Param(name = "key") int key, @Param(name = "delay") int delay) {
            return slots.start(key, Duration.ofHours(delay)).name();
        }

        @Operation
        public String touch(@Param(name = "key") int key, @Param(name = "delay") int delay) {
            TouchOutcome outcome = slots.touch(key, Duration.ofHours(delay));
            return outcome == TouchOutcome.NOT_ARMED ? TouchOutcome.ABSENT.name() : outcome.name();
        }

        @Operation
        public String cancel(@Param(name = "key") int key) {
            CancelOutcome outcome = slots.cancel(key);
            return outcome == CancelOutcome.RUNNING ? CancelOutcome.ABSENT.name() : outcome.name();
        }

        /** What the one driver does with a slot it has custody of, and the worker after it. */
        @Operation(nonParallelGroup = "driver")
        public String fire(@Param(name = "key") int key) {
            seen = "NOTHING";
            ControlBlock<Integer> block = slots.lookUp(key);
            if (block != null) {
                block.expire();
            }
            return seen;
        }
    }

    /** What a map that frees idle slots is meant to do, one operation at a time. */
    public static class FreeingSpecification {
        private final Map<Integer, Integer> deadlines = new HashMap<>();

        public String start(int key, int delay) {
            return deadlines.put(key, delay) == null ? "STARTED" : "REARMED";
        }

        public String touch(int key, int delay) {
            return deadlines.replace(key, delay) == null ? "ABSENT" : "MOVED";
        }

        public String cancel(int key) {
            return deadlines.remove(key) == null ? "ABSENT" : "CANCELLED";
        }

        public String fire(int key) {
            return deadlines.remove(key, 0) ? "FIRED" : "NOTHING";
        }
    }

    /** Looks whether a slot is armed, and then does what was right a moment ago. */
    public static class HastyMap extends RealMap {
        @Override
        @Operation
        public String cancel(@Param(name = "key") int key) {
            ControlBlock<Integer> block = slots.lookUp(key);
            if (block != null && StateWord.isArmed(block.word())) {
                slots.cancel(key);
                return CancelOutcome.CANCELLED.name();
            }
            return super.cancel(key);
        }
    }

    /** What a map is meant to do, one operation at a time. */
    public static class MapSpecification {
        /** Deadlines by key, null where a slot is not armed. */
        private final Map<Integer, Integer> deadlines = new HashMap<>();

        public String start(int key, int delay) {
            return deadlines.put(key, delay) == null ? "STARTED" : "REARMED";
        }

        public String touch(int key, int delay) {
            if (!deadlines.containsKey(key)) {
                return "ABSENT";
            }
            if (deadlines.get(key) == null) {
                return "NOT_ARMED";
            }
            deadlines.put(key, delay);
            return "MOVED";
        }

        public String cancel(int key) {
            if (!deadlines.containsKey(key)) {
                return "ABSENT";
            }
            return deadlines.put(key, null) == null ? "NOT_ARMED" : "CANCELLED";
        }

        public String delete(int key) {
            if (!deadlines.containsKey(key)) {
                return "ABSENT";
            }
            deadlines.remove(key);
            return "GONE";
        }

        public String fire(int key) {
            Integer deadline = deadlines.get(key);
            if (deadline == null || deadline > 0) {
                return "NOTHING";
            }
            deadlines.put(key, null);
            return "FIRED";
        }
    }

    /** A clock that stands still. */
    private static final class StandingTicker implements Ticker {
        private static final long NOW = 1_000_000_000;

        @Override
        public long monotonicNanos() {
            return NOW;
        }

        @Override
        public long realtimeNanos() {
            return NOW;
        }

        @Override
        public long boottimeNanos() {
            return NOW;
        }
    }

    /** Files nothing; releases what passes to it. */
    private static final class IdleKeeper implements Timekeeper {

        private final Scrubber scrubber = new Scrubber(SystemTicker.instance(), Scrubber.PERIOD_MICROS);

        @Override
        public Scrubber scrubber() {
            return scrubber;
        }

        private final InFlight inFlight = new InFlight();

        @Override
        public void armed(ControlBlock<?> block, long deadline) {}

        @Override
        public void born(ControlBlock<?> block) {
            block.leaveInbox();
            block.releaseCommand();
        }

        @Override
        public void freed(ControlBlock<?> block) {
            block.releaseReference();
        }

        @Override
        public void retry(ControlBlock<?> block) {}

        @Override
        public boolean isRunning() {
            return true;
        }

        @Override
        public void attemptLater(Runnable attempt, long micros) {}

        @Override
        public InFlight inFlight() {
            return inFlight;
        }
    }
}
