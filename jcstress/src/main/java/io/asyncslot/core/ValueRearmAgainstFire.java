package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A start with a value and the timer thread: each firing has the value of the start whose generation it has. */
public final class ValueRearmAgainstFire {

    private ValueRearmAgainstFire() {}

    /** A real timer map with values. */
    @JCStressTest
    @Outcome(
            id = "REARMED, fired 2:two",
            expect = ACCEPTABLE,
            desc = "The start came first and replaced value and deadline.")
    @Outcome(
            id = "STARTED, fired 1:one 2:two",
            expect = ACCEPTABLE,
            desc = "The run had begun, and the new value waits for the next one.")
    @Outcome(expect = FORBIDDEN, desc = "A value is lost, doubled, or handed to the other firing.")
    @State
    public static class Real {
        private final OneValueMap slot = new OneValueMap();

        @Actor
        public void start(LL_Result r) {
            r.r1 = slot.start();
        }

        @Actor
        public void timer() {
            slot.pump();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            r.r2 = slot.firesLater();
        }
    }

    /** Word and value change in two steps. */
    @JCStressTest
    @Outcome(
            id = "REARMED, fired 2:two",
            expect = ACCEPTABLE,
            desc = "The start came first and replaced value and deadline.")
    @Outcome(
            id = "STARTED, fired 1:one 2:two",
            expect = ACCEPTABLE,
            desc = "The run had begun, and the new value waits for the next one.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A value is lost, doubled, or handed to the other firing.")
    @State
    public static class Weakened {
        private final WeakValueSlot slot = new WeakValueSlot();

        @Actor
        public void start(LL_Result r) {
            r.r1 = slot.start();
        }

        @Actor
        public void timer() {
            slot.pump();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            r.r2 = slot.firesLater();
        }
    }
}
