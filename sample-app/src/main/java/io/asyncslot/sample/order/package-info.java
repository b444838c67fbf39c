/** Orders, cancelled when they are not paid in time. */
@NullMarked
package io.asyncslot.sample.order;

import org.jspecify.annotations.NullMarked;
