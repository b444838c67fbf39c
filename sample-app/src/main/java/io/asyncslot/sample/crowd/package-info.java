/** Customers who come by themselves, so that there is something to see. */
@NullMarked
package io.asyncslot.sample.crowd;

import org.jspecify.annotations.NullMarked;
