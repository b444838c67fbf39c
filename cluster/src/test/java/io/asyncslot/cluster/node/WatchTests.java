package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.cluster.store.Beats.Beat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who is taken for dead, and when. Times are in units of a tenth of a lease. */
class WatchTests {

    private static final long UNIT = 100_000_000;

    private final Watch watch = new Watch(10 * UNIT);

    private List<Beat> look(long at, Beat... others) {
        return watch.look(List.of(others), 1_000 * UNIT + at * UNIT);
    }

    @Test
    void counterThatChanges_isNeverSilent() {
        for (int i = 0; i < 100; i++) {
            assertThat(look(i, new Beat(1, i / 9))).isEmpty();
        }
    }

    @Test
    void counterThatStands_isSilentAfterTheLease_andNoSooner() {
        for (int i = 0; i <= 10; i++) {
            assertThat(look(i, new Beat(1, 7), new Beat(2, i))).isEmpty();
        }
        assertThat(look(11, new Beat(1, 7), new Beat(2, 11))).containsExactly(new Beat(1, 7));
    }

    @Test
    void counterThatGoesBack_hasChanged() {
        look(0, new Beat(1, 7));
        for (int i = 1; i <= 9; i++) {
            look(i, new Beat(1, 7));
        }
        assertThat(look(10, new Beat(1, 3))).isEmpty();
        assertThat(look(12, new Beat(1, 3))).isEmpty();
    }

    @Test
    void observerThatWasHeldUp_givesEverybodyAFullLeaseAnew() {
        for (int i = 0; i <= 9; i++) {
            look(i, new Beat(1, 7));
        }
        assertThat(look(60, new Beat(1, 7)))
                .as("at the first look after an outage")
                .isEmpty();
        for (int i = 61; i <= 70; i++) {
            assertThat(look(i, new Beat(1, 7))).isEmpty();
        }
        assertThat(look(71, new Beat(1, 7))).containsExactly(new Beat(1, 7));
    }

    @Test
    void nodeThatIsNew_hasALeaseFromWhenItIsSeen() {
        look(0, new Beat(1, 1));
        for (int i = 1; i <= 15; i++) {
            look(i, new Beat(1, i), new Beat(2, 0));
        }
        assertThat(look(12, new Beat(1, 1))).isEmpty();
    }

    @Test
    void nodeThatLeftAndAnotherThatComes_areNotTakenForEachOther() {
        for (int i = 0; i <= 9; i++) {
            look(i, new Beat(1, 0));
        }
        for (int i = 10; i <= 19; i++) {
            assertThat(look(i, new Beat(2, 0))).isEmpty();
        }
        assertThat(look(20, new Beat(2, 0), new Beat(1, 0))).isEmpty();
    }
}
