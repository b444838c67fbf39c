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

/** Two starts when the base of the generation has to follow its tag: it follows once. */
public final class GenerationBaseMoves {

    private GenerationBaseMoves() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(
            id = "REARMED, REARMED, 67",
            expect = ACCEPTABLE,
            desc = "The base follows once, then one start after the other.")
    @Outcome(expect = FORBIDDEN, desc = "The base was moved twice: generations jump or fall back.")
    @State
    public static class Real {
        private final Word word = Word.startedTimes(65);

        @Actor
        public void one(LLL_Result r) {
            r.r1 = word.arm(Word.FAR);
        }

        @Actor
        public void other(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.generation();
        }
    }

    /** The base is moved by an addition, so that a helper that comes too late moves it once more. */
    @JCStressTest
    @Outcome(
            id = "REARMED, REARMED, 67",
            expect = ACCEPTABLE,
            desc = "The base follows once, then one start after the other.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "The base was moved twice: generations jump or fall back.")
    @State
    public static class Weakened {
        private final WeakGeneration word = new WeakGeneration(1, 65);

        @Actor
        public void one(LLL_Result r) {
            r.r1 = word.arm(Word.FAR);
        }

        @Actor
        public void other(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void inTheEnd(LLL_Result r) {
            r.r3 = word.generation();
        }
    }
}
