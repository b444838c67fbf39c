/** What operations do to slots, in Java, for stores that keep rows and cannot say it in statements of their own. */
@NullMarked
package io.asyncslot.cluster.rows;

import org.jspecify.annotations.NullMarked;
