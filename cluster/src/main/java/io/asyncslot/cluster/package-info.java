/**
 * Slots that live in PostgreSQL: one row per key is the truth, every operation is one statement on it, and any node of
 * the cluster may run the callback, one of them per deadline.
 *
 * <p>{@link io.asyncslot.cluster.store.SlotStore} owns the rows; the backend on top of it owns the time and the runs of this
 * node.
 */
@NullMarked
package io.asyncslot.cluster;

import org.jspecify.annotations.NullMarked;
