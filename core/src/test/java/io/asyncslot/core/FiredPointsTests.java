package io.asyncslot.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.LatePolicy;
import io.asyncslot.SlotSchedule;
import io.asyncslot.backend.Periods;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Points of each ten seconds, in seconds. */
class FiredPointsTests {

    private static final long SECOND = 1_000_000;

    private final Periods periods = Periods.of(
            (SlotSchedule) after -> Instant.ofEpochSecond((after.getEpochSecond() / 10 + 1) * 10),
            LatePolicy.ONCE,
            "m");

    private FiredPoints fired(int... seconds) {
        FiredPoints fired = FiredPoints.NONE;
        for (int second : seconds) {
            fired = fired.with(second * SECOND, periods);
        }
        return fired;
    }

    private long unfired(FiredPoints fired, int second) {
        return fired.unfired(periods, second * SECOND) / SECOND;
    }

    @Test
    void pointsThatFollowEachOther_areOneSpan_inWhateverOrderTheyFire() {
        String one = fired(100, 110, 120).toString();
        assertThat(one).isEqualTo("[100000000, 120000000]");
        assertThat(fired(120, 110, 100)).hasToString(one);
        assertThat(fired(100, 120, 110)).hasToString(one);
        assertThat(fired(120, 100, 110)).hasToString(one);
        assertThat(fired(100, 120, 110, 120, 100)).hasToString(one);
    }

    /** A start may name a moment that is no point. */
    @Test
    void momentsBetweenPoints_joinWhatNoPointIsBetween() {
        assertThat(fired(100, 105, 107, 110)).hasToString("[100000000, 110000000]");
        assertThat(fired(105, 115)).hasToString("[105000000, 105000000, 115000000, 115000000]");
        assertThat(unfired(fired(105, 115), 110)).isEqualTo(110);
    }

    @Test
    void sixSpansAreRemembered_whateverLiesBetween() {
        FiredPoints fired = fired(100, 200, 300, 400, 500, 600);
        for (int second = 100; second <= 600; second += 100) {
            assertThat(unfired(fired, second)).isEqualTo(second + 10);
            assertThat(unfired(fired, second - 10)).isEqualTo(second - 10);
        }
    }

    @Test
    void theSeventhSpan_fillsTheSmallestGap() {
        FiredPoints fired = fired(100, 200, 300, 330, 400, 500, 600);
        assertThat(unfired(fired, 310)).isEqualTo(340);
        assertThat(unfired(fired, 410)).isEqualTo(410);
    }

    @Test
    void gapsThatCloseMakeRoom() {
        FiredPoints fired = fired(100, 200, 300, 320, 400, 500, 310, 600);
        for (int second : new int[] {100, 200, 400, 500, 600}) {
            assertThat(unfired(fired, second + 10)).isEqualTo(second + 10);
        }
        assertThat(unfired(fired, 300)).isEqualTo(330);
    }
}
