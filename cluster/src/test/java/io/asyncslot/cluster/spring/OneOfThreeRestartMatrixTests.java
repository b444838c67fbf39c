package io.asyncslot.cluster.spring;

/** The cluster: one node of three ends, and what it had armed is the others' to fire. */
class OneOfThreeRestartMatrixTests extends ClusterRestartMatrixTests {

    @Override
    protected int others() {
        return 2;
    }
}
