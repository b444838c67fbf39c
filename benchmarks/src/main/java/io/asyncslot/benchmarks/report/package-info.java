/** One run of everything, and what is written about it. */
@NullMarked
package io.asyncslot.benchmarks.report;

import org.jspecify.annotations.NullMarked;
