/**
 * Extension points: backends, clocks, listeners, interceptors, transactions and codecs.
 */
@NullMarked
package io.asyncslot.spi;

import org.jspecify.annotations.NullMarked;
