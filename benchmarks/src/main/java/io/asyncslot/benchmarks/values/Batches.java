package io.asyncslot.benchmarks.values;

/** Gathers values by key, and hands those of a key over together, a while after the first of them. */
interface Batches extends AutoCloseable {

    /** Adds a value. Called by one thread. */
    void add(Long key, Integer value);

    /** Ends it; what has not been handed over goes. */
    @Override
    void close();
}
