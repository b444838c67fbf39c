/** What is measured: keyed timers of one kind each, behind one interface. */
@NullMarked
package io.asyncslot.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
