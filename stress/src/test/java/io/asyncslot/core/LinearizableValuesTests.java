package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.asyncslot.SlotValues;
import io.asyncslot.TimerMapSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Lincheck on the values of a slot: starts that bring one, a take, a delete and the firing against {@link Specification}. What is
 * handed over is the result of who hands it over, in order of acceptance: so a value that went to two, or to nobody, has no place
 * in any order. Time stands still: a start is due at once or never.
 */
class LinearizableValuesTests {

    private static final LincheckSize SIZE = LincheckSize.ofMap();

    @Test
    void modelChecking() {
        SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(Specification.class)
                .check(RealMap.class);
    }

    @Test
    void stress() {
        SIZE.apply(new StressOptions())
                .sequentialSpecification(Specification.class)
                .check(RealMap.class);
    }

    @Test
    void aTakeThatLooksAndThenCancelsIsRejected() {
        Throwable verdict = catchThrowable(() -> SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(Specification.class)
                .check(HastyMap.class));
        assertThat(verdict)
                .isInstanceOf(LincheckAssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }

    /** The real map, of one key. */
    @Param(name = "value", gen = IntGen.class, conf = "1:9")
    @Param(name = "delay", gen = IntGen.class, conf = "0:1")
    public static class RealMap {

        final LocalValueTimerSlots<Integer, Integer> slots = new LocalValueTimerSlots<>(
                TimerMapSpec.named("m", Integer.class)
                        .collecting(
                                SlotValues.collect(Integer.class), (key, values, firing) -> seen = values.toString())
                        .build(),
                LinearizableMapTests.context());

        private String seen = "NOTHING";

        @Operation
        public String start(@Param(name = "value") int value, @Param(name = "delay") int delay) {
            return slots.start(0, Duration.ofHours(delay), value).name();
        }

        @Operation
        public String take() {
            return slots.takeAll(0).toString();
        }

        @Operation
        public boolean cancel() {
            return slots.cancel(0) == io.asyncslot.CancelOutcome.CANCELLED;
        }

        /** What the one driver does with a slot it has custody of, and the worker after it. */
        @Operation(nonParallelGroup = "driver")
        public String fire() {
            seen = "NOTHING";
            ControlBlock<Integer> block = slots.lookUp(0);
            if (block != null) {
                block.expire();
            }
            return seen;
        }
    }

    /** Takes what it saw a moment ago. */
    public static class HastyMap extends RealMap {
        @Override
        @Operation
        public String take() {
            Object seen = slots.find(0).map(io.asyncslot.SlotSnapshot::value).orElse(List.of());
            slots.cancel(0);
            return String.valueOf(seen);
        }
    }

    /** What the values of a key are meant to do, one operation at a time. */
    public static class Specification {

        private final List<Integer> pending = new ArrayList<>();
        private boolean due;

        public String start(int value, int delay) {
            pending.add(value);
            due = delay == 0;
            return pending.size() == 1 ? "STARTED" : "REARMED";
        }

        public String take() {
            String taken = pending.toString();
            pending.clear();
            return taken;
        }

        public boolean cancel() {
            boolean cancelled = !pending.isEmpty();
            pending.clear();
            return cancelled;
        }

        public String fire() {
            return pending.isEmpty() || !due ? "NOTHING" : take();
        }
    }
}
