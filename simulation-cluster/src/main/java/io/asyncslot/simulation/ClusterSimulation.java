package io.asyncslot.simulation;

/** The simulator on the cluster backend. */
public final class ClusterSimulation {

    private ClusterSimulation() {}

    static Simulation simulation() {
        return new Simulation(ClusterWorld::new, Coverage.Group.CLUSTER);
    }

    /** Arguments as {@code simulation/run} explains them; ends with 1 after a failure. */
    public static void main(String[] arguments) {
        Simulation.main(simulation(), arguments);
    }
}
