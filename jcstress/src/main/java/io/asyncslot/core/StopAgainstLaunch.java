package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A run that is handed over, and a stop: none begins once a stop has told that nothing runs. Its twins are mutants. */
public final class StopAgainstLaunch {

    private StopAgainstLaunch() {}

    /** The real dispatcher and its count of runs in flight. */
    @JCStressTest
    @Outcome(id = "true, ran", expect = ACCEPTABLE, desc = "It had ended.")
    @Outcome(id = "true, not run", expect = ACCEPTABLE, desc = "It was taken back.")
    @Outcome(id = "false, ran", expect = ACCEPTABLE, desc = "It goes on.")
    @Outcome(id = "false, not run", expect = ACCEPTABLE, desc = "It was about to begin, and saw the stop.")
    @Outcome(expect = FORBIDDEN, desc = "It began after the stop.")
    @State
    public static class Real {
        private final OneWorkMap map = new OneWorkMap(0);

        @Actor
        public void launch() {
            map.submit(1);
        }

        @Actor
        public void stop(LL_Result r) {
            r.r1 = map.stop();
        }

        @Arbiter
        public void inTheEnd(LL_Result r) {
            r.r2 = map.ran();
        }
    }
}
