package io.asyncslot.benchmarks.lab;

/** Takes the figures of one measurement. */
@FunctionalInterface
interface Findings {

    /** Adds one figure; of several of one name the median counts. */
    void add(String metric, double value);
}
