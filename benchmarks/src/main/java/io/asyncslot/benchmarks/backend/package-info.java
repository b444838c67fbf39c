/** The backends of AsyncSlot beside each other. */
@NullMarked
package io.asyncslot.benchmarks.backend;

import org.jspecify.annotations.NullMarked;
