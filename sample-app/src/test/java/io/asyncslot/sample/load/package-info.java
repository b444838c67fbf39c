/** Tests of what the load generator agrees to do. */
@NullMarked
package io.asyncslot.sample.load;

import org.jspecify.annotations.NullMarked;
