package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two threads take a slot that is in the hands of nobody: it has one custodian. */
public final class CustodyTaken {

    private CustodyTaken() {}

    /** The real custody. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first took it.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second took it.")
    @Outcome(expect = FORBIDDEN, desc = "Two custodians, or none.")
    @State
    public static class Real {
        private final Slot slot = Slot.atNobody();

        @Actor
        public void driver(LL_Result r) {
            r.r1 = slot.take(Word.DUE);
        }

        @Actor
        public void submitter(LL_Result r) {
            r.r2 = slot.take(Custody.WORKER);
        }
    }

    /** Looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first took it.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second took it.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Two custodians, or none.")
    @State
    public static class Weakened {
        private final WeakCustody slot = new WeakCustody(Custody.NOBODY, Word.DUE);

        @Actor
        public void driver(LL_Result r) {
            r.r1 = slot.take(Word.DUE);
        }

        @Actor
        public void submitter(LL_Result r) {
            r.r2 = slot.take(Custody.WORKER);
        }
    }
}
