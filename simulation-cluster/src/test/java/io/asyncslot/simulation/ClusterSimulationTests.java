package io.asyncslot.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Race;
import io.asyncslot.simulation.Simulation.Failure;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** As {@code SimulationTests}, with nodes of the cluster backend on a simulated database. */
class ClusterSimulationTests {

    private static final int KEPT_SEEDS = 12;

    /** Those that found something beyond the first ones: a circuit breaker that waited by the wall clock, a touch of a period, and a restart that forgot the schedule. */
    private static final long[] FOUND_SEEDS = {20, 38, 900262};

    /** One in which a run waits for the end of the interval after the one before it. */
    private static final long HELD_SEED = 30;

    private final Simulation simulation = ClusterSimulation.simulation();

    @Test
    void keptSeeds_findNothing_andMeetEachFault() {
        LongStream kept = LongStream.concat(
                LongStream.concat(LongStream.rangeClosed(1, KEPT_SEEDS), LongStream.of(HELD_SEED)),
                LongStream.of(FOUND_SEEDS));
        kept.forEach(seed -> assertThat(simulation.replay(String.valueOf(seed)))
                .as("seed %d", seed)
                .isNull());
        for (Fault fault : Fault.values()) {
            if (fault.only == Coverage.Group.CLUSTER) {
                assertThat(simulation.injected(fault)).as("%s", fault).isPositive();
            }
        }
        assertThat(simulation.reached(Race.KEY_FOLLOWS_ITS_SCHEDULE)).isPositive();
        assertThat(simulation.reached(Race.HELD_BY_ITS_INTERVAL)).isPositive();
        assertThat(simulation.reached(Race.FREED_AFTER_ITS_INTERVAL)).isPositive();
        assertThat(simulation.reached(Race.MERGED_WITH_WHAT_HAS_CHANGED)).isPositive();
        assertThat(simulation.reached(Race.GIVEN_UP_WHILE_RUNNING)).isPositive();
        assertThat(simulation.reached(Race.RUN_FENCED)).isPositive();
        assertThat(simulation.reached(Race.RUN_DELIVERED_AGAIN)).isPositive();
    }

    @Test
    void freshSeeds_findNothing() {
        long seed = System.nanoTime() & Long.MAX_VALUE;
        System.out.println("simulation: seeds from " + seed + " on the cluster backend; a failure names its own");
        Failure failure = simulation.run(seed, Long.MAX_VALUE, Long.getLong("simulation.seconds", 6));
        assertThat(
                        failure == null
                                ? ""
                                : failure.trace() + failure.message() + "\nsimulation/run cluster --replay "
                                        + failure.replay())
                .isEmpty();
    }

    @Test
    void sameSeed_sameLife() {
        for (int seed = 1; seed <= 3; seed++) {
            assertThat(simulation.trace(seed)).as("seed %d", seed).isEqualTo(simulation.trace(seed));
        }
    }
}
