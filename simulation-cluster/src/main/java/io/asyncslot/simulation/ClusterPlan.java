package io.asyncslot.simulation;

import io.asyncslot.Merge;
import org.jspecify.annotations.Nullable;

/**
 * What a map of a cluster is to be.
 *
 * @param merge how its values are merged; null where slots carry none
 */
record ClusterPlan(String name, boolean work, @Nullable Merge merge, boolean freesIdle, int concurrency) {}
