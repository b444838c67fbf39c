/** The shop as its customers and its operators see it: over HTTP. */
@NullMarked
package io.asyncslot.sample;

import org.jspecify.annotations.NullMarked;
