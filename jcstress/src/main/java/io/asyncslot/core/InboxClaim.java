package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two operations leave a command for one slot: it is linked once. */
public final class InboxClaim {

    private InboxClaim() {}

    /** The real custody. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first pushes.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second pushes.")
    @Outcome(expect = FORBIDDEN, desc = "Linked twice, or not at all.")
    @State
    public static class Real {
        private final Slot slot = Slot.atNobody();

        @Actor
        public void one(LL_Result r) {
            r.r1 = slot.enterInbox();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = slot.enterInbox();
        }
    }

    /** Looks, then stores: no compare-and-set. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first pushes.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second pushes.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Linked twice, or not at all.")
    @State
    public static class Weakened {
        private final WeakCustody slot = new WeakCustody(Custody.NOBODY, Word.DUE);

        @Actor
        public void one(LL_Result r) {
            r.r1 = slot.enterInbox();
        }

        @Actor
        public void other(LL_Result r) {
            r.r2 = slot.enterInbox();
        }
    }
}
