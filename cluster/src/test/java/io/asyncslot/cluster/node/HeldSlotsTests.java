package io.asyncslot.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.TouchOutcome;
import io.asyncslot.cluster.node.HeldSlots.Hold;
import io.asyncslot.cluster.store.Armed;
import io.asyncslot.cluster.store.Due;
import io.asyncslot.cluster.store.SlotId;
import io.asyncslot.spi.SystemTicker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a node knows of a slot that it holds, after the database has said that it is not due yet. */
class HeldSlotsTests {

    private static final SlotId ID = new SlotId("m", "k");
    private static final long HOUR = 3_600_000_000L;

    private final DatabaseClock clock = new DatabaseClock(SystemTicker.instance());
    private final HeldSlots held = new HeldSlots(NodeThreads.REAL.timers(), SystemTicker.instance(), clock, id -> {});
    private final long due = clock.micros() + HOUR;

    @BeforeEach
    void start() {
        held.start();
        held.take(new Due(ID, 1, 7, due, due, true, 1, false), false);
    }

    @AfterEach
    void close() {
        held.close();
    }

    private Hold hold() {
        return held.get(ID);
    }

    /** Or else the late policy would not leave it out when it begins late in the end. */
    @Test
    void periodThatWasTooEarly_isAPeriodStill() {
        Hold before = hold();
        held.until(ID, before, due);
        assertThat(hold()).isEqualTo(before);
        assertThat(hold().period()).isTrue();
    }

    @Test
    void periodThatWasMoved_isAPeriodNoLonger() {
        held.until(ID, hold(), due + HOUR);
        assertThat(hold()).isEqualTo(new Hold(7, due + HOUR, due + HOUR, false, false, false, null));
    }

    @Test
    void periodThatThisNodeTouches_isAPeriodNoLonger() {
        held.take(ID, new Armed<>(TouchOutcome.MOVED, 1, 7, due - HOUR / 2, due - HOUR / 2, true));
        assertThat(hold()).isEqualTo(new Hold(7, due - HOUR / 2, due - HOUR / 2, false, false, false, null));
    }

    @Test
    void periodOfAnEarlierGenerationThatWasMoved_changesNothing() {
        Hold former = hold();
        held.take(new Due(ID, 1, 8, due + HOUR, due + HOUR, true, 1, false), false);
        Hold newer = hold();
        held.until(ID, former, due + 1);
        assertThat(hold()).isEqualTo(newer);
    }
}
