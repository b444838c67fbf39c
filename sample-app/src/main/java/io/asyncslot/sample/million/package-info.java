/** A million slots in a small heap. */
@NullMarked
package io.asyncslot.sample.million;

import org.jspecify.annotations.NullMarked;
