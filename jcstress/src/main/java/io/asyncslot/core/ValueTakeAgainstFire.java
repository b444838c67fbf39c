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

/** A take and the timer thread: the value is handed out once, to one of them. */
public final class ValueTakeAgainstFire {

    private ValueTakeAgainstFire() {}

    /** A real timer map with values. */
    @JCStressTest
    @Outcome(id = "one, fired", expect = ACCEPTABLE, desc = "Taken: it never fires.")
    @Outcome(id = "nothing, fired 1:one", expect = ACCEPTABLE, desc = "The run had begun.")
    @Outcome(expect = FORBIDDEN, desc = "The value is lost or handed out twice.")
    @State
    public static class Real {
        private final OneValueMap slot = new OneValueMap();

        @Actor
        public void take(LL_Result r) {
            r.r1 = slot.take();
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
    @Outcome(id = "one, fired", expect = ACCEPTABLE, desc = "Taken: it never fires.")
    @Outcome(id = "nothing, fired 1:one", expect = ACCEPTABLE, desc = "The run had begun.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The value is lost or handed out twice.")
    @State
    public static class Weakened {
        private final WeakValueSlot slot = new WeakValueSlot();

        @Actor
        public void take(LL_Result r) {
            r.r1 = slot.take();
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
