package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A look-up without the lock while the index grows: what was there all the while is found. */
public final class IndexGetAgainstGrow {

    private IndexGetAgainstGrow() {}

    /** A real segment of the index, as full as it may be. */
    @JCStressTest
    @Outcome(id = "grown, found", expect = ACCEPTABLE, desc = "Found.")
    @Outcome(expect = FORBIDDEN, desc = "A slot that is there was not found: a start would miss it.")
    @State
    public static class Real {
        private final FullIndex index = new FullIndex();

        @Actor
        public void grow(LL_Result r) {
            r.r1 = index.addOneMore();
        }

        @Actor
        public void get(LL_Result r) {
            r.r2 = index.getLatest();
        }
    }

    /** The new table is published before it is complete. */
    @JCStressTest
    @Outcome(id = "grown, found", expect = ACCEPTABLE, desc = "Found.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A slot that is there was not found: a start would miss it.")
    @State
    public static class Weakened {
        private final WeakIndex index = new WeakIndex();

        @Actor
        public void grow(LL_Result r) {
            r.r1 = index.addOneMore();
        }

        @Actor
        public void get(LL_Result r) {
            r.r2 = index.getLatest();
        }
    }
}
