package io.asyncslot.benchmarks.lab;

/** Takes the figures of one measurement. */
@FunctionalInterface
public interface Findings {

    /** Adds one figure. Several of one name are summed up later, by {@code Summary}. */
    void add(String metric, double value);
}
