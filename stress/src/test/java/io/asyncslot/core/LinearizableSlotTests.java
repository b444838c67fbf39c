package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.asyncslot.backend.Periods;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Lincheck on one slot: start, touch, cancel, delete and the two ends of a run are atomic in some one order, against
 * {@link SlotSpecification}. Deadlines 0 and 1 are due, later ones are not; the generation of each run is compared too.
 */
class LinearizableSlotTests {

    private static final LincheckSize SIZE = LincheckSize.ofSlot();

    @Test
    void modelChecking() {
        SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(SlotSpecification.class)
                .check(RealSlot.class);
    }

    @Test
    void stress() {
        SIZE.apply(new StressOptions())
                .sequentialSpecification(SlotSpecification.class)
                .check(RealSlot.class);
    }

    @Test
    void aSlotThatChecksAndThenActsIsRejected() {
        Throwable verdict = catchThrowable(() -> SIZE.apply(new ModelCheckingOptions())
                .sequentialSpecification(SlotSpecification.class)
                .check(HastySlot.class));
        assertThat(verdict)
                .isInstanceOf(LincheckAssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }

    /** The real state word. */
    @Param(name = "deadline", gen = IntGen.class, conf = "0:3")
    public static class RealSlot {

        private static final int NOW = 1;

        /** The state word with nothing added. */
        static final class Word extends StateWord {
            Word() {
                super(3, 1, 1);
            }

            @Override
            boolean freesIdle() {
                return false;
            }
        }

        final Word word = new Word();
        private boolean running;

        @Operation
        public String start(@Param(name = "deadline") int deadline) {
            return word.arm(deadline).name();
        }

        @Operation
        public String touch(@Param(name = "deadline") int deadline) {
            return word.move(deadline).name();
        }

        @Operation
        public String cancel() {
            return word.disarm().name();
        }

        @Operation
        public String delete() {
            return word.free().name();
        }

        @Operation(nonParallelGroup = "custodian")
        public String begin() {
            if (running) {
                return "RUNS";
            }
            FiredRun fired = new FiredRun();
            StateWord.Beginning beginning = word.beginFire(NOW, Periods.ONE_SHOT, fired);
            running = beginning == StateWord.Beginning.BEGUN;
            return running ? "BEGUN " + fired.generation + " for " + fired.deadline : beginning.name();
        }

        @Operation(nonParallelGroup = "custodian")
        public void end() {
            if (running) {
                word.endFire();
                running = false;
            }
        }
    }

    /** Looks at the word, and then does what was right a moment ago. */
    public static class HastySlot extends RealSlot {
        @Override
        @Operation
        public String cancel() {
            long seen = word.word();
            if (StateWord.isArmed(seen) && !StateWord.isFreed(seen)) {
                word.disarm();
                return StateWord.isRunning(seen) ? "CANCELLED_WHILE_RUNNING" : "CANCELLED";
            }
            return word.disarm().name();
        }
    }

    /** What one slot is meant to do, one operation at a time. */
    public static class SlotSpecification {
        private boolean armed = true;
        private boolean running;
        private boolean freed;
        private int deadline = 3;
        private int generation = 1;

        public String start(int at) {
            if (freed) {
                return "FREED";
            }
            boolean was = armed;
            armed = true;
            deadline = at;
            generation++;
            return was ? "REARMED" : "STARTED";
        }

        public String touch(int at) {
            if (freed || !armed) {
                return freed ? "FREED" : "NOT_ARMED";
            }
            deadline = at;
            return "MOVED";
        }

        public String cancel() {
            if (freed) {
                return "FREED";
            }
            if (!armed) {
                return running ? "RUNNING" : "NOT_ARMED";
            }
            armed = false;
            return running ? "CANCELLED_WHILE_RUNNING" : "CANCELLED";
        }

        public String delete() {
            if (freed) {
                return "ALREADY";
            }
            String was = running ? (armed ? "RUNNING_ARMED" : "RUNNING") : armed ? "ARMED" : "IDLE";
            freed = true;
            armed = false;
            return was;
        }

        public String begin() {
            if (running) {
                return "RUNS";
            }
            if (freed || !armed) {
                return freed ? "FREED" : "NOT_ARMED";
            }
            if (deadline > 1) {
                return "NOT_DUE";
            }
            armed = false;
            running = true;
            return "BEGUN " + generation + " for " + deadline;
        }

        public void end() {
            running = false;
        }
    }
}
