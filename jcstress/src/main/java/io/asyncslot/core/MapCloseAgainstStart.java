package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** A close and the start of a new key: no live slot is left in a closed map. */
public final class MapCloseAgainstStart {

    private MapCloseAgainstStart() {}

    /** A real timer map. */
    @JCStressTest
    @Outcome(
            id = "STARTED, CLOSED, 0 live, 0 references",
            expect = ACCEPTABLE,
            desc = "Started first: the close freed it.")
    @Outcome(id = "CLOSED, CLOSED, 0 live, 0 references", expect = ACCEPTABLE, desc = "Closed first.")
    @Outcome(expect = FORBIDDEN, desc = "A live slot, or a reference, in a closed map.")
    @State
    public static class Real {
        private final OneMap map = new OneMap();

        @Actor
        public void start(LLL_Result r) {
            r.r1 = map.start();
        }

        @Actor
        public void close(LLL_Result r) {
            r.r2 = map.close();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = map.left();
        }
    }

    /** The order swapped: the creator looks whether the map is closed, then publishes. */
    @JCStressTest
    @Outcome(
            id = "STARTED, CLOSED, 0 live, 0 references",
            expect = ACCEPTABLE,
            desc = "Started first: the close freed it.")
    @Outcome(id = "CLOSED, CLOSED, 0 live, 0 references", expect = ACCEPTABLE, desc = "Closed first.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A live slot, or a reference, in a closed map.")
    @State
    public static class Weakened {
        private final WeakMap map = new WeakMap();

        @Actor
        public void start(LLL_Result r) {
            r.r1 = map.startLooksFirst();
        }

        @Actor
        public void close(LLL_Result r) {
            r.r2 = map.close();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = map.left();
        }
    }
}
