/** Judges what jcstress has seen. */
@NullMarked
package io.asyncslot.jcstress;

import org.jspecify.annotations.NullMarked;
