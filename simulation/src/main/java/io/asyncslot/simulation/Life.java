package io.asyncslot.simulation;

import org.jspecify.annotations.Nullable;

/** One life, step by step. Everything follows from its seed, and each step's choices from the seed and the step's number. */
interface Life {

    /** What lives are of. */
    interface Kind {

        /**
         * Begins one.
         *
         * @param trace gets a line of all that happens; null for nobody
         */
        Life begin(long seed, Coverage coverage, Workers workers, @Nullable StringBuilder trace);
    }

    /**
     * Carries out one step.
     *
     * @throws Wrong if something does not hold
     */
    void step(long number);

    /**
     * The faults stop: what is due has to fire, and everything comes to rest.
     *
     * @throws Wrong if it does not
     */
    void end();

    /** After a failure: whatever is open comes to an end, so that its stack can be used again. */
    void abandon();

    /** How much was carried out so far. */
    long done();
}
