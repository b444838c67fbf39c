/**
 * An explorer of the orders in which threads, time and callbacks of an application can meet.
 */
@NullMarked
package io.asyncslot.test.explore;

import org.jspecify.annotations.NullMarked;
