package io.asyncslot.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The books can say no: each kind of mistake is found, and what is in order is not. */
class BooksTests {

    private static final long MILLI = 1_000_000;

    private final Books books = new Books(0, true);

    private void line(long millis, String text) {
        books.line(millis * MILLI, ("0 " + text).split(" "));
    }

    private void started(String key) {
        line(0, "B " + key + " 100 0 0 0");
        line(1, "S " + key + " STARTED");
    }

    private void balanced(long lost, long doubled, long early) {
        books.balance();
        assertThat(books)
                .extracting(each -> each.lost, each -> each.doubled, each -> each.early)
                .containsExactly(lost, doubled, early);
    }

    @Test
    void firedOnce_isExact() {
        started("a");
        line(101, "F a 7 1 0 1");
        line(102, "R a 7 1 1 0");
        line(103, "A a 7 0 0 0");
        balanced(0, 0, 0);
        assertThat(books.isExact()).isTrue();
        assertThat(books.fired()).isEqualTo(1);
    }

    @Test
    void cancelledDeletedOrPending_isExact() {
        started("a");
        line(2, "c a 0 0 0 0");
        line(3, "C a CANCELLED");
        started("b");
        line(2, "d b 0 0 0 0");
        line(3, "D b true");
        started("c");
        line(2, "P c 0 0 0 0");
        balanced(0, 0, 0);
    }

    @Test
    void nothingSinceTheStart_isLost() {
        started("a");
        balanced(1, 0, 0);
    }

    @Test
    void runThatWasCutOffAndNotRepeated_isLost() {
        started("a");
        line(101, "F a 7 1 0 1");
        balanced(1, 0, 0);
    }

    @Test
    void runThatWasCutOffAndRepeated_isExact() {
        started("a");
        line(101, "F a 7 1 0 1");
        line(301, "F a 7 2 0 2");
        line(302, "R a 7 2 2 0");
        balanced(0, 0, 0);
        assertThat(books.again).isEqualTo(1);
    }

    @Test
    void cancelThatDidNothing_leavesAStartToFire() {
        started("a");
        line(2, "c a 0 0 0 0");
        line(3, "C a RUNNING");
        balanced(1, 0, 0);
    }

    @Test
    void operationWithoutAnswer_isInDoubt() {
        line(0, "B a 100 0 0 0");
        started("b");
        line(2, "c b 0 0 0 0");
        balanced(0, 0, 0);
        assertThat(books.inDoubt()).isEqualTo(2);
    }

    @Test
    void sameAttemptTwice_isDoubled() {
        started("a");
        line(101, "F a 7 1 0 1");
        line(102, "R a 7 1 1 0");
        line(103, "F a 7 1 0 2");
        balanced(0, 1, 0);
    }

    @Test
    void otherGeneration_isDoubled() {
        started("a");
        line(101, "F a 7 1 0 1");
        line(102, "R a 7 1 1 0");
        line(103, "F a 8 2 0 2");
        balanced(0, 1, 0);
    }

    @Test
    void acknowledgedAndDeliveredAgain_isDoubled() {
        started("a");
        line(101, "F a 7 1 0 1");
        line(102, "R a 7 1 1 0");
        line(103, "A a 7 0 0 0");
        line(104, "F a 7 2 0 2");
        balanced(0, 1, 0);
    }

    @Test
    void firedThoughCancelled_isDoubled() {
        started("a");
        line(2, "c a 0 0 0 0");
        line(3, "C a CANCELLED");
        line(101, "F a 7 1 0 1");
        balanced(0, 1, 0);
    }

    @Test
    void lineThatWasWrittenTwice_isOne() {
        started("a");
        line(101, "F a 7 1 0 1");
        line(101, "F a 7 1 0 1");
        line(102, "R a 7 1 1 0");
        balanced(0, 0, 0);
    }

    @Test
    void beforeItsTime_isEarly() {
        started("a");
        line(99, "F a 7 1 0 1");
        line(102, "R a 7 1 1 0");
        balanced(0, 0, 1);
    }

    @Test
    void earlyByItsOwnWord_isEarly() {
        started("a");
        line(101, "F a 7 1 -1 1");
        line(102, "R a 7 1 1 0");
        balanced(0, 0, 1);
    }

    @Test
    void recovery_isTheLastRunThatWasDueByTheEndOfTheFault() {
        started("a");
        started("b");
        line(150, "X killed " + 50 * MILLI);
        line(170, "R a 7 1 1 0");
        line(900, "R b 7 1 1 0");
        line(901, "B c 100 0 0 0");
        line(2_000, "R c 7 1 1 0");
        books.balance();
        assertThat(books.recoveries()).containsEntry("killed", 750L);
    }

    @Test
    void file_isReadAgain_exceptHalfALine(@TempDir Path directory) throws Exception {
        try (Ledger ledger = new Ledger(directory.resolve("a.ledger"))) {
            ledger.line('B', "a", 0, 0, 0, 0);
            ledger.word('S', "a", "STARTED");
            ledger.line('F', "a", 7, 1, 5, 1);
            ledger.line('R', "a", 7, 1, 1, 0);
        }
        java.nio.file.Files.writeString(
                directory.resolve("b.ledger"), System.nanoTime() + " B b 5 0 0 0\n" + System.nanoTime());
        Books read = Books.read(directory, 0, true);
        assertThat(read.isExact()).isTrue();
        assertThat(read.accepted()).isEqualTo(1);
        assertThat(read.inDoubt()).isEqualTo(1);
    }
}
