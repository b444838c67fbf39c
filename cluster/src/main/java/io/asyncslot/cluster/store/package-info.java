/** What a database has to offer to the cluster backend: {@link io.asyncslot.cluster.store.SlotStore} and its units of work. */
@NullMarked
package io.asyncslot.cluster.store;

import org.jspecify.annotations.NullMarked;
