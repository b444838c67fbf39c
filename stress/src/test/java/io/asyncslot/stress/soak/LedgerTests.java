package io.asyncslot.stress.soak;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.RetryOutcome;
import io.asyncslot.SlotFiring;
import io.asyncslot.SlotMapStats;
import io.asyncslot.SlotType;
import io.asyncslot.StartOutcome;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** That the soak's books notice each kind of fault. */
class LedgerTests {

    private static final int KEYS = 8;

    private final Ledger ledger = new Ledger("books", KEYS);

    @Test
    void soundBooksBalance() {
        ledger.started(0);
        run(0, firing(1, 0), 0);
        ledger.started(1);
        ledger.cancelled(1);
        ledger.started(2);
        ledger.deleted(2);
        balance(3, 1, 1, 1, 1);
        assertThat(ledger.shown()).isEmpty();
    }

    @Test
    void aLostFiringIsNoticed() {
        ledger.started(0);
        balance(1, 0, 0, 0, 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("key 0: started 1, fired 0"));
    }

    @Test
    void aSecondFiringIsNoticed() {
        ledger.started(0);
        run(0, firing(1, 0), 0);
        run(0, firing(2, 0), 0);
        balance(1, 2, 0, 0, 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("key 0: started 1, fired 2"));
    }

    @Test
    void aStartOfABatchThatIsLostIsNoticed() {
        ledger.startedTogether.add(2);
        run(3, firing(1, 0), 0);
        balance(2, 1, 0, 0, 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("1 neither fired"));
    }

    @Test
    void aCounterThatDisagreesIsNoticed() {
        ledger.started(0);
        run(0, firing(1, 0), 0);
        balance(1, 2, 0, 0, 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("fired: the outcomes say 1"));
    }

    @Test
    void aGenerationThatDoesNotRiseIsNoticed() {
        run(0, firing(2, 0), 0);
        run(0, firing(2, 0), 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("after generation 2"));
    }

    @Test
    void overlappingRunsAreNoticed() {
        ledger.begins(0, firing(1, 0), 0);
        ledger.begins(0, firing(2, 0), 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("overlap"));
    }

    @Test
    void aFiringBeforeItsTimeIsNoticed() {
        ledger.owned().started(5, 1, System.nanoTime());
        run(5, firing(1, 0), Duration.ofHours(1).toNanos());
        run(1, firing(1, -1), 0);
        assertThat(ledger.shown()).anyMatch(text -> text.contains("after its start began"));
        assertThat(ledger.shown()).anyMatch(text -> text.contains("early by the engine's own clock"));
    }

    private void run(int key, SlotFiring firing, long leastDelay) {
        ledger.begins(key, firing, leastDelay);
        ledger.ends(key);
    }

    private void balance(long started, long fired, long cancelled, long deleted, long deletedArmed) {
        Duration none = Duration.ZERO;
        ledger.balance(
                new SlotMapStats(
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        started,
                        0,
                        0,
                        0,
                        0,
                        cancelled,
                        deleted,
                        deletedArmed,
                        fired,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        none,
                        none,
                        none),
                key -> key == 2,
                key -> key == 3);
    }

    private static SlotFiring firing(long generation, long latenessNanos) {
        return new BookedFiring(generation, Duration.ofNanos(latenessNanos));
    }

    private record BookedFiring(long generation, Duration lateness) implements SlotFiring {
        @Override
        public RetryOutcome retry(Duration delay) {
            return RetryOutcome.SUPERSEDED;
        }

        @Override
        public RetryOutcome postpone(Duration delay) {
            return RetryOutcome.SUPERSEDED;
        }

        @Override
        public String map() {
            return "books";
        }

        @Override
        public SlotType type() {
            return SlotType.TIMER;
        }

        @Override
        public Object key() {
            return 0;
        }

        @Override
        public Instant deadline() {
            return Instant.EPOCH;
        }

        @Override
        public Instant firedAt() {
            return Instant.EPOCH;
        }

        @Override
        public int attempt() {
            return 1;
        }

        @Override
        public String backend() {
            return "none";
        }

        @Override
        public boolean cancelled() {
            return false;
        }

        @Override
        public StartOutcome restart(Duration delay) {
            return StartOutcome.FREED;
        }
    }
}
