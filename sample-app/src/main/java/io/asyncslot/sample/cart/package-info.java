/** Carts, and the stock they keep reserved for a while. */
@NullMarked
package io.asyncslot.sample.cart;

import org.jspecify.annotations.NullMarked;
