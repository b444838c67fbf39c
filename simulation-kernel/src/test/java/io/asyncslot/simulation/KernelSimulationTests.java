package io.asyncslot.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.asyncslot.kernel.KernelMachine;
import io.asyncslot.simulation.Coverage.Fault;
import io.asyncslot.simulation.Coverage.Race;
import io.asyncslot.simulation.Simulation.Failure;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** As {@code SimulationTests}, with the kernel backend on a simulated kernel. */
class KernelSimulationTests {

    private static final int KEPT_SEEDS = 40;

    /** Fresh ones that once found something. */
    private static final long[] FOUND_SEEDS = {1000016, 1000179, 1000570, 1005004, 1007812, 1012216, 1029119, 900000057
    };

    private final Simulation simulation = new Simulation(KernelMachine::new, Coverage.Group.KERNEL);

    @Test
    void keptSeeds_findNothing_andKillProcesses() {
        LongStream kept = LongStream.concat(LongStream.rangeClosed(1, KEPT_SEEDS), LongStream.of(FOUND_SEEDS));
        kept.forEach(seed -> assertThat(simulation.replay(String.valueOf(seed)))
                .as("seed %d", seed)
                .isNull());
        for (Fault fault : Fault.values()) {
            if (fault.only == Coverage.Group.KERNEL) {
                assertThat(simulation.injected(fault)).as("%s", fault).isPositive();
            }
        }
        assertThat(simulation.reached(Race.KILLED_WHILE_RUNNING)).isPositive();
        assertThat(simulation.reached(Race.KILLED_WHILE_QUEUED)).isPositive();
        assertThat(simulation.reached(Race.KILLED_BEFORE_IT_WAS_DONE)).isPositive();
        assertThat(simulation.reached(Race.KILLED_WHEN_IT_WAS_DONE)).isPositive();
    }

    @Test
    void freshSeeds_findNothing() {
        long seed = System.nanoTime() & Long.MAX_VALUE;
        System.out.println("simulation: seeds from " + seed + " on the kernel backend; a failure names its own");
        Failure failure = simulation.run(seed, Long.MAX_VALUE, Long.getLong("simulation.seconds", 20));
        assertThat(
                        failure == null
                                ? ""
                                : failure.trace() + failure.message() + "\nsimulation/run kernel --replay "
                                        + failure.replay())
                .isEmpty();
    }

    @Test
    void sameSeed_sameLife() {
        for (int seed = 1; seed <= 10; seed++) {
            assertThat(simulation.trace(seed)).as("seed %d", seed).isEqualTo(simulation.trace(seed));
        }
    }
}
