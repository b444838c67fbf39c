/** Random operations by many threads on the real engine for a long time, every start accounted for. */
@NullMarked
package io.asyncslot.stress.soak;

import org.jspecify.annotations.NullMarked;
