/** Slots as rows of H2, for development and tests. */
@NullMarked
package io.asyncslot.cluster.h2;

import org.jspecify.annotations.NullMarked;
