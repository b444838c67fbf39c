package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two callbacks await each other, each announcing itself first and looking whether it is awaited then. */
@SuppressWarnings("NullAway") // details of no map
public final class MutualCancel {

    private MutualCancel() {}

    /** The real details of two slots. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both refuse.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first refuses.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second refuses.")
    @Outcome(expect = FORBIDDEN, desc = "Neither refuses: they wait for each other for ever.")
    @State
    public static class Real {
        private final SlotDetails<String> a = new SlotDetails<>(null);
        private final SlotDetails<String> b = new SlotDetails<>(null);

        @Actor
        public void callbackOfA(LL_Result r) {
            b.announce(true);
            r.r1 = a.isAwaitedByCallback();
        }

        @Actor
        public void callbackOfB(LL_Result r) {
            a.announce(true);
            r.r2 = b.isAwaitedByCallback();
        }
    }

    /** The order swapped: each looks, then announces itself. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both refuse.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The first refuses.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The second refuses.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "Neither refuses: they wait for each other for ever.")
    @State
    public static class Weakened {
        private final SlotDetails<String> a = new SlotDetails<>(null);
        private final SlotDetails<String> b = new SlotDetails<>(null);

        @Actor
        public void callbackOfA(LL_Result r) {
            r.r1 = a.isAwaitedByCallback();
            b.announce(true);
        }

        @Actor
        public void callbackOfB(LL_Result r) {
            r.r2 = b.isAwaitedByCallback();
            a.announce(true);
        }
    }
}
