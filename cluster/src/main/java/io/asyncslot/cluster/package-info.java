/**
 * Slots that live in PostgreSQL. One row per key is the truth, and every operation is one statement on that row. Any
 * node of the cluster may run the callback; for each deadline, one node does.
 *
 * <p>{@link io.asyncslot.cluster.store.SlotStore} owns the rows; the backend on top of it owns the time and the runs of this
 * node.
 */
@NullMarked
package io.asyncslot.cluster;

import org.jspecify.annotations.NullMarked;
