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

/** A delete and a start of one key: a start that answered STARTED fires once, one that answered REARMED was deleted. */
public final class MapDeleteAgainstStart {

    private MapDeleteAgainstStart() {}

    /** A real timer map. */
    @JCStressTest
    @Outcome(id = "STARTED, DELETED_ARMED, 1", expect = ACCEPTABLE, desc = "Deleted, then started anew: it fires.")
    @Outcome(id = "REARMED, DELETED_ARMED, 0", expect = ACCEPTABLE, desc = "Re-armed, then deleted: it does not fire.")
    @Outcome(expect = FORBIDDEN, desc = "A start was lost, or a deleted slot fired.")
    @State
    public static class Real {
        private final OneMap map = OneMap.started();

        @Actor
        public void start(LLL_Result r) {
            r.r1 = map.start();
        }

        @Actor
        public void delete(LLL_Result r) {
            r.r2 = map.delete();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = map.firesLater();
        }
    }

    /** The start arms what it has found without asking whether it is freed (finding R4 of the first version of the kernel). */
    @JCStressTest
    @Outcome(id = "STARTED, DELETED_ARMED, 1", expect = ACCEPTABLE, desc = "Deleted, then started anew: it fires.")
    @Outcome(id = "REARMED, DELETED_ARMED, 0", expect = ACCEPTABLE, desc = "Re-armed, then deleted: it does not fire.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A start was lost, or a deleted slot fired.")
    @State
    public static class Weakened {
        private final WeakMap map = WeakMap.started();

        @Actor
        public void start(LLL_Result r) {
            r.r1 = map.startBlindly();
        }

        @Actor
        public void delete(LLL_Result r) {
            r.r2 = map.delete();
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = map.firesLater();
        }
    }
}
