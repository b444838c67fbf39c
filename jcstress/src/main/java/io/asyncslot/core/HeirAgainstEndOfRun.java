package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** A new incarnation that is due, and the end of the run of the former one, which it waits for. Its twins are mutants. */
public final class HeirAgainstEndOfRun {

    private HeirAgainstEndOfRun() {}

    /** The real map. */
    @JCStressTest
    @Outcome(id = "0 open, 0 references", expect = ACCEPTABLE, desc = "Each submit has run, or was deleted.")
    @Outcome(expect = FORBIDDEN, desc = "The heir waits for ever.")
    @State
    public static class Real {
        private final OneWorkMap map = new OneWorkMap(0);

        @Actor
        public void former() {
            map.submit(1);
        }

        @Actor
        public void heir() {
            map.delete(1);
            map.submit(1);
        }

        @Arbiter
        public void inTheEnd(L_Result r) {
            r.r1 = map.books();
        }
    }
}
