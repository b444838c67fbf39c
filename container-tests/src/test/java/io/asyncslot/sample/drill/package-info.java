/** Slots by hand, over HTTP: added to the shop in the containers, where the shop itself has no request for something. */
@NullMarked
package io.asyncslot.sample.drill;

import org.jspecify.annotations.NullMarked;
