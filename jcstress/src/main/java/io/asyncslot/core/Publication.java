package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.ThreadLocalRandom;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A submit that joins a pending run, a start that puts it off, or a touch, drawn by lot, while that run begins: it sees what
 * the caller did before.
 */
public final class Publication {

    private Publication() {}

    /** Which of the three. */
    private static int lot() {
        return ThreadLocalRandom.current().nextInt(3);
    }

    /** The real state word. */
    @JCStressTest
    @Outcome(
            id = {"COALESCED, true", "REARMED, true", "MOVED, true"},
            expect = ACCEPTABLE,
            desc = "Accepted for the run, which sees what was done before.")
    @Outcome(
            id = {"SUBMITTED, false", "STARTED, false", "NOT_ARMED, false"},
            expect = ACCEPTABLE,
            desc = "The run had begun.")
    @Outcome(
            id = {"SUBMITTED, true", "STARTED, true", "NOT_ARMED, true"},
            expect = ACCEPTABLE,
            desc = "The run had begun, and saw it by chance.")
    @Outcome(expect = FORBIDDEN, desc = "The run does not see what was done before an operation that it answers.")
    @State
    public static class Real {
        private final Word word = Word.armed();
        private final int operation = lot();
        private boolean done;

        @Actor
        public void caller(LL_Result r) {
            done = true;
            r.r1 = switch (operation) {
                case 0 -> word.armIfIdle(Word.DUE);
                case 1 -> word.arm(Word.DUE);
                default -> word.move(Word.DUE);
            };
        }

        @Actor
        public void run(LL_Result r) {
            word.fire();
            r.r2 = done;
        }
    }

    /** The real word, and operations that only look whether a run is pending, for the time that it is pending for. */
    @JCStressTest
    @Outcome(
            id = {"COALESCED, true", "REARMED, true", "MOVED, true"},
            expect = ACCEPTABLE,
            desc = "Accepted for the run, which sees what was done before.")
    @Outcome(
            id = {"SUBMITTED, false", "STARTED, false", "NOT_ARMED, false"},
            expect = ACCEPTABLE,
            desc = "The run had begun.")
    @Outcome(
            id = {"SUBMITTED, true", "STARTED, true", "NOT_ARMED, true"},
            expect = ACCEPTABLE,
            desc = "The run had begun, and saw it by chance.")
    @Outcome(
            expect = ACCEPTABLE_INTERESTING,
            desc = "The run does not see what was done before an operation that it answers.")
    @State
    public static class Weakened {
        private final Word word = Word.armed();
        private final int operation = lot();
        private boolean done;

        @Actor
        public void caller(LL_Result r) {
            done = true;
            boolean armed = StateWord.isArmed(word.word());
            r.r1 = switch (operation) {
                case 0 -> armed ? StateWord.Submission.COALESCED : word.armIfIdle(Word.DUE);
                case 1 -> armed ? StateWord.Arming.REARMED : word.arm(Word.DUE);
                default -> armed ? StateWord.Move.MOVED : word.move(Word.DUE);
            };
        }

        @Actor
        public void run(LL_Result r) {
            word.fire();
            r.r2 = done;
        }
    }
}
