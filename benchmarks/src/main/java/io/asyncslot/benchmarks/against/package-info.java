/** An older core and the present one, measured in turns. */
@NullMarked
package io.asyncslot.benchmarks.against;

import org.jspecify.annotations.NullMarked;
