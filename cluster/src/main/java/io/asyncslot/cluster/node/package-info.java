/** One process in the cluster: membership, claims, begins and ends, and the maps that its callers see. */
@NullMarked
package io.asyncslot.cluster.node;

import org.jspecify.annotations.NullMarked;
