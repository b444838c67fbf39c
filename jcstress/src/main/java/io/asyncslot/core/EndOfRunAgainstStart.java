package io.asyncslot.core;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/** The end of a run that frees an idle slot, and a start: the start keeps the slot, or is told that it is gone. */
public final class EndOfRunAgainstStart {

    private EndOfRunAgainstStart() {}

    /** The real state word. */
    @JCStressTest
    @Outcome(id = "false, STARTED, A1000--", expect = ACCEPTABLE, desc = "The start came first: armed and kept.")
    @Outcome(id = "true, FREED, --F", expect = ACCEPTABLE, desc = "The end came first: freed, and the start refused.")
    @Outcome(expect = FORBIDDEN, desc = "A start is lost, or a slot stays idle.")
    @State
    public static class Real {
        private final Word word = Word.runningToBeFreed();

        @Actor
        public void end(LLL_Result r) {
            r.r1 = word.endFire() == StateWord.Ending.FREED;
        }

        @Actor
        public void start(LLL_Result r) {
            r.r2 = word.arm(Word.FAR);
        }

        @Arbiter
        public void look(LLL_Result r) {
            r.r3 = word.flags();
        }
    }

    /** The end in two steps: it looks whether anything is pending, and then frees. */
    @JCStressTest
    @Outcome(id = "false, STARTED, A1000--", expect = ACCEPTABLE, desc = "The start came first: armed and kept.")
    @Outcome(id = "true, FREED, --F", expect = ACCEPTABLE, desc = "The end came first: freed, and the start refused.")
    @Outcome(expect = ACCEPTABLE_INTERESTING, desc = "A start is lost.")
    @State
    public static class Weakened {
        private static final int RUNNING = 0;
        private static final int RUNNING_ARMED = 1;
        private static final int ARMED = 2;
        private static final int FREED = 3;

        private final AtomicInteger word = new AtomicInteger(RUNNING);

        @Actor
        public void end(LLL_Result r) {
            boolean idle = word.get() == RUNNING;
            word.set(idle ? FREED : ARMED);
            r.r1 = idle;
        }

        @Actor
        public void start(LLL_Result r) {
            r.r2 = word.compareAndSet(RUNNING, RUNNING_ARMED) || word.compareAndSet(ARMED, ARMED) ? "STARTED" : "FREED";
        }

        @Arbiter
        public void look(LLL_Result r) {
            r.r3 = switch (word.get()) {
                case RUNNING_ARMED -> "AR-";
                case ARMED -> "A1000--";
                case FREED -> "--F";
                default -> "-R-";
            };
        }
    }
}
