package io.asyncslot.race;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.DeleteOutcome;
import io.asyncslot.StartOutcome;
import io.asyncslot.TimerSlots;
import io.asyncslot.TouchOutcome;
import io.asyncslot.fixture.Bench;
import io.asyncslot.fixture.Race;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The index of a map grows, and slots come and go in it, while others look for theirs. */
class IndexRaceTests {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int STAYING = 1_000;
    private static final int PASSING = 400_000;

    /**
     * T1: starts many keys, so that the index grows fifteen times, and deletes every other one. T2: touches keys that
     * stay.
     *
     * <p>A key that stays is always found, and a key that was never there is not.
     */
    @Test
    void touch_whileTheIndexGrows_findsWhatStays() throws InterruptedException {
        try (Bench bench = new Bench()) {
            TimerSlots<Integer> map = bench.timers(Integer.class, (key, firing) -> {});
            for (int key = 0; key < STAYING; key++) {
                map.start(key, HOUR);
            }
            AtomicBoolean done = new AtomicBoolean();
            Thread writer = Race.thread(() -> {
                for (int key = STAYING; key < PASSING; key++) {
                    assertThat(map.start(key, HOUR)).isEqualTo(StartOutcome.STARTED);
                    if ((key & 1) == 0) {
                        assertThat(map.delete(key)).isEqualTo(DeleteOutcome.DELETED_ARMED);
                    }
                }
                done.set(true);
            });
            long looks = 0;
            while (!done.get() && writer.isAlive()) {
                for (int key = 0; key < STAYING; key++) {
                    assertThat(map.touch(key, HOUR)).isEqualTo(TouchOutcome.MOVED);
                    looks++;
                }
                assertThat(map.touch(-1, HOUR)).isEqualTo(TouchOutcome.ABSENT);
            }
            writer.join();
            assertThat(done).isTrue();
            int seen = map.scan(Integer.MAX_VALUE, null, snapshot -> {});
            assertThat(seen).isEqualTo(STAYING + (PASSING - STAYING) / 2);
            Race.reached("looks while the index grew", (int) Math.min(Integer.MAX_VALUE, looks));
        }
    }
}
