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
import org.openjdk.jcstress.infra.results.LL_Result;

/** A push and a drain of the intake: each command is taken once. */
public final class IntakePushAgainstDrain {

    private IntakePushAgainstDrain() {}

    /** The real intake. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each was taken once.")
    @Outcome(expect = FORBIDDEN, desc = "A command was lost, or taken twice.")
    @State
    public static class Real {
        private final Intake intake = new Intake(1);
        private final ControlBlock<?> one = ControlBlocks.commanded();
        private final ControlBlock<?> other = ControlBlocks.commanded();
        private int ones;
        private int others;

        public Real() {
            intake.push(one);
        }

        @Actor
        public void push() {
            intake.push(other);
        }

        @Actor
        public void drain() {
            takeAll();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            takeAll();
            r.r1 = ones;
            r.r2 = others;
        }

        private void takeAll() {
            for (int stripe = 0; stripe < intake.stripes(); stripe++) {
                for (ControlBlock<?> next = intake.take(stripe); next != null; next = intake.take(stripe)) {
                    if (next == one) {
                        ones++;
                    } else {
                        others++;
                    }
                }
            }
        }
    }

    /** The drain looks at a cell, then passes it by: no exchange. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Each was taken once.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A command was lost, or taken twice.")
    @State
    public static class Weakened {
        private final WeakIntake intake = new WeakIntake();

        public Weakened() {
            intake.push(0);
        }

        @Actor
        public void push() {
            intake.push(1);
        }

        @Actor
        public void drain() {
            intake.takeAll();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            intake.takeAll();
            r.r1 = intake.taken(0);
            r.r2 = intake.taken(1);
        }
    }
}
