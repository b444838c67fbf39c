package io.asyncslot.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.simulation.Simulation.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code -Dsimulation.seconds} sets how long fresh seeds are tried; {@code simulation/run} says more and shows what fails. */
class SimulationTests {

    private static final int KEPT_SEEDS = 300;

    private final Simulation simulation = new Simulation();

    /** The same seeds each time: so what they reach is the same as well, and must be everything. */
    @Test
    void keptSeeds_findNothing_andReachAllThereIs() {
        for (int seed = 1; seed <= KEPT_SEEDS; seed++) {
            assertThat(simulation.replay(String.valueOf(seed)))
                    .as("seed %d", seed)
                    .isNull();
        }
        assertThat(simulation.report()).contains("cells not reached: 0").doesNotContain("NOT REACHED");
    }

    /** Product or model was wrong for these lives once. */
    @ParameterizedTest
    @ValueSource(
            longs = {
                13779129223273L, // another slot of a key was started as if the former one's points had fired
                519493137676L, // a task of the view that waits behind an open run, on its stack
                886910728659L, // the same for a slot that follows a schedule
                639720807209L, // a slot that has forgotten which points had their run
                1011216499026L, // the same
                1286935901990L, // a slot on its way from an executor, which the scrubber took for a stray
                14316624617128L // a retry that was moved to a point, which the model took for the run of that point
            })
    void seedsThatFailedOnce_findNothing(long seed) {
        assertThat(simulation.replay(String.valueOf(seed))).isNull();
    }

    @Test
    void freshSeeds_findNothing() {
        long seed = System.nanoTime() & Long.MAX_VALUE;
        System.out.println("simulation: seeds from " + seed + "; a failure names its own");
        Failure failure = simulation.run(seed, Long.MAX_VALUE, Long.getLong("simulation.seconds", 20));
        assertThat(
                        failure == null
                                ? ""
                                : failure.trace() + failure.message() + "\nsimulation/run --replay " + failure.replay())
                .isEmpty();
        assertThat(simulation.steps()).isPositive();
    }

    /** What is slow has a stack, and a thread, of its own: the order is the seed's all the same. */
    @Test
    void sameSeed_sameLife() {
        for (int seed = 1; seed <= 40; seed++) {
            assertThat(simulation.trace(seed)).as("seed %d", seed).isEqualTo(simulation.trace(seed));
        }
        assertThat(simulation.injected(Coverage.Fault.CALLBACK_SLOW)).isPositive();
    }

    /** Slots whose keys have one hash came in another order each time once. */
    @ParameterizedTest
    @ValueSource(longs = {38, 70, 173, 190, 234, 247, 287, 295})
    void sameSeed_sameLife_alsoWhereKeysHaveOneHash(long seed) {
        String life = simulation.trace(seed);
        for (int i = 0; i < 6; i++) {
            assertThat(simulation.trace(seed)).isEqualTo(life);
        }
    }
}
