package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** The driver files a batch of slots, with one fence for all, while one is re-armed nearer: one of the two sees it. */
public final class BatchedPromise {

    private BatchedPromise() {}

    /** The real custody. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both see it.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The operation sees the promise.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The driver sees the nearer deadline.")
    @Outcome(expect = FORBIDDEN, desc = "A nearer deadline that neither has seen: the slot would fire late.")
    @State
    public static class Real {
        private final Slot slot = Slot.promised(Word.DUE - 1);

        @Actor
        public void rearm(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = Word.DUE < slot.lookAt();
        }

        @Actor
        public void driver(LL_Result r) {
            slot.promiseBeforeFence(Word.FAR);
            VarHandle.fullFence();
            r.r2 = StateWord.deadline(slot.word()) == Word.DUE;
        }
    }

    /** Without the fence. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Both see it.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The operation sees the promise.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The driver sees the nearer deadline.")
    @Outcome(
            expect = ACCEPTABLE_INTERESTING,
            desc = "A nearer deadline that neither has seen: the slot would fire late.")
    @State
    public static class Weakened {
        private final Slot slot = Slot.promised(Word.DUE - 1);

        @Actor
        public void rearm(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = Word.DUE < slot.lookAt();
        }

        @Actor
        public void driver(LL_Result r) {
            slot.promiseBeforeFence(Word.FAR);
            r.r2 = StateWord.deadline(slot.word()) == Word.DUE;
        }
    }
}
