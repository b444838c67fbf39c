/** Keeps thousands of carts alive while others expire. */
@NullMarked
package io.asyncslot.sample.load;

import org.jspecify.annotations.NullMarked;
