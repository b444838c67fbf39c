package io.asyncslot.simulation;

/** A key whose {@code hashCode} and {@code equals} may fail. */
final class SimulatedKey {

    final int id;
    private final int hash;
    private final int[] failing;

    /**
     * Makes a key.
     *
     * @param failing in its one cell the call that fails, counted from now; 0 for none
     */
    SimulatedKey(int id, int hash, int[] failing) {
        this.id = id;
        this.hash = hash;
        this.failing = failing;
    }

    static int hash(int id) {
        return id * 0x9E3779B9;
    }

    @Override
    public int hashCode() {
        called();
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        called();
        return other instanceof SimulatedKey key && key.id == id;
    }

    private void called() {
        if (failing[0] != 0 && --failing[0] == 0) {
            throw new InjectedError();
        }
    }

    @Override
    public String toString() {
        return "k" + id;
    }
}
