package io.asyncslot.jvm;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.asyncslot.core.ControlBlock;
import io.asyncslot.core.ControlBlocks;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A command is withdrawn while the driver takes it: one of the two gets it. */
public final class IntakeWithdrawAgainstDrain {

    private IntakeWithdrawAgainstDrain() {}

    /** The real intake. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "One of them got it.")
    @Outcome(expect = FORBIDDEN, desc = "Both got it, or neither.")
    @State
    public static class Real {
        private final Intake intake = new Intake(1);
        private final ControlBlock<?> block = ControlBlocks.commanded();
        private int withdrawn;
        private int taken;

        public Real() {
            intake.push(block);
        }

        @Actor
        public void withdraw() {
            withdrawn = intake.withdraw(block) ? 1 : 0;
        }

        @Actor
        public void take() {
            for (int stripe = 0; stripe < intake.stripes(); stripe++) {
                taken += intake.take(stripe) == block ? 1 : 0;
            }
        }

        @Arbiter
        public void inTheEnd(I_Result r) {
            r.r1 = withdrawn + taken;
        }
    }

    /** Each looks at the cell and then marks it. */
    @JCStressTest
    @Outcome(id = "1", expect = ACCEPTABLE, desc = "One of them got it.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Both got it, or neither.")
    @State
    public static class Weakened {
        private final WeakIntake intake = new WeakIntake();

        public Weakened() {
            intake.push(0);
        }

        @Actor
        public void withdraw() {
            intake.withdraw(0);
        }

        @Actor
        public void take() {
            intake.takeAll();
        }

        @Arbiter
        public void inTheEnd(I_Result r) {
            r.r1 = intake.taken(0);
        }
    }
}
