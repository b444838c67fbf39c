/** The operations on slots in Java, for stores that keep rows and have no statements for these operations. */
@NullMarked
package io.asyncslot.cluster.rows;

import org.jspecify.annotations.NullMarked;
