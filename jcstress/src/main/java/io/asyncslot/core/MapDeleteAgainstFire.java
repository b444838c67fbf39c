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

/** A delete and the timer thread: an armed run begins, or it is deleted, and the books say which. */
public final class MapDeleteAgainstFire {

    private MapDeleteAgainstFire() {}

    /** A real timer map. */
    @JCStressTest
    @Outcome(
            id = "DELETED_ARMED, 0 fired, 1 deleted armed",
            expect = ACCEPTABLE,
            desc = "Deleted first: it never runs.")
    @Outcome(id = "DELETED, 1 fired, 0 deleted armed", expect = ACCEPTABLE, desc = "Ran, then deleted.")
    @Outcome(
            id = "DELETED_WHILE_RUNNING, 1 fired, 0 deleted armed",
            expect = ACCEPTABLE,
            desc = "Deleted while it ran.")
    @Outcome(expect = FORBIDDEN, desc = "A run that was deleted began, or one is accounted for twice or never.")
    @State
    public static class Real {
        private final OneMap map = OneMap.due();

        @Actor
        public void delete(LL_Result r) {
            r.r1 = map.delete();
        }

        @Actor
        public void timer() {
            map.pump();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            r.r2 = map.books();
        }
    }

    /** Each looks at the state, then stores it: no compare-and-set. */
    @JCStressTest
    @Outcome(
            id = "DELETED_ARMED, 0 fired, 1 deleted armed",
            expect = ACCEPTABLE,
            desc = "Deleted first: it never runs.")
    @Outcome(id = "DELETED, 1 fired, 0 deleted armed", expect = ACCEPTABLE, desc = "Ran, then deleted.")
    @Outcome(
            id = "DELETED_WHILE_RUNNING, 1 fired, 0 deleted armed",
            expect = ACCEPTABLE,
            desc = "Deleted while it ran.")
    @Outcome(
            expect = ACCEPTABLE_INTERESTING,
            desc = "A run that was deleted began, or one is accounted for twice or never.")
    @State
    public static class Weakened {
        private final WeakMap map = WeakMap.started();

        @Actor
        public void delete(LL_Result r) {
            r.r1 = map.delete();
        }

        @Actor
        public void timer() {
            map.pump();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            r.r2 = map.books();
        }
    }
}
