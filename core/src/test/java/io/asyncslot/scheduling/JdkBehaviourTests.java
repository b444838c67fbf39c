package io.asyncslot.scheduling;

import org.junit.jupiter.api.Nested;

/** The behaviour suite on the JDK's own executor: what it expects is true there. */
class JdkBehaviourTests {

    @Nested
    class DelayedExecution extends AbstractDelayedExecutionTests {
        DelayedExecution() {
            super(ExecutorUnderTest.JDK);
        }
    }

    @Nested
    class PeriodicExecution extends AbstractPeriodicExecutionTests {
        PeriodicExecution() {
            super(ExecutorUnderTest.JDK);
        }
    }

    @Nested
    class Cancellation extends AbstractCancellationTests {
        Cancellation() {
            super(ExecutorUnderTest.JDK);
        }
    }

    @Nested
    class Shutdown extends AbstractShutdownTests {
        Shutdown() {
            super(ExecutorUnderTest.JDK);
        }
    }

    @Nested
    class Submission extends AbstractSubmissionTests {
        Submission() {
            super(ExecutorUnderTest.JDK);
        }
    }
}
