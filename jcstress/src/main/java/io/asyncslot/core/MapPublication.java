package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A slot that another thread finds is complete: armed, of the first generation, with its deadline. */
public final class MapPublication {

    private MapPublication() {}

    /** A real timer map. */
    @JCStressTest
    @Outcome(id = "STARTED, absent", expect = ACCEPTABLE, desc = "Not published yet.")
    @Outcome(id = "STARTED, armed 1 60000000", expect = ACCEPTABLE, desc = "Complete.")
    @Outcome(expect = FORBIDDEN, desc = "Found before its construction was complete.")
    @State
    public static class Real {
        private final OneMap map = new OneMap();

        @Actor
        public void start(LL_Result r) {
            r.r1 = map.start();
        }

        @Actor
        public void find(LL_Result r) {
            r.r2 = map.look();
        }
    }

    /** The order swapped: published, then constructed (finding R1 of the first version of the kernel). */
    @JCStressTest
    @Outcome(id = "STARTED, absent", expect = ACCEPTABLE, desc = "Not published yet.")
    @Outcome(id = "STARTED, armed 1 60000000", expect = ACCEPTABLE, desc = "Complete.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Found before its construction was complete.")
    @State
    public static class Weakened {
        private final WeakMap map = new WeakMap();

        @Actor
        public void start(LL_Result r) {
            r.r1 = map.publishThenConstruct();
        }

        @Actor
        public void find(LL_Result r) {
            r.r2 = map.look();
        }
    }
}
