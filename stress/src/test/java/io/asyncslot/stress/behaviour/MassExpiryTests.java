package io.asyncslot.stress.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.SlotClock;
import io.asyncslot.TimerSlots;
import io.asyncslot.jvm.IntakeProbe;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A hundred thousand slots due in one instant: what else there is to do is done in between, counted in firings. */
class MassExpiryTests {

    private static final int MASS = 100_000;

    /** Some slices of the engine: what it may do on one side before it looks at the other. */
    private static final int SOME_SLICES = 256;

    private static final int LATER = -1;

    private final Rig rig = new Rig();
    private final TimerSlots<Integer> mass = rig.map("mass", SlotClock.MONOTONIC);

    @Test
    void eachFiresOnceInOnePump() {
        arm();
        Set<Object> keys = new HashSet<>();
        List<Rig.Fired> fired = rig.pause(Duration.ofSeconds(10));
        fired.forEach(firing -> keys.add(firing.key()));
        assertThat(fired).hasSize(MASS);
        assertThat(keys).hasSize(MASS);
        assertThat(rig.backend.pump()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void commandsAreCarriedOutInBetween() {
        arm();
        int[] startedAt = {0};
        int[] carriedOutAt = {0};
        rig.after = () -> {
            if (rig.fired.size() == MASS / 2) {
                mass.start(LATER, Duration.ofHours(1));
                startedAt[0] = rig.fired.size();
            } else if (startedAt[0] != 0 && carriedOutAt[0] == 0 && commandIsCarriedOut()) {
                carriedOutAt[0] = rig.fired.size();
            }
        };
        assertThat(rig.pause(Duration.ofSeconds(10))).hasSize(MASS);
        assertThat(carriedOutAt[0] - startedAt[0]).isBetween(1, SOME_SLICES);
    }

    private boolean commandIsCarriedOut() {
        return !IntakeProbe.hasCommands(rig.backend);
    }

    @Test
    void otherClocksAreServedInBetween() {
        TimerSlots<Integer> wall = rig.map("wall", SlotClock.REALTIME);
        TimerSlots<Integer> boot = rig.map("boot", SlotClock.BOOTTIME);
        wall.start(LATER, Duration.ofSeconds(10));
        boot.start(LATER, Duration.ofSeconds(10));
        arm();
        List<Rig.Fired> fired = rig.pause(Duration.ofSeconds(10));
        assertThat(fired).hasSize(MASS + 2);
        assertThat(position(fired, "wall")).isLessThan(SOME_SLICES);
        assertThat(position(fired, "boot")).isLessThan(SOME_SLICES);
    }

    @Test
    void aSlotThatFallsDueMeanwhileFollowsTheMassAtOnce() {
        mass.start(LATER, Duration.ofSeconds(10).plusMillis(1));
        arm();
        rig.after = () -> rig.ticker.advance(Duration.ofNanos(100)); // the mass takes ten milliseconds
        List<Rig.Fired> fired = rig.pause(Duration.ofSeconds(10));
        assertThat(fired).hasSize(MASS + 1);
        Rig.Fired later = fired.get(MASS);
        assertThat(later.key()).isEqualTo(LATER);
        assertThat(later.lateness()).isLessThan(Duration.ofMillis(10));
    }

    @Test
    void aSlotCancelledInBetweenDoesNotFire() {
        arm();
        int[] cancelled = {0};
        Set<Object> keys = new HashSet<>();
        rig.after = () -> {
            keys.add(rig.fired.get(rig.fired.size() - 1).key());
            if (rig.fired.size() == 1_000) {
                for (int key = 0; key < MASS; key++) {
                    if (!keys.contains(key)) {
                        mass.cancel(key);
                        cancelled[0]++;
                    }
                }
            }
        };
        assertThat(rig.pause(Duration.ofSeconds(10))).hasSize(1_000);
        assertThat(cancelled[0]).isEqualTo(MASS - 1_000);
    }

    private void arm() {
        mass.startAll(IntStream.range(0, MASS).boxed().toList(), Duration.ofSeconds(10));
        assertThat(rig.pump()).isEmpty();
    }

    private static int position(List<Rig.Fired> fired, String map) {
        return IntStream.range(0, fired.size())
                .filter(at -> fired.get(at).map().equals(map))
                .findFirst()
                .orElseThrow();
    }
}
