package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Two submits to a map that runs one at a time: who has to wait meets a permit that comes back. Its twins are mutants. */
public final class PermitBackAgainstSubmit {

    private PermitBackAgainstSubmit() {}

    /** The real dispatcher. */
    @JCStressTest
    @Outcome(id = "0 open, 0 references", expect = ACCEPTABLE, desc = "Both have run.")
    @Outcome(expect = FORBIDDEN, desc = "One waits for ever.")
    @State
    public static class Real {
        private final OneWorkMap map = new OneWorkMap(1);

        @Actor
        public void one() {
            map.submit(1);
        }

        @Actor
        public void other() {
            map.submit(2);
        }

        @Arbiter
        public void inTheEnd(L_Result r) {
            r.r1 = map.books();
        }
    }
}
