package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** A re-arm finds the claim on the inbox taken while the drain clears it: the drain sees the re-arm, or it is pushed. */
public final class InboxDrain {

    private InboxDrain() {}

    /** The real custody. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Pushed, and seen already.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Pushed: the next drain sees it.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The drain sees it.")
    @Outcome(expect = FORBIDDEN, desc = "A nearer deadline that no command tells of.")
    @State
    public static class Real {
        private final Slot slot = Slot.inInbox();

        @Actor
        public void rearm(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = slot.enterInbox();
        }

        @Actor
        public void drain(LL_Result r) {
            slot.leaveInbox();
            r.r2 = StateWord.deadline(slot.word()) == Word.DUE;
        }
    }

    /** The order swapped: the drain looks at the word, then clears the claim. */
    @JCStressTest
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "Pushed, and seen already.")
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "Pushed: the next drain sees it.")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The drain sees it.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A nearer deadline that no command tells of.")
    @State
    public static class Weakened {
        private final Slot slot = Slot.inInbox();

        @Actor
        public void rearm(LL_Result r) {
            slot.arm(Word.DUE);
            r.r1 = slot.enterInbox();
        }

        @Actor
        public void drain(LL_Result r) {
            r.r2 = StateWord.deadline(slot.word()) == Word.DUE;
            slot.leaveInbox();
        }
    }
}
