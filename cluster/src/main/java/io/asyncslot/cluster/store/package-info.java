/**
 * The interface between the cluster backend and a database: {@link io.asyncslot.cluster.store.SlotStore} and its units
 * of work.
 */
@NullMarked
package io.asyncslot.cluster.store;

import org.jspecify.annotations.NullMarked;
