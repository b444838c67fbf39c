package io.asyncslot.simulation;

import io.asyncslot.kernel.KernelMachine;

/** The simulator on the kernel backend. */
public final class KernelSimulation {

    private KernelSimulation() {}

    /** Arguments as {@code simulation/run} explains them; ends with 1 after a failure. */
    public static void main(String[] arguments) {
        Simulation.main(new Simulation(KernelMachine::new, Coverage.Group.KERNEL), arguments);
    }
}
